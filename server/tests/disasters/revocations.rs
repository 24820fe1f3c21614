//! Rule 10 of the contract, on real processes: once somebody has been told that a pair is dead, nobody accepts it.
//!
//! Two servers on one database authenticate with keys that a page, a system and a command end all the while.

use crate::crashes::runs;
use crate::killable::{TELLING, TRUSTING};
use crate::program::Place;
use crate::visitor::{Answer, Visitor, ask, authenticate};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Threads that ask all the while.
const PROGRAMS: usize = 4;
/// How long each waits between two questions: some 300 a second together.
const PAUSE: Duration = Duration::from_millis(10);
/// How many of the latest keys they ask with.
const ASKED: usize = 3;

/// A key, and when somebody was told that it is dead.
struct Victim {
    key: String,
    told: Option<Instant>,
}

/// What programs were answered.
#[derive(Default)]
struct Seen {
    accepted: AtomicU32,
    refused: AtomicU32,
    /// Accepted although the request began after somebody was told: never.
    wrongly: AtomicU32,
}

impl Seen {
    /// Asks the servers in turns until it is over.
    fn keep_asking(&self, servers: [SocketAddr; 2], victims: &Mutex<Vec<Victim>>, over: &AtomicBool) {
        for round in 0.. {
            if over.load(Ordering::SeqCst) {
                return;
            }
            let (place, key) = {
                let victims = victims.lock().unwrap();
                let place = victims.len().saturating_sub(1 + round % ASKED);
                (place, victims[place].key.clone())
            };
            let began = Instant::now();
            let answer = authenticate(servers[round / ASKED % 2], &key);
            let told = victims.lock().unwrap()[place].told;
            match answer.said() {
                (200, _) if told.is_some_and(|told| told < began) => self.wrongly.fetch_add(1, Ordering::SeqCst),
                (200, _) => self.accepted.fetch_add(1, Ordering::SeqCst),
                (403, code) if code == "KEY_REVOKED" => self.refused.fetch_add(1, Ordering::SeqCst),
                other => panic!("{other:?}"),
            };
            std::thread::sleep(PAUSE);
        }
    }
}

/// Whoever rolls: answers the new private key.
struct Rollers<'a> {
    place: &'a Place,
    servers: [SocketAddr; 2],
    account: String,
    owner: Visitor,
    installation_key: String,
}

impl Rollers<'_> {
    fn by_page(&mut self, round: usize) -> String {
        let mut owner = self.owner.clone().moved_to(self.servers[round % 2]);
        let active = owner.active();
        owner.roll(&active, "immediately")["private_key"].as_str().unwrap().to_owned()
    }

    fn by_command(&self) -> String {
        let rolled =
            self.place.run(&["keys", "roll", "--account", &self.account, "--expire-old", "immediately", "--json"]);
        rolled.json()["new"]["private_key"].as_str().unwrap().to_owned()
    }

    /// A system is not answered the new key, so the operator reads it.
    fn by_system(&self, round: usize) -> (Answer, impl FnOnce() -> String) {
        let path = format!("/admin/v1/accounts/{}/roll", self.account);
        let authorization = format!("Bearer {}", self.installation_key);
        let headers = [("Authorization", authorization.as_str()), ("Content-Type", "application/json")];
        let body = r#"{"expireOld": "immediately", "reason": "leaked"}"#;
        let answer = ask(self.servers[round % 2], "POST", &path, &headers, body).unwrap();
        (answer, || {
            let revealed = self.place.run(&["keys", "reveal", "--account", &self.account, "--json"]);
            revealed.json()["private_key"].as_str().unwrap().to_owned()
        })
    }

    /// Ends the active pair in one way or another, and notes when it was told.
    fn roll(&mut self, round: usize, victims: &Mutex<Vec<Victim>>) {
        let tell = || victims.lock().unwrap().last_mut().unwrap().told = Some(Instant::now());
        let key = match round % 3 {
            0 => {
                let key = self.by_page(round);
                tell();
                key
            }
            1 => {
                let key = self.by_command();
                tell();
                key
            }
            _ => {
                let (answer, reveal) = self.by_system(round);
                tell();
                assert_eq!(answer.status, 200, "{answer:?}");
                reveal()
            }
        };
        victims.lock().unwrap().push(Victim { key, told: None });
    }
}

#[test]
fn no_key_is_accepted_once_somebody_was_told_that_it_ended() {
    let place = Place::new();
    let (one, other) = (place.serve(&[TRUSTING, TELLING]), place.serve(&[TRUSTING, TELLING]));
    let servers = [one.addr, other.addr];
    let mut owner = Visitor::new(servers[0], "ada@example.org");
    owner.sign_up();
    let active = owner.active();
    let victims = Mutex::new(vec![Victim { key: owner.reveal(&active), told: None }]);
    let account =
        authenticate(servers[0], &victims.lock().unwrap()[0].key).json()["accountId"].as_str().unwrap().to_owned();
    let made = place.run(&["installation-key", "create", "--name", "scanner", "--scope", "roll", "--json"]);
    let installation_key = made.json()["key"].as_str().unwrap_or_else(|| panic!("{}", made.out)).to_owned();

    let (seen, over) = (Seen::default(), AtomicBool::new(false));
    let rounds = runs(200).max(18) as usize;
    std::thread::scope(|scope| {
        for _ in 0..PROGRAMS {
            scope.spawn(|| seen.keep_asking(servers, &victims, &over));
        }
        let mut rollers = Rollers { place: &place, servers, account, owner, installation_key };
        for round in 0..rounds {
            std::thread::sleep(Duration::from_millis(50));
            rollers.roll(round, &victims);
        }
        over.store(true, Ordering::SeqCst);
    });
    let [accepted, refused, wrongly] =
        [&seen.accepted, &seen.refused, &seen.wrongly].map(|count| count.load(Ordering::SeqCst));
    println!("{rounds} pairs ended; {accepted} requests accepted, {refused} refused, {wrongly} accepted too late");
    assert!(accepted > 0 && refused > 0, "{accepted} accepted, {refused} refused");
    assert_eq!(wrongly, 0);
}

/// An account that is disabled by a command: the same, and its key comes back when it is enabled.
#[test]
fn no_key_of_a_disabled_account_is_accepted_once_the_command_has_answered() {
    let place = Place::new();
    let (one, other) = (place.serve(&[TELLING]), place.serve(&[TELLING]));
    let created = place.run(&["account", "create", "--email", "ada@example.org", "--json"]).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (account, key) = (text(&created["account_id"]), text(&created["key_pair"]["private_key"]));
    for _ in 0..5 {
        for (command, told) in [("disable", (403, "ACCOUNT_DISABLED".to_owned())), ("enable", (200, String::new()))] {
            let said = place.run(&["account", command, "--account", &account, "--reason", "leaked"]);
            assert_eq!(said.code, 0, "{}", said.err);
            for server in [&one, &other] {
                assert_eq!(authenticate(server.addr, &key).said(), told, "{command}");
            }
        }
    }
}
