//! Invitations from the command line to the account they make, with real processes.

use crate::program::{Place, Served};
use crate::world::server_function;
use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not text: {value}"))
}

pub fn keys_of(value: &serde_json::Value) -> BTreeSet<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// Sends a form as our own pages do; answers the whole answer.
fn post(served: &Served, function: &str, cookie: &str, form: &str) -> String {
    let mut stream = TcpStream::connect(served.addr).unwrap();
    write!(
        stream,
        "POST {} HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nAccept: application/json\r\nCookie: {cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
        server_function(function),
        served.addr,
        form.len()
    )
    .unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    said
}

/// A place whose database is made: commands make none by themselves.
pub fn place_in_use() -> Place {
    let place = Place::new();
    let said = place.run(&["account", "create", "--email", "ada@example.org"]);
    assert_eq!(said.code, 0, "{}", said.err);
    place
}

#[test]
fn an_operator_makes_lists_and_revokes_invitations() {
    let place = place_in_use();
    let invite = [("LATCHKEY_SIGN_UP", "invite"), ("LATCHKEY_PUBLIC_URL", "https://keys.example.com")];
    let run = |arguments: &[&str]| place.run_with(arguments, &invite);
    let made = run(&["invitation", "create", "--email", "Eve@example.org", "--json"]).json();
    assert_eq!(keys_of(&made), BTreeSet::from(["id", "email", "link", "created_by", "created_at", "expires_at"]));
    assert_eq!((&made["email"], &made["created_by"]), (&"eve@example.org".into(), &"tester".into()));
    let secret = text(&made["link"]).strip_prefix("https://keys.example.com/invitation#").expect("a link");
    assert_eq!(secret.len(), 43);

    let said = run(&["invitation", "create"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert!(said.out.contains("https://keys.example.com/invitation#") && said.out.contains(" UTC:"), "{}", said.out);

    let listed = run(&["invitation", "list", "--json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(keys_of(&listed[1]), BTreeSet::from(["id", "email", "created_by", "created_at", "expires_at"]));
    let said = run(&["invitation", "list"]).out;
    assert!(said.starts_with("INVITATION") && said.contains("anybody") && !said.contains(secret), "{said}");

    let id = text(&made["id"]);
    let revoked = run(&["invitation", "revoke", "--invitation", id]);
    assert!(revoked.code == 0 && revoked.out.contains("its link opens nothing"), "{}", revoked.err);
    assert_eq!(run(&["invitation", "revoke", "--invitation", id, "--json"]).refusal()["code"], "NOT_FOUND");
    assert_eq!(run(&["invitation", "list", "--json"]).json().as_array().unwrap().len(), 1);
    assert_eq!(run(&["invitation", "revoke", "--invitation", "acct_1"]).code, 2);
    let refused = run(&["invitation", "create", "--email", "nobody", "--json"]).refusal();
    assert_eq!(refused["code"], "EMAIL_INVALID");
}

#[test]
fn an_invitation_made_where_it_opens_nothing_says_so() {
    let place = place_in_use();
    for (sign_up, says) in [("open", "nobody needs an invitation"), ("closed", "LATCHKEY_SIGN_UP=invite")] {
        let said = place.run_with(&["invitation", "create", "--json"], &[("LATCHKEY_SIGN_UP", sign_up)]);
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(said.err.contains(says) && said.json()["link"].is_string(), "{}", said.err);
    }
}

#[test]
fn of_two_who_use_one_invitation_at_once_one_gets_an_account() {
    let place = Place::new();
    let variables = [("LATCHKEY_SIGN_UP", "invite"), ("LATCHKEY_LOG", "debug")];
    let served = place.serve(&variables);
    let made = place.run_with(&["invitation", "create", "--json"], &variables).json();
    let secret = text(&made["link"]).split('#').nth(1).expect("a secret").to_owned();

    let opened = post(&served, "open_invitation", "", &format!("link={secret}"));
    assert!(opened.starts_with("HTTP/1.1 200"), "{opened}");
    let cookie = format!("latchkey-invitation={secret}");
    assert!(
        opened.contains(&format!("set-cookie: {cookie}; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600")),
        "{opened}"
    );

    let (served, cookie) = (&served, &cookie);
    let answers = std::thread::scope(|scope| {
        let sign_up = |email: &'static str| {
            let form = format!("email={email}%40example.org&invited=true&password=velvet+cactus+piano+42+moon");
            scope.spawn(move || post(served, "sign_up", cookie, &form))
        };
        [sign_up("eve"), sign_up("joe")].map(|thread| thread.join().unwrap())
    });
    let won = answers.iter().filter(|said| said.starts_with("HTTP/1.1 200")).count();
    let lost = answers.iter().filter(|said| said.contains("410") && said.contains("INVITATION_INVALID")).count();
    assert_eq!((won, lost), (1, 1), "{answers:?}");
    assert_eq!(place.run_with(&["invitation", "list", "--json"], &variables).json(), serde_json::json!([]));
    let log = std::fs::read_to_string(place.directory.path().join("serve.log")).unwrap();
    assert!(log.contains("/_srv/sign_up") && !log.contains(&secret), "the secret is in no log");
}
