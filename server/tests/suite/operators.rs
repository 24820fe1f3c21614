//! What operators do about admins, leaked keys and people, by the program itself.

use crate::program::{Place, Said};
use serde_json::{Value, json};

const PASSWORD: &str = "an ocelot plays the bassoon";

fn account(place: &Place, email: &str) -> Value {
    let arguments = ["account", "create", "--email", email, "--external-id", "cus_7", "--password-stdin", "--json"];
    place.run_with_input(&arguments, PASSWORD).json()
}

fn done(said: &Said) -> &str {
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    &said.out
}

#[test]
fn an_operator_makes_lists_and_removes_admins() {
    let place = Place::new();
    // The first command of all, before there is a database.
    let made = place.run(&["admin", "create", "--email", "grace@example.com"]);
    assert!(done(&made).contains("/set-password#"), "{}", made.out);
    let made = place
        .run_with_input(&["admin", "create", "--email", "linus@example.com", "--password-stdin", "--json"], PASSWORD);
    assert!(made.json()["user_id"].as_str().unwrap().starts_with("user_"));
    let again = place.run(&["admin", "create", "--email", "grace@example.com", "--json"]);
    assert_eq!(again.refusal()["code"], "ADMIN_ALREADY");
    let listed = place.run(&["admin", "list", "--json"]).json();
    let emails: Vec<_> = listed.as_array().unwrap().iter().map(|admin| admin["email"].clone()).collect();
    assert_eq!(emails, ["grace@example.com", "linus@example.com"]);
    assert!(done(&place.run(&["admin", "list"])).contains("grace@example.com"));
    assert!(done(&place.run(&["admin", "remove", "--email", "grace@example.com"])).contains("no admin any more"));
    let gone = place.run(&["admin", "remove", "--email", "grace@example.com", "--json"]);
    assert_eq!(gone.refusal()["code"], "NOT_FOUND");
}

#[test]
fn an_operator_finds_the_account_of_a_leaked_key() {
    let place = Place::new();
    let made = account(&place, "ada@example.org");
    let (account, key) = (made["account_id"].as_str().unwrap(), made["key_pair"]["private_key"].as_str().unwrap());
    let pair = &made["key_pair"]["id"];
    let found = place.run_with_input(&["account", "find", "--stdin", "--json"], &format!("API_PRIVATE_KEY={key}\n"));
    let expected = json!({
        "account_id": account,
        "name": "ada@example.org",
        "external_id": "cus_7",
        "disabled": false,
        "owner": "ada@example.org",
        "pair": { "id": pair, "status": "active" },
    });
    assert_eq!(found.json(), expected);
    for text in ["ada@example.org", "cus_7", account, pair.as_str().unwrap()] {
        assert_eq!(place.run(&["account", "find", text, "--json"]).json()["account_id"], account, "{text}");
    }
    let begun = place.run(&["account", "find", "ada", "--json"]).json();
    assert_eq!(begun[0]["account_id"], account);
    assert!(done(&place.run(&["account", "find", account])).contains("ada@example.org"));

    // In the arguments everybody on the machine sees it.
    let seen = place.run(&["account", "find", key, "--json"]);
    assert_eq!((seen.code, seen.out.as_str()), (2, ""));
    assert!(seen.err.contains("KEY_IN_ARGUMENTS") && !seen.err.contains(key), "{}", seen.err);
    let cut = place.run_with_input(&["account", "find", "--stdin", "--json"], &key[..20]);
    assert_eq!(cut.refusal()["code"], "KEY_BROKEN");
    let nobody = place.run(&["account", "find", "nobody@example.org"]);
    assert_eq!(nobody.code, 1);
}

#[test]
fn an_operator_disables_and_enables_an_account() {
    let place = Place::new();
    let made = account(&place, "ada@example.org");
    let account = made["account_id"].as_str().unwrap();
    let disabled =
        place.run(&["account", "disable", "--account", account, "--reason", "unpaid since May", "--json"]).json();
    assert!(disabled["disabled_at"].is_string(), "{disabled}");
    let again = place.run(&["account", "disable", "--account", account, "--json"]);
    assert_eq!(again.refusal()["code"], "DISABLED_ALREADY");
    assert_eq!(place.run(&["account", "find", account, "--json"]).json()["disabled"], true);
    assert!(done(&place.run(&["account", "enable", "--account", account])).contains("authenticate again"));
    assert_eq!(place.run(&["account", "find", account, "--json"]).json()["disabled"], false);
}

#[test]
fn an_operator_ends_the_sessions_of_a_person() {
    let place = Place::new();
    account(&place, "ada@example.org");
    let ended = place.run(&["person", "end-sessions", "--email", "ada@example.org", "--json"]);
    assert_eq!(ended.json(), json!({ "sessions_ended": 0 }));
    let nobody = place.run(&["person", "end-sessions", "--email", "nobody@example.org", "--json"]);
    assert_eq!(nobody.refusal()["code"], "NOT_FOUND");
}
