//! `kill -9` of the command that rolls many accounts, again and again, each time gone on with: each account is rolled once.
//! And how long ten thousand accounts take while programs authenticate.

use crate::crashes::{look_into, random, runs};
use crate::program::{Place, write};
use crate::visitor::authenticate;
use backend::accounts::{CreatedAccount, NewAccount};
use backend::bulk_roll::BulkRollRequest;
use backend::store::{BulkRollProgress, Store};
use backend::{Backend, OsEntropy, Policy, RequestContext, SystemClock, installation};
use domain::audit::Act;
use domain::{BulkRollId, ExpireOld};
use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use store_sqlite::SqliteStore;
use tokio::runtime::Runtime;

/// No step of a bulk roll takes longer, on the slowest machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// The installation of a place, as this very process sees it beside the program.
struct Beside {
    runtime: Runtime,
    store: Arc<dyn Store>,
    backend: Backend,
    operator: RequestContext,
}

impl Beside {
    fn new(place: &Place) -> Self {
        // The program makes it, with its own settings.
        let made = place.run(&["account", "create", "--email", "first@example.org", "--json"]);
        assert_eq!(made.code, 0, "{}", made.err);
        let runtime = Runtime::new().unwrap();
        let (store, backend) = runtime.block_on(async {
            let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&place.path("data/latchkey.db")).await.unwrap());
            let key = place.directory.path().join("data/master.key");
            let sealer = installation::open_installation(&*store, &SystemClock, &OsEntropy, &key).await.unwrap();
            let (clock, entropy) = (Arc::new(SystemClock), Arc::new(OsEntropy));
            (Arc::clone(&store), Backend::new(store, clock, entropy, sealer, Policy::default()))
        });
        Self { runtime, store, backend, operator: RequestContext::operator("test".to_owned(), "req_test".to_owned()) }
    }

    fn accounts(&self, count: u32) -> Vec<CreatedAccount> {
        self.accounts_from(0, count)
    }

    fn accounts_from(&self, first: u32, count: u32) -> Vec<CreatedAccount> {
        let make = async |number: u32| {
            let new = NewAccount {
                email: format!("owner{number}@example.org"),
                name: String::new(),
                external_id: None,
                password: None,
            };
            self.backend.create_account(&self.operator, new).await.unwrap()
        };
        (first..first + count).map(|number| self.runtime.block_on(make(number))).collect()
    }

    /// Confirms a bulk roll of these accounts, with nobody who goes on with it.
    fn begin(&self, place: &Place, accounts: &[CreatedAccount]) -> BulkRollId {
        let text = std::fs::read_to_string(lines(place, accounts)).unwrap();
        let plan = self.backend.plan_bulk_roll(&self.operator, &text, ExpireOld::Immediately);
        let plan = self.runtime.block_on(plan).unwrap();
        let request = BulkRollRequest {
            accounts: plan.accounts.into_iter().map(|account| (account.account_id, account.pair_id)).collect(),
            expire_old: ExpireOld::Immediately,
            reason: "leaked".to_owned(),
            message: None,
            password: None,
        };
        self.runtime.block_on(self.backend.begin_bulk_roll(&self.operator, request)).unwrap().id
    }

    fn progress(&self) -> Option<BulkRollProgress> {
        self.runtime.block_on(self.backend.list_bulk_rolls(&self.operator)).unwrap().pop()
    }

    fn done(&self) -> u32 {
        self.progress().map_or(0, |progress| progress.accounts - progress.pending())
    }

    /// How many rolls are on record for each account.
    fn rolls(&self) -> BTreeMap<String, u32> {
        let events = self.runtime.block_on(self.store.list_events(None, 1_000_000)).unwrap();
        let mut rolls = BTreeMap::new();
        for event in events.into_iter().filter(|event| event.act == Act::KeyRoll) {
            *rolls.entry(event.account_id.unwrap().to_string()).or_default() += 1;
        }
        rolls
    }

    fn pairs(&self, account: &CreatedAccount) -> usize {
        self.runtime.block_on(self.store.list_pairs(&account.account_id)).unwrap().len()
    }
}

