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

#[test]
fn an_operator_rolls_many_accounts() {
    let place = Place::new();
    let made = account(&place, "ada@example.org");
    let (ada, key) = (made["account_id"].as_str().unwrap(), made["key_pair"]["private_key"].as_str().unwrap());
    // A formula in the report would run in a spreadsheet.
    let ben = place.run(&["account", "create", "--email", "ben@example.org", "--external-id", "=1+1", "--json"]).json();
    let lines = format!("API_KEY={key}\n=1+1\nada@example.org\nprivate_cut\nnobody\n");
    let dry = ["keys", "roll-many", "--expire-old", "immediately", "--dry-run"];
    let planned = place.run_with_input(&[&dry[..], &["--json"]].concat(), &lines).json();
    let lines_of = |list: &Value| list.as_array().unwrap().iter().map(|one| one["line"].clone()).collect::<Vec<_>>();
    assert_eq!(
        (lines_of(&planned["accounts"]), lines_of(&planned["bad_lines"])),
        (vec![1.into(), 2.into()], vec![4.into(), 5.into()])
    );
    assert_eq!((&planned["repeated"], &planned["bad_lines"][0]["code"]), (&json!(1), &json!("KEY_BROKEN")));
    assert_eq!(
        (&planned["accounts"][0]["account_id"], &planned["accounts"][0]["refused"]),
        (&json!(ada), &Value::Null)
    );
    let said = place.run_with_input(&dry, &lines);
    let words = done(&said);
    assert!(words.contains("2 accounts would be rolled, 0 refused") && words.contains("Line 4: "), "{words}");
    assert_eq!(place.run(&["keys", "list", "--account", ada, "--json"]).json().as_array().unwrap().len(), 1);

    let file = place.path("lines.txt");
    crate::program::write(&file, &lines);
    let roll = ["keys", "roll-many", "--expire-old", "immediately", "--reason", "leaked", "--file", &file, "--json"];
    let roll = [&roll[..], &["--message", "Call us."]].concat();
    let rolled = place.run(&roll);
    assert!(rolled.err.contains("--continue bulk_") && !rolled.err.contains(key), "{}", rolled.err);
    let rolled = rolled.json();
    assert_eq!((&rolled["rolled"], &rolled["refused"], &rolled["pending"]), (&json!(2), &json!(0), &json!(0)));
    assert_eq!(lines_of(&rolled["bad_lines"]), [4, 5]);
    assert_eq!(rolled["message"], "Call us.");
    let id = rolled["bulk_roll_id"].as_str().unwrap();
    let again = place.run(&["keys", "roll-many", "--continue", id]);
    assert!(done(&again).contains("The keys of 2 accounts are rolled."), "{}", again.out);
    assert_eq!(place.run(&["keys", "roll-many", "--list", "--json"]).json()[0]["bulk_roll_id"], id);
    assert!(done(&place.run(&["keys", "roll-many", "--list"])).contains("2 of 2"));

    let report = place.run(&["keys", "roll-many", "--report", id]);
    let rows: Vec<_> = done(&report).lines().map(str::to_owned).collect();
    assert_eq!(rows[0], r#""accountId","externalId","owner","oldPairId","outcome","doneAt","newPublicKey""#);
    assert!(rows[1].starts_with(&format!("\"{ada}\",\"cus_7\",\"ada@example.org\",")), "{}", rows[1]);
    let ben = ben["account_id"].as_str().unwrap();
    assert!(rows[2].starts_with(&format!("\"{ben}\",\"'=1+1\",\"ben@example.org\",")), "{}", rows[2]);
    let listed = place.run(&["keys", "list", "--account", ben, "--json"]).json();
    let end = format!("\"{}\"", listed[0]["public_key"].as_str().unwrap());
    assert!(rows[2].contains("\"rolled\"") && rows[2].ends_with(&end), "{}", rows[2]);
    assert!(!report.out.contains("private_"));
    // The key that leaked is dead, and its line says so from now on.
    let after = place.run_with_input(&[&dry[..], &["--json"]].concat(), key).json();
    assert_eq!(after["bad_lines"][0]["code"], "PAIR_ENDED");
}

#[test]
fn a_bulk_roll_that_makes_no_sense_is_refused() {
    let place = Place::new();
    account(&place, "ada@example.org");
    let roll = ["keys", "roll-many", "--expire-old", "1h", "--reason", "leaked", "--json"];
    assert_eq!(place.run_with_input(&roll, "nobody\n").refusal()["code"], "NOTHING_TO_ROLL");
    let many = "nobody\n".repeat(10_001);
    assert_eq!(place.run_with_input(&roll, &many).refusal()["code"], "TOO_MANY_LINES");
    assert_eq!(place.run(&["keys", "roll-many", "--report", "bulk_00000000000000000000000000"]).code, 1);
    for wrong in [
        &["--expire-old", "1h"][..],
        &["--reason", "leaked"],
        &["--continue", "bulk_00000000000000000000000000", "--dry-run"],
        &["--stop", "bulk_00000000000000000000000000", "--reason", "leaked"],
        &["--report", "bulk_00000000000000000000000000", "--json"],
        &["--report", "sub_00000000000000000000000000"],
        &["--expire-old", "1h", "--reason", "leaked", "acct_00000000000000000000000000"],
    ] {
        assert_eq!(place.run(&[&["keys", "roll-many"], wrong].concat()).code, 2, "{wrong:?}");
    }
}
