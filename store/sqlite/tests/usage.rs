//! Batches of use that the database refuses, and how long large ones take.

use backend::RequestContext;
use backend::accounts::{CreatedAccount, NewAccount};
use backend::store::{CallerName, Store, UsageBatch, UsageRow};
use backend::usage::{ROWS_AT_A_TIME, Request, Use};
use domain::usage::{Day, Hour, Outcome};
use domain::{Duration, InstanceId};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use std::sync::Arc;
use std::time::Instant;
use store_contract::use_cases::Installation;
use store_sqlite::SqliteStore;
use tempfile::TempDir;

/// Of one pair.
const CALLERS: u32 = 10_000;

struct Counting {
    here: Installation,
    account: CreatedAccount,
    beside: SqliteConnection,
    _directory: TempDir,
}

impl Counting {
    async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("latchkey.db");
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(path.to_str().expect("UTF-8")).await.expect("opens"));
        let beside = SqliteConnectOptions::new().filename(&path).connect().await.expect("connects");
        let here = Installation::new(store);
        let operator = RequestContext::operator("op".to_owned(), "req_op".to_owned());
        let new =
            NewAccount { email: "ada@example.org".to_owned(), name: String::new(), external_id: None, password: None };
        let account = here.backend.create_account(&operator, new).await.expect("creates");
        Self { here, account, beside, _directory: directory }
    }

    fn count(&self, user_agent: &str) {
        let request = Request { address: None, user_agent: user_agent.as_bytes(), method: b"GET", path: b"/" };
        let pair_id = &self.account.first_pair.pair.id;
        self.here.backend.count_use(Use { pair_id, outcome: Outcome::Accepted, request });
    }

    /// From now on what comes last in a batch fails in the database, after everything before it was written.
    async fn breaks(&mut self) {
        let trigger =
            "CREATE TRIGGER broken BEFORE INSERT ON use_of_pair BEGIN SELECT RAISE(ABORT, 'broken on purpose'); END";
        sqlx::raw_sql(trigger).execute(&mut self.beside).await.expect("made");
    }

    async fn works_again(&mut self) {
        sqlx::raw_sql("DROP TRIGGER broken").execute(&mut self.beside).await.expect("removed");
    }

    /// How many uses the database knows, by days and by hours.
    async fn known(&mut self) -> (i64, i64) {
        let sums = "SELECT (SELECT coalesce(sum(accepted), 0) FROM use_by_day), (SELECT coalesce(sum(count), 0) FROM use_by_hour)";
        sqlx::query_as(sums).fetch_one(&mut self.beside).await.expect("read")
    }

    async fn rows(&mut self) -> i64 {
        let rows = "SELECT (SELECT count(*) FROM caller) + (SELECT count(*) FROM use_by_hour) + (SELECT count(*) FROM use_by_day)
            + (SELECT count(*) FROM use_of_pair) + (SELECT count(*) FROM use_batch)";
        sqlx::query_scalar(rows).fetch_one(&mut self.beside).await.expect("read")
    }
}

/// Nothing of it is there, and all of it is, once, when it can be written again.
#[tokio::test]
async fn a_batch_that_breaks_in_the_middle_leaves_nothing_and_is_added_once() {
    let mut counting = Counting::new().await;
    counting.breaks().await;
    for _ in 0..3 {
        counting.count("a");
        counting.here.backend.flush_usage().await.expect_err("broken");
        assert_eq!(counting.rows().await, 0);
    }
    counting.works_again().await;
    // The batch that failed, and what was counted meanwhile the next time.
    counting.here.backend.flush_usage().await.expect("written");
    assert_eq!(counting.known().await, (1, 1));
    counting.here.backend.flush_usage().await.expect("written");
    assert_eq!(counting.known().await, (3, 3));
    counting.here.backend.flush_usage().await.expect("nothing to write");
    assert_eq!(counting.known().await, (3, 3));
}

/// Otherwise one row that cannot be written would end all counting.
#[tokio::test]
async fn a_batch_that_is_refused_again_and_again_is_given_up() {
    let mut counting = Counting::new().await;
    counting.breaks().await;
    counting.count("lost");
    let mut failed = 0;
    while counting.here.backend.flush_usage().await.is_err() {
        failed += 1;
        assert!(failed < 100, "never given up");
    }
    assert_eq!(failed, 9);
    counting.works_again().await;
    counting.count("kept");
    counting.here.backend.flush_usage().await.expect("written");
    assert_eq!(counting.known().await, (1, 1));
}

/// Prints how long they take.
#[tokio::test]
async fn a_batch_of_the_largest_size_is_quick_and_so_is_the_list_of_a_pair_with_thousands_of_callers() {
    let mut counting = Counting::new().await;
    let pair_id = counting.account.first_pair.pair.id.clone();
    let writer = InstanceId::mint(counting.here.backend.now(), &backend::OsEntropy);
    let (mut first, mut again, mut number) = (std::time::Duration::ZERO, std::time::Duration::ZERO, 0);
    for hour in 0..6_u32 {
        let at = counting.here.backend.now().plus(Duration::hours(hour / 2));
        let row = |n: usize| UsageRow {
            pair_id: pair_id.clone(),
            caller: CallerName::Program {
                address: format!("192.0.2.{}", n % 256),
                user_agent: format!("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) {n}"),
            },
            hour: Hour::of(at),
            outcome: Outcome::Accepted,
            count: 1,
            first_at: at,
            last_at: at,
            route: "GET /v1/files/0123456789abcdef01234567/details".to_owned(),
        };
        for part in 0..CALLERS as usize / ROWS_AT_A_TIME {
            let rows = (part * ROWS_AT_A_TIME..(part + 1) * ROWS_AT_A_TIME).map(row).collect();
            number += 1;
            let batch = UsageBatch { writer: writer.clone(), number, made_at: at, rows };
            let began = Instant::now();
            assert!(counting.here.store.add_usage(&batch).await.expect("added"));
            let slowest = if hour == 0 { &mut first } else { &mut again };
            *slowest = began.elapsed().max(*slowest);
        }
    }
    let (account, most) = (&counting.account.account_id, 50_u32);
    let began = Instant::now();
    let listed = counting.here.store.list_callers(account, &pair_id, 0, most).await.expect("read");
    let near = began.elapsed();
    assert_eq!((listed.len(), listed[0].accepted), (50, 6));
    let began = Instant::now();
    let listed = counting.here.store.list_callers(account, &pair_id, CALLERS - most, most).await.expect("read");
    let far = began.elapsed();
    assert_eq!(listed.len(), 50);
    let began = Instant::now();
    let days = counting.here.store.list_day_uses(account, Day::from_number(0)).await.expect("read");
    let summed = began.elapsed();
    assert_eq!(days.iter().map(|of| of.accepted).sum::<u64>(), 6 * u64::from(CALLERS));
    println!(
        "{ROWS_AT_A_TIME} rows added in {first:?}, again in {again:?}; of {CALLERS} callers the first page in {near:?}, \
         the last in {far:?}; days in {summed:?}"
    );
    // A second would be felt by whoever rolls; what is held here is that nothing walks a table for each row.
    assert!(first.max(again) < std::time::Duration::from_secs(3), "{first:?} {again:?}");
    assert!(near.max(far).max(summed) < std::time::Duration::from_secs(1), "{near:?} {far:?} {summed:?}");
    assert_eq!(counting.known().await, (60_000, 60_000));
}
