//! The disk is full: what would change something is told so and changes nothing, keys go on being checked, and writing
//! comes back by itself.

use crate::program::{Place, Served, ask_at};
use crate::small_disk::{SKIPPED, SmallDisk};
use crate::visitor::{PASSWORD, Visitor, authenticate, expire_form, new_submission, reveal_form, roll_form};
use backend::Clock as _;
use domain::{Duration, PairId, Timestamp};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// An account with a pair in every state, and the private keys that go with them.
struct Ada {
    browser: Visitor,
    account: String,
    active: (PairId, String),
    expiring: (PairId, String),
    /// Expires while the disk is full.
    short: (PairId, String),
    short_until: Timestamp,
    revoked: String,
}

fn key(rolled: &Value) -> (PairId, String) {
    (rolled["new"]["id"].as_str().unwrap().parse().unwrap(), rolled["private_key"].as_str().unwrap().to_owned())
}

impl Ada {
    fn sign_up(served: &Served) -> Self {
        let mut browser = Visitor::new(served.addr, "ada@example.org");
        browser.sign_up();
        let first = browser.active();
        let revoked = browser.reveal(&first);
        let expiring = key(&browser.roll(&first, "immediately"));
        let short = key(&browser.roll(&expiring.0, "24h"));
        let short_until = now().plus(Duration::seconds(5));
        let active = key(&browser.roll(&short.0, &short_until.to_rfc3339()));
        let account = authenticate(served.addr, &active.1).json()["accountId"].as_str().unwrap().to_owned();
        Self { browser, account, active, expiring, short, short_until, revoked }
    }

    /// Everything that changes something, each with what it answers: as pages with JavaScript call it.
    fn change_everything(&mut self, round: &str) -> Vec<(&'static str, u16, String)> {
        let mut stranger = Visitor::new(self.browser.addr(), &format!("{round}@example.org"));
        let mut at_home = self.browser.clone();
        let sign_in = |password: &str| format!("email=ada%40example.org&password={password}").replace(' ', "+");
        let sign_up = stranger.sign_up_form();
        let calls = [
            ("sign_up", sign_up),
            ("sign_in", sign_in(PASSWORD)),
            ("sign_in", sign_in("not the password at all")),
            ("set_password", format!("link={}&password={PASSWORD}", "A".repeat(43)).replace(' ', "+")),
            ("reveal_key", reveal_form(&self.active.0)),
            ("expire_now", expire_form(&self.expiring.0)),
            ("roll_keys", roll_form(&self.active.0, &new_submission(), "24h")),
            ("end_other_sessions", "password=".to_owned()),
            ("change_email", format!("email={round}-ada%40example.org&password={PASSWORD}").replace(' ', "+")),
            ("change_password", format!("current_password={PASSWORD}&new_password={PASSWORD}2").replace(' ', "+")),
            ("sign_out", String::new()),
        ];
        calls
            .into_iter()
            .map(|(function, form)| {
                let caller = if function.starts_with("sign_") { &mut stranger } else { &mut at_home };
                let caller = if function == "sign_out" { &mut self.browser } else { caller };
                let (status, code) = caller.call(function, &form).said();
                (function, status, code)
            })
            .collect()
    }
}

/// What the metrics say of changes that could not be written.
fn failed_writes(metrics: SocketAddr) -> u64 {
    let page = ask_at(metrics, "/metrics", "");
    let told = page.lines().find_map(|line| line.strip_prefix("latchkey_failed_writes_total "));
    told.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("no failed writes on {page}"))
}

fn now() -> Timestamp {
    backend::SystemClock.now()
}

/// What the programs with these keys are told, and how long `times` answers took.
fn told(served: &Served, ada: &Ada, times: u32) -> (Vec<(u16, String)>, std::time::Duration) {
    let began = Instant::now();
    let mut last = Vec::new();
    for _ in 0..times {
        let keys = [&ada.active.1, &ada.expiring.1, &ada.revoked];
        last = keys.map(|key| authenticate(served.addr, key).said()).to_vec();
    }
    (last, began.elapsed())
}

