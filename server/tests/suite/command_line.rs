//! The command line: what it says, to whom, and with which exit code.

use crate::program::{Place, Said, write};
use crate::world::{basic, bearer};
use std::collections::BTreeSet;

fn keys_of(value: &serde_json::Value) -> BTreeSet<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not text: {value}"))
}

fn create(place: &Place) -> serde_json::Value {
    let said = place.run(&["account", "create", "--email", "ada@example.org", "--json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    said.json()
}

fn list(place: &Place, account: &str) -> serde_json::Value {
    place.run(&["keys", "list", "--account", account, "--json"]).json()
}

#[test]
fn a_pair_lives_its_whole_life_on_the_command_line() {
    let place = Place::new();
    let created = create(&place);
    assert_eq!(keys_of(&created), BTreeSet::from(["account_id", "user_id", "key_pair"]));
    assert_eq!(keys_of(&created["key_pair"]), BTreeSet::from(["id", "public_key", "private_key"]));
    let account = text(&created["account_id"]);

    let listed = list(&place, account);
    let shape = BTreeSet::from(["id", "public_key", "status", "created_at", "expires_at", "ended_at"]);
    assert_eq!(keys_of(&listed[0]), shape);
    assert_eq!((&listed[0]["status"], &listed[0]["expires_at"]), (&"active".into(), &serde_json::Value::Null));

    assert_eq!(place.run(&["keys", "reveal", "--account", account, "--json"]).json(), created["key_pair"]);

    let rolled = place
        .run(&["keys", "roll", "--account", account, "--expire-old", "1h", "--reason", "a drill", "--json"])
        .json();
    assert_eq!(keys_of(&rolled), BTreeSet::from(["new", "old"]));
    assert_eq!(keys_of(&rolled["new"]), BTreeSet::from(["id", "public_key", "private_key"]));
    assert_eq!(keys_of(&rolled["old"]), BTreeSet::from(["id", "expires_at"]));
    assert_eq!(rolled["old"]["id"], created["key_pair"]["id"]);

    let listed = list(&place, account);
    assert_eq!((&listed[0]["id"], &listed[0]["status"]), (&rolled["new"]["id"], &"active".into()));
    assert_eq!((&listed[1]["status"], &listed[1]["expires_at"]), (&"expiring".into(), &rolled["old"]["expires_at"]));

    let old = text(&rolled["old"]["id"]);
    assert_eq!(place.run(&["keys", "revoke", "--account", account, "--pair", old]).code, 0);
    let listed = list(&place, account);
    assert_eq!(listed[1]["status"], "revoked");
    assert!(listed[1]["ended_at"].is_string() && listed[1]["expires_at"].is_null());

    let again = place.run(&["keys", "revoke", "--account", account, "--pair", old, "--json"]).refusal();
    assert_eq!(again["code"], "PAIR_ENDED");
    assert_eq!(keys_of(&again), BTreeSet::from(["code", "message"]));
}

#[test]
fn a_roll_that_ends_the_old_pair_at_once_says_so() {
    let place = Place::new();
    let account = create(&place)["account_id"].clone();
    let rolled =
        place.run(&["keys", "roll", "--account", text(&account), "--expire-old", "immediately", "--json"]).json();
    assert!(rolled["old"]["expires_at"].is_null());
    let said = place.run(&["keys", "roll", "--account", text(&account), "--expire-old", "3d"]);
    assert!(
        said.out.contains("The old pair pair_") && said.out.contains("latchkey keys revoke --account acct_"),
        "{}",
        said.out
    );
}

#[test]
fn a_repeated_roll_never_rolls_twice() {
    let place = Place::new();
    let account = create(&place)["account_id"].clone();
    let submission = "sub_0123456789abcdefghjkmnpqrs";
    let roll =
        ["keys", "roll", "--account", text(&account), "--expire-old", "1h", "--submission", submission, "--json"];
    let (first, second) = (place.run(&roll).json(), place.run(&roll).json());
    assert_eq!((&first["new"]["id"], &first["old"]), (&second["new"]["id"], &second["old"]));
    assert!(second["new"]["private_key"].is_null());
    assert_eq!(list(&place, text(&account)).as_array().unwrap().len(), 2);
}

#[test]
fn what_is_refused_says_why_and_what_is_not_understood_is_another_code() {
    let place = Place::new();
    let account = create(&place)["account_id"].clone();
    let account = text(&account);
    let refused = |arguments: &[&str], code: &str| {
        let mut arguments = arguments.to_vec();
        let said = place.run(&arguments);
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{arguments:?} {}", said.err);
        assert!(said.err.trim_end().ends_with('.') && !said.err.contains('{'), "{}", said.err);
        arguments.push("--json");
        assert_eq!(place.run(&arguments).refusal()["code"], code, "{arguments:?}");
    };
    refused(&["account", "create", "--email", "ada@example.org"], "EMAIL_TAKEN");
    refused(&["account", "create", "--email", "nobody"], "EMAIL_INVALID");
    refused(&["keys", "list", "--account", "acct_00000000000000000000000000"], "NOT_FOUND");
    refused(&["keys", "roll", "--account", account, "--expire-old", "2001-01-01T00:00:00Z"], "EXPIRY_PAST");
    refused(&["keys", "roll", "--account", account, "--expire-old", "2099-01-01T00:00:00Z"], "EXPIRY_TOO_FAR");
    let active = list(&place, account)[0]["id"].clone();
    refused(&["keys", "revoke", "--account", account, "--pair", text(&active)], "PAIR_IS_ACTIVE");

    for arguments in [
        &["keys"][..],
        &["keys", "list"],
        &["keys", "list", "--account", "pair_00000000000000000000000000"],
        &["keys", "roll", "--account", account, "--expire-old", "soon"],
        &["keys", "roll", "--account", account],
        &["frobnicate"],
        &["serve", "--addr", "nowhere"],
    ] {
        let said = place.run(arguments);
        assert_eq!(said.code, 2, "{arguments:?} {}", said.err);
        assert!(!said.err.is_empty(), "{arguments:?}");
    }
}

#[test]
fn an_unknown_setting_stops_every_command() {
    let place = Place::new();
    let said = place.run_with(&["serve", "--check"], &[("LATCHKEY_SIGNUP", "closed")]);
    assert_eq!(said.code, 2);
    assert!(said.err.starts_with("LATCHKEY_SIGNUP is not a setting."), "{}", said.err);
    assert!(!place.directory.path().join("data").exists(), "nothing is made before the settings are understood");
    write(&place.path("latchkey.toml"), "product = \"Acme\"\n");
    let said = place.run(&["serve", "--check", "--config", "latchkey.toml"]);
    assert_eq!((said.code, said.err.contains("`product` is not a setting")), (2, true), "{}", said.err);
}

#[test]
fn a_password_comes_from_stdin_and_a_link_otherwise() {
    let place = Place::new();
    let create = ["account", "create", "--email", "eve@example.org", "--password-stdin"];
    let said = place.run_with_input(&create, "too short\n");
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    let said = place.run_with_input(&create, "");
    assert_eq!(said.code, 1);
    let said = place.run_with_input(&create, "an ocelot plays the bassoon\r\nsecond line\n");
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(!said.out.contains("/set-password"), "{}", said.out);

    let said = place.run(&["account", "create", "--email", "bob@example.org"]);
    assert!(said.out.contains("/set-password#"), "{}", said.out);
    let said = place.run(&["account", "create", "--email", "joe@example.org", "--json"]);
    assert!(said.err.contains("/set-password#") && !said.out.contains("set-password"), "{}", said.err);

    let link =
        ["--public-url", "https://keys.example.com", "person", "set-password-link", "--email", "bob@example.org"];
    let said = place.run(&link);
    let secret = said.out.trim_end().strip_prefix("https://keys.example.com/set-password#").expect("a link");
    assert_eq!((said.code, secret.len()), (0, 43));
    assert_eq!(place.run(&["person", "set-password-link", "--email", "nobody@example.org"]).code, 1);
}

#[test]
fn people_read_aligned_words_and_what_to_do_next() {
    let place = Place::new();
    let Said { out, code, .. } = place.run(&["account", "create", "--email", "ada@example.org", "--name", "Acme"]);
    assert_eq!(code, 0);
    let value = |name: &str| {
        let line = out.lines().find(|line| line.trim_start().starts_with(name)).expect(name);
        (line.rfind(' ').unwrap(), line.split_whitespace().last().unwrap().to_owned())
    };
    let columns = ["Account ", "Owner ", "Public key", "Private key"].map(|name| value(name).0);
    assert!(columns.iter().all(|column| *column == columns[0]), "{out}");
    let account = value("Account ").1;
    assert!(out.contains(&format!("latchkey keys reveal --account {account}")), "{out}");
    let listed = place.run(&["keys", "list", "--account", &account]).out;
    assert!(listed.starts_with("PAIR") && listed.contains("active") && listed.lines().count() == 2, "{listed}");
}

#[test]
fn what_a_command_said_is_true_in_the_running_server() {
    let place = Place::new();
    let served = place.serve(&[]);
    let created = create(&place);
    let account = text(&created["account_id"]);
    let old_key = text(&created["key_pair"]["private_key"]);
    assert_eq!(served.get("/v1/account", &basic(old_key)).0, 200);

    let rolled = place.run(&["keys", "roll", "--account", account, "--expire-old", "24h", "--json"]).json();
    let new_key = text(&rolled["new"]["private_key"]);
    let (status, said) = served.get("/v1/account", &bearer(old_key));
    assert_eq!((status, said.contains("\r\nsunset: ")), (200, true), "{said}");
    assert_eq!(served.get("/v1/account", &bearer(new_key)).0, 200);

    let revoke = ["keys", "revoke", "--account", account, "--pair", text(&rolled["old"]["id"])];
    assert_eq!(place.run(&revoke).code, 0);
    let (status, said) = served.get("/v1/account", &basic(old_key));
    assert_eq!((status, said.contains("KEY_REVOKED")), (403, true), "{said}");
    assert_eq!(served.get("/v1/account", &basic(new_key)).0, 200);
    let (_, well) = served.stop();
    assert!(well);
}
