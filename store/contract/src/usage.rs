//! What was counted: added whole, once, and forgotten when it is old.

use crate::world::{NOW, World, at, revoked};
use backend::store::{
    AccountRecord, CallerName, CallerRecord, DayUseRecord, PairUseRecord, Store, UsageBatch, UsageRow,
};
use domain::usage::{Day, Hour, Outcome};
use domain::{Duration, InstanceId, PairId, Timestamp};
use std::sync::Arc;

const HOUR: i64 = Duration::hours(1).as_millis();
const DAY: i64 = Duration::days(1).as_millis();

/// Somebody who counts, and an account with a pair.
struct Counting {
    world: World,
    account: AccountRecord,
    pair: PairId,
    writer: InstanceId,
}

impl Counting {
    async fn new(store: Arc<dyn Store>) -> Self {
        let world = World::new(store);
        let account = world.account().await;
        let pair = world.active_pair(&account).await.pair.id;
        Self { world, account, pair, writer: InstanceId::mint(NOW, &backend::OsEntropy) }
    }

    fn row(&self, caller: CallerName, at: Timestamp, outcome: Outcome, count: u64) -> UsageRow {
        let route = format!("GET /{count}");
        let (pair_id, hour) = (self.pair.clone(), Hour::of(at));
        UsageRow { pair_id, caller, hour, outcome, count, first_at: at, last_at: at, route }
    }

    fn batch(&self, number: u64, rows: Vec<UsageRow>) -> UsageBatch {
        UsageBatch { writer: self.writer.clone(), number, made_at: NOW, rows }
    }

    async fn add(&self, number: u64, rows: Vec<UsageRow>) -> bool {
        self.world.store.add_usage(&self.batch(number, rows)).await.expect("added")
    }

    async fn days(&self) -> Vec<(i64, u64, u64)> {
        let days = self.world.store.list_day_uses(&self.account.id, Day::from_number(0)).await.expect("read");
        assert!(days.iter().all(|of| of.pair_id == self.pair));
        days.into_iter().map(|of| (of.day.number() - Day::of(NOW).number(), of.accepted, of.refused)).collect()
    }

    async fn callers(&self) -> Vec<CallerRecord> {
        self.world.store.list_callers(&self.account.id, &self.pair, 0, 1_000).await.expect("read")
    }

    async fn uses(&self) -> Vec<PairUseRecord> {
        self.world.store.list_pair_uses(&self.account.id).await.expect("read")
    }

    /// Forgets a few rows at a time until there are none left to forget.
    async fn forget(&self, before: Option<Day>) {
        for _ in 0..1_000 {
            if !self.world.store.forget_usage(before, 3).await.expect("forgotten") {
                return;
            }
        }
        panic!("there is no end to what is to be forgotten");
    }
}

fn program(number: usize) -> CallerName {
    CallerName::Program { address: format!("192.0.2.{number}"), user_agent: "curl/8.5.0".to_owned() }
}

/// In one batch and in several: with the first and the last instant, and what the last one was about.
pub async fn counts_of_the_same_are_added(store: Arc<dyn Store>) {
    let here = Counting::new(store).await;
    let row = |millis, count| here.row(program(1), at(millis), Outcome::Accepted, count);
    assert!(here.add(1, vec![row(5, 2), row(3, 10)]).await);
    assert!(here.add(2, vec![row(4, 100)]).await);
    let refused = here.row(program(1), at(2), Outcome::Revoked, 1_000);
    assert!(here.add(3, vec![refused]).await);
    assert_eq!(here.days().await, [(0, 112, 1_000)]);
    let expected = CallerRecord {
        name: program(1),
        first_at: at(2),
        last_at: at(5),
        accepted: 112,
        refused: 1_000,
        last_outcome: Outcome::Accepted,
        last_route: "GET /2".to_owned(),
    };
    assert_eq!(here.callers().await, [expected]);
    let expected = PairUseRecord {
        pair_id: here.pair.clone(),
        first_accepted_at: Some(at(3)),
        last_accepted_at: Some(at(5)),
        last_refused_at: Some(at(2)),
    };
    assert_eq!(here.uses().await, [expected]);
}