fn lines(place: &Place, accounts: &[CreatedAccount]) -> String {
    let file = place.path("lines.txt");
    let lines: Vec<_> = accounts.iter().map(|account| account.account_id.to_string()).collect();
    write(&file, &lines.join("\n"));
    file
}

fn start(place: &Place, arguments: &[&str]) -> Child {
    let log = std::fs::File::options().create(true).append(true).open(place.path("roll-many.log")).unwrap();
    let mut command = place.command(&[&["keys", "roll-many"], arguments].concat(), &[]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

fn begin(place: &Place, file: &str) -> Child {
    start(place, &["--expire-old", "1h", "--reason", "leaked", "--file", file])
}

/// Rolls so many accounts by a command that is killed so many times. Answers how many of the kills came in the middle.
fn kill_and_go_on(count: u32, kills: u32) -> u32 {
    let place = Place::new();
    let beside = Beside::new(&place);
    let accounts = beside.accounts(count);
    let mut command = begin(&place, &lines(&place, &accounts));
    let mut in_the_middle = 0;
    for _ in 0..kills {
        let (began, before) = (Instant::now(), beside.done());
        while beside.done() == before && command.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < PATIENCE, "nothing goes on");
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_micros(u64::from(random() % 60_000)));
        command.kill().unwrap();
        command.wait().unwrap();
        let progress = beside.progress().expect("begun");
        assert_eq!(progress.refused, 0);
        // What is noted as rolled is rolled, and nothing else is.
        let rolls = beside.rolls();
        assert_eq!(rolls.values().sum::<u32>(), progress.rolled);
        assert!(rolls.values().all(|rolls| *rolls == 1), "{rolls:?}");
        in_the_middle += u32::from((1..count).contains(&progress.rolled));
        command = start(&place, &["--continue", progress.record.id.as_str()]);
    }
    let ended = command.wait().unwrap();
    assert!(ended.success(), "{}", std::fs::read_to_string(place.path("roll-many.log")).unwrap());
    let progress = beside.progress().expect("begun");
    assert_eq!((progress.rolled, progress.refused, progress.pending()), (count, 0, 0));
    let rolls = beside.rolls();
    for account in &accounts {
        assert_eq!((rolls.get(account.account_id.as_str()), beside.pairs(account)), (Some(&1), 2));
    }
    assert_eq!(rolls.len(), accounts.len(), "somebody else was rolled");
    let found = look_into(&place.directory.path().join("data/latchkey.db"));
    assert!(found.is_empty(), "{found:?}");
    in_the_middle
}

#[test]
fn a_bulk_roll_killed_again_and_again_rolls_each_account_once() {
    let deep = runs(10);
    let (count, kills) = if deep > 0 { (1_000, deep) } else { (200, 3) };
    // On a machine that stalls just then, the command may be done before it is killed.
    let hit = (0..5).map(|_| kill_and_go_on(count, kills)).find(|in_the_middle| *in_the_middle > 0);
    println!("{count} accounts, {kills} kills, {hit:?} of them in the middle");
    assert!(hit.is_some(), "no kill came in the middle");
}