fn statuses(answers: &[(&'static str, u16, String)]) -> Vec<(&'static str, u16)> {
    answers.iter().map(|(function, status, _)| (*function, *status)).collect()
}

/// What the database says by its tables alone, but for what is counted, which is written whenever there is room.
async fn inspected(database: &Path) -> (Vec<String>, Vec<(String, i64)>) {
    let mut rows = store_inspect::rows(database).await.unwrap();
    rows.retain(|(table, _)| table != "caller" && !table.starts_with("use_"));
    (store_inspect::violations(database).await.unwrap(), rows)
}

/// The same of a database that cannot be seen from here, by way of a copy.
async fn inspected_on(disk: &SmallDisk) -> (Vec<String>, Vec<(String, i64)>) {
    let copy = tempfile::tempdir().unwrap();
    for file in ["latchkey.db", "latchkey.db-wal"] {
        std::fs::copy(disk.path(file), copy.path().join(file)).unwrap();
    }
    inspected(&copy.path().join("latchkey.db")).await
}

const WORKED: [(&str, u16); 11] = [
    ("sign_up", 200),
    ("sign_in", 200),
    ("sign_in", 401),
    ("set_password", 410),
    ("reveal_key", 200),
    ("expire_now", 200),
    ("roll_keys", 200),
    ("end_other_sessions", 200),
    ("change_email", 200),
    ("change_password", 200),
    ("sign_out", 200),
];

fn keys_told() -> Vec<(u16, String)> {
    vec![(200, String::new()), (200, String::new()), (403, "KEY_REVOKED".to_owned())]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_changes_and_nothing_else() {
    let Some(disk) = SmallDisk::new(8) else {
        eprintln!("{SKIPPED}");
        return;
    };
    let mut served = disk.serve_with(&[("LATCHKEY_METRICS_ADDR", "127.0.0.1:0")]);
    let metrics = served.metrics_addr();
    let mut ada = Ada::sign_up(&served);
    let (before, with_room) = told(&served, &ada, 50);
    assert_eq!(before, keys_told());
    let rows = inspected_on(&disk).await;
    assert_eq!(failed_writes(metrics), 0);

    disk.fill();
    let refused = ada.change_everything("full");
    let failed = failed_writes(metrics);
    assert!(failed >= refused.len() as u64, "{failed} failed writes are counted, and {} changes failed", refused.len());
    for (function, status, code) in &refused {
        assert_eq!((*status, code.as_str()), (507, "STORAGE_FULL"), "{function}");
    }
    let answer = ada.browser.call("reveal_key", &reveal_form(&ada.active.0));
    assert_eq!((answer.header("retry-after"), answer.body.as_str()), ("60", "\"STORAGE_FULL\""));
    // Opening the database empties its write-ahead log where it can; that room has to go too.
    assert_eq!(run(disk.command(&["keys", "list", "--account", &ada.account])).0, 0);
    disk.fill();
    let said = run(disk.command(&["keys", "roll", "--account", &ada.account, "--expire-old", "24h", "--json"]));
    assert_eq!((said.0, said.2["code"].as_str()), (1, Some("STORAGE_FULL")), "{said:?}");

    // A plain form comes back with the sentence.
    let form = roll_form(&ada.active.0, &new_submission(), "24h");
    let back = ada.browser.send_plain("roll_keys", &form);
    assert_eq!(back.status, 302);
    let page = ada.browser.page(back.header("location"));
    assert!(page.body.contains("disk is full, so nothing was changed"), "{}", page.body);

    let (during, without_room) = told(&served, &ada, 50);
    assert_eq!(during, keys_told());
    println!("150 keys checked in {with_room:?} with room, in {without_room:?} without");
    assert!(without_room < with_room * 3 + std::time::Duration::from_secs(1), "{with_room:?} {without_room:?}");

    // Expires now: refused although that cannot be written down, again and again, and the tab says so.
    while now() < ada.short_until {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    for _ in 0..3 {
        assert_eq!(authenticate(served.addr, &ada.short.1).said(), (403, "KEY_EXPIRED".to_owned()));
    }
    let page = ada.browser.page("/dashboard/developers");
    assert!(page.status == 200 && page.body.contains("Expired"), "{}", page.body);
    assert_eq!(served.get("/livez", "").0, 200);
    assert_eq!(inspected_on(&disk).await, rows, "nothing was changed");
    let log = std::fs::read_to_string(disk.place.path("serve.log")).unwrap();
    let faults = log.lines().filter(|line| line.contains("a server function failed")).collect::<Vec<_>>();
    assert_eq!(faults.len(), refused.len() + 2, "one line for each: {faults:#?}");
    assert!(faults.iter().all(|line| line.contains("database or disk is full")), "{faults:#?}");
    assert_eq!(log.matches("could not write down that a pair has expired").count(), 1, "{log}");

    disk.make_room();
    assert_eq!(statuses(&ada.change_everything("room")), WORKED);
    assert_eq!(inspected_on(&disk).await.0, Vec::<String>::new());
    assert!(served.stop().1, "it stops well");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_or_stopped_on_a_full_disk_starts_there_and_checks_keys() {
    let Some(disk) = SmallDisk::new(8) else {
        eprintln!("{SKIPPED}");
        return;
    };
    let served = disk.serve();
    let mut ada = Ada::sign_up(&served);
    // So much that the database has to grow when it takes over what is in the write-ahead log, and cannot.
    for _ in 0..40 {
        ada.active = key(&ada.browser.roll(&ada.active.0, "immediately"));
    }
    disk.fill();
    assert_eq!(ada.change_everything("full")[0].1, 507);
    // Drop kills.
    drop(served);

    let served = disk.serve();
    ada.browser = ada.browser.moved_to(served.addr);
    // The start has emptied the write-ahead log where it could; that room has to go too.
    disk.fill();
    assert_eq!(told(&served, &ada, 1).0, keys_told());
    assert_eq!(ada.change_everything("still-full")[6].2, "STORAGE_FULL");
    assert!(served.stop().1, "it stops well");

    let served = disk.serve();
    ada.browser = ada.browser.moved_to(served.addr);
    assert_eq!(told(&served, &ada, 1).0, keys_told());
    disk.make_room();
    assert_eq!(statuses(&ada.change_everything("room")), WORKED);
    assert_eq!(inspected_on(&disk).await.0, Vec::<String>::new());
}

#[test]
fn a_start_on_a_disk_that_cannot_be_written_says_so() {
    let Some(disk) = SmallDisk::new(8) else {
        eprintln!("{SKIPPED}");
        return;
    };
    assert!(disk.serve().stop().1, "it stops well");
    disk.make_read_only();
    for (arguments, sentence) in [
        (["serve"].as_slice(), "disk/latchkey.db could not be opened"),
        (&["serve", "--check"], "disk cannot be written to (Read-only file system"),
    ] {
        let (code, out, err) = run(disk.command(arguments));
        let said = format!("{out}{err}");
        assert!(code == 1 && said.contains(sentence), "{said}");
    }
}

/// Files may not grow: a quota, as SQLite sees it. Needs no mount, so it runs wherever this program does.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_cannot_be_written_is_told_apart_and_comes_back() {
    let place = Place::new();
    let mut limited = Command::new("env");
    let plain = place.command(&["serve"], &[]);
    // Without that, the kernel ends a process that writes past the limit.
    limited.args(["--ignore-signal=XFSZ", "--"]).arg(plain.get_program()).args(plain.get_args()).env_clear();
    limited.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.current_dir(place.directory.path());
    let served = place.await_ready(limited);
    let mut ada = Ada::sign_up(&served);
    let database = place.directory.path().join("data/latchkey.db");
    let rows = inspected(&database).await;

    let log = std::fs::metadata(place.path("data/latchkey.db-wal")).unwrap().len();
    limit(&served, &log.to_string());
    for (function, status, code) in ada.change_everything("limited") {
        assert_eq!((status, code.as_str()), (503, "STORAGE_UNWRITABLE"), "{function}");
    }
    assert_eq!(told(&served, &ada, 1).0, keys_told());
    assert_eq!(inspected(&database).await, rows, "nothing was changed");

    limit(&served, "unlimited");
    assert_eq!(statuses(&ada.change_everything("unlimited")), WORKED);
    assert_eq!(inspected(&database).await.0, Vec::<String>::new());
}

/// The most bytes any file of the process may have from now on. The hard limit stays, so that it can be lifted again.
fn limit(served: &Served, bytes: &str) {
    let limit = format!("--fsize={bytes}:unlimited");
    assert!(Command::new("prlimit").args(["--pid", &served.id().to_string(), &limit]).status().unwrap().success());
}

/// Runs a command; answers its exit code, and its stdout and stderr as JSON where they are.
fn run(mut command: Command) -> (i32, Value, Value) {
    let output = command.output().unwrap();
    let json = |bytes: &[u8]| {
        serde_json::from_slice(bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
    };
    (output.status.code().unwrap(), json(&output.stdout), json(&output.stderr))
}