/// A commit that was not answered: nobody knows whether the batch is there, so it is tried again.
pub async fn a_batch_that_is_there_is_not_added_again(store: Arc<dyn Store>) {
    let here = Counting::new(store).await;
    let rows = || vec![here.row(program(1), NOW, Outcome::Accepted, 7)];
    assert_eq!((here.add(1, rows()).await, here.add(1, rows()).await, here.add(2, rows()).await), (true, false, true));
    assert_eq!((here.add(1, rows()).await, here.add(2, rows()).await), (false, false));
    assert_eq!(here.days().await, [(0, 14, 0)]);
    // The numbers of another process are its own, and so are those of one that was forgotten.
    let other = UsageBatch { writer: InstanceId::mint(NOW, &backend::OsEntropy), ..here.batch(1, rows()) };
    assert!(here.world.store.add_usage(&other).await.expect("added"));
    here.world.store.forget_usage_writers(NOW).await.expect("forgotten");
    assert!(!here.add(2, rows()).await, "what was written at that very instant is known");
    here.world.store.forget_usage_writers(at(1)).await.expect("forgotten");
    assert!(here.add(1, rows()).await);
    assert_eq!(here.days().await, [(0, 28, 0)]);
}

/// What is left of a batch for nobody: an id that is shaped like one.
pub async fn a_pair_that_is_not_there_is_left_out(store: Arc<dyn Store>) {
    let here = Counting::new(store).await;
    let known = here.row(program(1), NOW, Outcome::Accepted, 1);
    let unknown = UsageRow { pair_id: PairId::mint(NOW, &backend::OsEntropy), ..known.clone() };
    assert!(here.add(1, vec![unknown, known]).await);
    assert_eq!((here.days().await, here.callers().await.len(), here.uses().await.len()), (vec![(0, 1, 0)], 1, 1));
}

/// Several processes add to the same rows at once, and no count is lost.
pub async fn counts_of_several_processes_are_added_up(store: Arc<dyn Store>) {
    let here = Counting::new(store).await;
    let processes = (0..4).map(|_| {
        let store = Arc::clone(&here.world.store);
        let writer = InstanceId::mint(NOW, &backend::OsEntropy);
        let rows = vec![
            here.row(program(1), NOW, Outcome::Accepted, 1),
            here.row(CallerName::Others, NOW, Outcome::Expired, 2),
        ];
        tokio::spawn(async move {
            for number in 1..=20 {
                let batch = UsageBatch { writer: writer.clone(), number, made_at: NOW, rows: rows.clone() };
                assert!(store.add_usage(&batch).await.expect("added"));
            }
        })
    });
    for process in processes.collect::<Vec<_>>() {
        process.await.expect("ends");
    }
    assert_eq!(here.days().await, [(0, 80, 160)]);
    let mut counted: Vec<_> = here.callers().await.into_iter().map(|of| (of.name, of.accepted, of.refused)).collect();
    counted.sort();
    assert_eq!(counted, [(program(1), 80, 0), (CallerName::Others, 0, 160)]);
}

/// Page by page, each once; and none to whoever asks for another account's pair.
pub async fn callers_are_listed_the_last_seen_first(store: Arc<dyn Store>) {
    let here = Counting::new(store).await;
    let unnamed = CallerName::Program { address: String::new(), user_agent: String::new() };
    let mut expected = vec![CallerName::Others, unnamed];
    expected.extend((0..8).map(program));
    let rows = expected.iter().rev().zip(0..);
    let rows = rows.map(|(caller, n)| here.row(caller.clone(), at(n), Outcome::Accepted, 1)).collect();
    here.add(1, rows).await;
    let mut listed = Vec::new();
    for skip in [0, 4, 8, 12] {
        let page = here.world.store.list_callers(&here.account.id, &here.pair, skip, 4).await.expect("read");
        assert!(page.len() <= 4);
        listed.extend(page.into_iter().map(|of| of.name));
    }
    assert_eq!(listed, expected);
    let stranger = here.world.account().await;
    let theirs = here.world.store.list_callers(&stranger.id, &here.pair, 0, 10).await.expect("read");
    assert_eq!(theirs, []);
}