/// Whoever began it has gone: the server takes it up when it starts, without being told.
#[test]
fn a_server_that_starts_goes_on_with_an_interrupted_bulk_roll() {
    let place = Place::new();
    let beside = Beside::new(&place);
    beside.begin(&place, &beside.accounts(60));
    assert_eq!(beside.done(), 0);
    let _served = place.serve(&[]);
    let began = Instant::now();
    while beside.done() < 60 {
        assert!(began.elapsed() < PATIENCE, "the server does not go on");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(beside.rolls().values().all(|rolls| *rolls == 1));
}

/// Neither a command nor a server that starts takes it up again; what is done by then is reported, and the rest is.
#[test]
fn a_bulk_roll_stopped_by_a_command_stays_stopped() {
    let place = Place::new();
    let beside = Beside::new(&place);
    let accounts = beside.accounts(60);
    let id = beside.begin(&place, &accounts);
    let step = beside.backend.continue_bulk_roll(&beside.operator, &id);
    let done = beside.runtime.block_on(step).unwrap().rolled;
    assert!((1..60).contains(&done), "{done}");
    let stopped = place.run(&["keys", "roll-many", "--stop", id.as_str(), "--json"]);
    assert_eq!(stopped.code, 0, "{}", stopped.err);
    let told = stopped.json();
    assert_eq!((&told["rolled"], &told["pending"]), (&done.into(), &0.into()), "{told}");
    let again = place.run(&["keys", "roll-many", "--stop", id.as_str()]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("over already"), "{}", again.err);
    let went_on = place.run(&["keys", "roll-many", "--continue", id.as_str()]);
    assert!(
        went_on.out.contains(&format!("It was stopped: {} accounts keep their keys.", 60 - done)),
        "{}",
        went_on.out
    );
    // The server that starts goes on with what it is to go on with: once it has, it has left the other alone.
    let others = beside.accounts_from(60, 1);
    let other = beside.begin(&place, &others);
    let _served = place.serve(&[]);
    let began = Instant::now();
    let pending =
        || beside.runtime.block_on(beside.backend.find_bulk_roll(&beside.operator, &other)).unwrap().pending();
    while pending() > 0 {
        assert!(began.elapsed() < PATIENCE, "the server does not go on");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(beside.rolls().len(), usize::try_from(done).unwrap() + 1);
    let report = place.run(&["keys", "roll-many", "--report", id.as_str()]).out;
    assert_eq!(report.matches("\"stopped\"").count(), 60 - usize::try_from(done).unwrap(), "{report}");
}

/// Only told to be thorough: making the accounts takes longer than rolling them.
#[test]
fn ten_thousand_accounts_are_rolled_within_a_minute_beside_programs_that_authenticate() {
    let count = runs(10_000);
    if count == 0 {
        return;
    }
    let place = Place::new();
    let beside = Beside::new(&place);
    let accounts = beside.accounts(count);
    let file = lines(&place, &accounts);
    let served = place.serve(&[]);
    let over = AtomicBool::new(false);
    let (took, (mut times, failed), (written, slowest_write)) = std::thread::scope(|scope| {
        // Another process than the one that rolls: it has to get at the file in between.
        let writer = scope.spawn(|| {
            let (mut written, mut slowest) = (0_u32, Duration::ZERO);
            while !over.load(Ordering::SeqCst) {
                let began = Instant::now();
                beside.accounts_from(count + written, 1);
                (written, slowest) = (written + 1, slowest.max(began.elapsed()));
                std::thread::sleep(Duration::from_millis(250));
            }
            (written, slowest)
        });
        let prober = scope.spawn(|| {
            let (mut times, mut failed) = (Vec::new(), 0_u32);
            for account in accounts.iter().cycle() {
                let began = Instant::now();
                let answer = authenticate(served.addr, account.first_pair.private_key.expose());
                times.push(began.elapsed());
                failed += u32::from(answer.status != 200);
                if over.load(Ordering::SeqCst) {
                    break;
                }
            }
            (times, failed)
        });
        let began = Instant::now();
        let ended = begin(&place, &file).wait().unwrap();
        let took = began.elapsed();
        over.store(true, Ordering::SeqCst);
        assert!(ended.success(), "{}", std::fs::read_to_string(place.path("roll-many.log")).unwrap());
        (took, prober.join().unwrap(), writer.join().unwrap())
    });
    assert_eq!(beside.progress().map(|progress| progress.rolled), Some(count));
    times.sort();
    let (asked, slowest) = (times.len(), times.last().copied().unwrap_or_default());
    let [p50, p99] = [50, 99].map(|percent| times[(asked - 1) * percent / 100]);
    println!("{count} accounts in {took:?}; {asked} requests beside them, {failed} failed");
    println!("a request took {p50:?} (p50), {p99:?} (p99), {slowest:?} (the slowest)");
    println!("{written} accounts made beside them, the slowest in {slowest_write:?}");
    assert_eq!(failed, 0, "requests failed beside the roll");
    assert!(took < Duration::from_mins(1), "took {took:?}");
}
