//! `kill -9` while uses of a key are counted and written down: what is lost is what the last second brought, and no key is
//! harmed.

use crate::crashes::{look_into, random, runs};
use crate::program::{Place, Served};
use crate::visitor::{ask, authenticate};
use backend::store::Usage as _;
use domain::usage::Day;
use domain::{AccountId, PairId};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use store_sqlite::SqliteStore;

const PROGRAMS: usize = 3;

/// What a kill may cost, in time: the requests of the last second. A machine that is busy with something else takes its time
/// to write, too, so that ordinary runs allow for more.
fn may_be_lost() -> Duration {
    Duration::from_millis(if runs(1) > 0 { 1_000 } else { 2_000 })
}

/// A key, and who has it.
struct Owned {
    account: AccountId,
    pair: PairId,
    key: String,
}

fn owned(place: &Place) -> Owned {
    let made = place.run(&["account", "create", "--email", "ada@example.org", "--json"]).json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    Owned {
        account: text(&made["account_id"]).parse().unwrap(),
        pair: text(&made["key_pair"]["id"]).parse().unwrap(),
        key: text(&made["key_pair"]["private_key"]),
    }
}

/// How many uses the database knows: by the days, and by the callers' hours.
fn known(place: &Place, owned: &Owned) -> (u64, u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open_existing(&place.path("data/latchkey.db")).await.unwrap();
        let days = store.list_day_uses(&owned.account, Day::from_number(0)).await.unwrap();
        let callers = store.list_callers(&owned.account, &owned.pair, 0, 1_000_000).await.unwrap();
        store.close().await;
        (days.iter().map(|of| of.accepted).sum(), callers.iter().map(|of| of.accepted).sum())
    })
}

/// Asks until it is over, each time as another program, so that batches are large. Answers when it was answered.
fn keep_asking(addr: SocketAddr, key: &str, over: &AtomicBool, sent: &AtomicU64) -> Vec<Instant> {
    let authorization = format!("Bearer {key}");
    let mut answered = Vec::new();
    while !over.load(Ordering::SeqCst) {
        let number = sent.fetch_add(1, Ordering::SeqCst);
        let agent = format!("program {number}");
        let headers = [("Authorization", authorization.as_str()), ("User-Agent", &agent)];
        match ask(addr, "GET", "/v1/account", &headers, "") {
            Ok(answer) => {
                assert_eq!(answer.status, 200, "{answer:?}");
                answered.push(Instant::now());
            }
            Err(_) => return answered,
        }
    }
    answered
}

/// Lets programs ask for a while and kills the process. Answers when they were answered, in order, when it died, and how many
/// requests were sent at most.
fn ask_and_kill(served: Served, key: &str, for_so_long: Duration) -> (Vec<Instant>, Instant, u64) {
    let (over, sent, all) = (AtomicBool::new(false), AtomicU64::new(0), Mutex::new(Vec::new()));
    let addr = served.addr;
    let killed = std::thread::scope(|scope| {
        for _ in 0..PROGRAMS {
            scope.spawn(|| {
                let answered = keep_asking(addr, key, &over, &sent);
                all.lock().unwrap().extend(answered);
            });
        }
        std::thread::sleep(for_so_long);
        let killed = Instant::now();
        // Which is `kill -9`.
        drop(served);
        over.store(true, Ordering::SeqCst);
        killed
    });
    let mut answered = all.into_inner().unwrap();
    answered.sort();
    (answered, killed, sent.into_inner())
}

#[test]
fn a_kill_while_uses_are_written_down_loses_the_last_second_of_them_and_no_key() {
    let place = Place::new();
    let owned = owned(&place);
    let (mut before, mut longest, mut lost_in_all) = ((0, 0), Duration::ZERO, 0);
    let rounds = runs(40).max(3);
    for _ in 0..rounds {
        let served = place.serve(&[]);
        // Longer than may be lost, and not in step with the writing.
        let for_so_long = may_be_lost() + Duration::from_millis(300 + u64::from(random() % 1_000));
        let (answered, killed, sent) = ask_and_kill(served, &owned.key, for_so_long);
        let (by_day, by_hour) = known(&place, &owned);
        assert_eq!(by_day, by_hour, "a batch is there whole or not at all");
        let counted = by_day - before.0;
        assert!(counted <= sent, "{counted} are counted, and {sent} were sent");
        // Whoever was answered first is counted first.
        let lost = answered.get(usize::try_from(counted).unwrap()..).unwrap_or_default();
        if let Some(first) = lost.first() {
            longest = longest.max(killed.saturating_duration_since(*first));
        }
        lost_in_all += lost.len();
        let found = look_into(&place.directory.path().join("data/latchkey.db"));
        assert!(found.is_empty(), "{found:?}");
        // The key still works, and is counted on from there.
        let served = place.serve(&[]);
        assert_eq!(authenticate(served.addr, &owned.key).status, 200);
        assert!(served.stop().1);
        before = known(&place, &owned);
        assert_eq!(before.0, by_day + 1, "a process that is stopped writes down the last");
    }
    println!(
        "{rounds} kills, {} counted, {lost_in_all} lost; the oldest of them {longest:?} before its kill",
        before.0
    );
    assert!(before.0 > 0 && lost_in_all > 0, "nothing was counted, or nothing was on its way");
    assert!(longest <= may_be_lost(), "what was lost was {longest:?} old");
}