/// An account's pairs each have their own numbers, also dead ones; another account's are not among them.
pub async fn use_is_told_for_the_pairs_of_one_account(store: Arc<dyn Store>) {
    let here = Counting::new(store).await;
    let dead = here.world.pair_with(&here.account, revoked()).await.pair.id;
    let stranger = here.world.account().await;
    let theirs = here.world.active_pair(&stranger).await.pair.id;
    let row = |pair_id: &PairId, count, outcome| UsageRow {
        pair_id: pair_id.clone(),
        ..here.row(program(1), NOW, outcome, count)
    };
    let rows = vec![
        row(&here.pair, 1, Outcome::Accepted),
        row(&dead, 2, Outcome::Revoked),
        row(&theirs, 4, Outcome::Accepted),
    ];
    here.add(1, rows).await;
    let store = &here.world.store;
    let today = Day::of(NOW);
    let days = store.list_day_uses(&here.account.id, today).await.expect("read");
    let day =
        |pair_id: &PairId, accepted, refused| DayUseRecord { pair_id: pair_id.clone(), day: today, accepted, refused };
    assert_eq!(days, [day(&here.pair, 1, 0), day(&dead, 0, 2)]);
    assert_eq!(store.list_day_uses(&stranger.id, today).await.expect("read"), [day(&theirs, 4, 0)]);
    let tomorrow = Day::from_number(today.number() + 1);
    assert_eq!(store.list_day_uses(&here.account.id, tomorrow).await.expect("read"), []);
    let mut uses = here.uses().await;
    uses.sort_by_key(|of| of.last_refused_at);
    let (accepted, refused) = (&uses[0], &uses[1]);
    assert_eq!((&accepted.pair_id, accepted.last_accepted_at, accepted.last_refused_at), (&here.pair, Some(NOW), None));
    let never = (&dead, None, None, Some(NOW));
    assert_eq!((&refused.pair_id, refused.first_accepted_at, refused.last_accepted_at, refused.last_refused_at), never);
}

/// Whole days go, with the callers who were seen on no other; when the pair was used is known for longer.
pub async fn what_is_old_is_forgotten_a_few_rows_at_a_time(store: Arc<dyn Store>) {
    let here = Counting::new(store).await;
    let midnight = Day::of(NOW).start().as_millis() - NOW.as_millis();
    let mut rows = Vec::new();
    // Ten callers of yesterday only, one of both days, one of today only; the last millisecond of yesterday, the first of today.
    for n in 0..11 {
        rows.push(here.row(program(n), at(midnight - 1), Outcome::Accepted, 1));
        rows.push(here.row(program(n), at(midnight - HOUR), Outcome::Accepted, 1));
    }
    rows.push(here.row(program(10), at(midnight), Outcome::Accepted, 1));
    rows.push(here.row(program(11), at(midnight), Outcome::Accepted, 1));
    here.add(1, rows).await;
    assert_eq!((here.days().await, here.callers().await.len()), (vec![(-1, 22, 0), (0, 2, 0)], 12));
    let (before, uses) = (here.callers().await, here.uses().await);
    here.forget(Some(Day::of(NOW).minus(1))).await;
    assert_eq!(here.callers().await, before, "nothing is older than yesterday");
    here.forget(Some(Day::of(NOW))).await;
    assert_eq!(here.days().await, [(0, 2, 0)]);
    let mut left: Vec<_> = here.callers().await.into_iter().map(|of| (of.name, of.accepted)).collect();
    left.sort();
    assert_eq!(left, [(program(10), 1), (program(11), 1)]);
    assert_eq!(here.uses().await, uses);
    // A caller who was forgotten is a new one.
    here.add(2, vec![here.row(program(3), at(midnight + 1), Outcome::Accepted, 1)]).await;
    assert_eq!(here.callers().await[0].first_at, at(midnight + 1));
}

/// As for an installation that does not count use any more.
pub async fn everything_can_be_forgotten(store: Arc<dyn Store>) {
    let here = Counting::new(store).await;
    let rows = (0..10).map(|n| here.row(program(n), at(i64::try_from(n).expect("few") * DAY), Outcome::Accepted, 1));
    here.add(1, rows.collect()).await;
    here.forget(None).await;
    assert_eq!((here.days().await, here.callers().await, here.uses().await), (vec![], vec![], vec![]));
    here.add(2, vec![here.row(program(1), NOW, Outcome::Accepted, 1)]).await;
    assert_eq!(here.days().await, [(0, 1, 0)]);
}

/// Nobody has to follow because a key was used.
pub async fn use_is_no_change_of_keys(store: Arc<dyn Store>) {
    let here = Counting::new(store).await;
    let before = here.world.store.find_known_changes().await.expect("read");
    here.add(1, vec![here.row(program(1), NOW, Outcome::Accepted, 1)]).await;
    here.add(2, vec![here.row(program(1), NOW, Outcome::Revoked, 1)]).await;
    here.forget(None).await;
    assert_eq!(here.world.store.find_known_changes().await.expect("read"), before);
}
