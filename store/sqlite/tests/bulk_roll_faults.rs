//! Accounts of a bulk roll that break, which is no refusal: the others are rolled, and they are tried again, a few times.

use backend::RequestContext;
use backend::accounts::{CreatedAccount, NewAccount};
use backend::bulk_roll::BulkRollRequest;
use backend::store::Store;
use domain::{Duration, ExpireOld};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection};
use std::sync::Arc;
use store_contract::use_cases::Installation;
use store_sqlite::SqliteStore;
use tempfile::TempDir;

struct Breaking {
    here: Installation,
    beside: SqliteConnection,
    operator: RequestContext,
    accounts: Vec<CreatedAccount>,
    _directory: TempDir,
}

impl Breaking {
    /// So many accounts in a bulk roll that has begun.
    async fn begun(count: usize) -> (Self, domain::BulkRollId) {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("latchkey.db");
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(path.to_str().expect("UTF-8")).await.expect("opens"));
        let beside = SqliteConnectOptions::new().filename(&path).connect().await.expect("connects");
        let here = Installation::new(store);
        let operator = RequestContext::operator("op".to_owned(), "req_op".to_owned());
        let mut accounts = Vec::new();
        for number in 0..count {
            let email = format!("owner{number}@example.org");
            let new = NewAccount { email, name: String::new(), external_id: None, password: None };
            accounts.push(here.backend.create_account(&operator, new).await.expect("creates"));
        }
        let named = accounts.iter().map(|made| (made.account_id.clone(), made.first_pair.pair.id.clone()));
        let request = BulkRollRequest {
            accounts: named.collect(),
            expire_old: ExpireOld::Immediately,
            reason: "leaked".to_owned(),
            message: None,
            password: None,
        };
        let begun = here.backend.begin_bulk_roll(&operator, request).await.expect("begins");
        (Self { here, beside, operator, accounts, _directory: directory }, begun.id)
    }

    /// From now on rolling this account fails in the database.
    async fn breaks(&mut self, which: usize) {
        let account = &self.accounts[which].account_id;
        let trigger = format!(
            "CREATE TRIGGER broken_{which} BEFORE INSERT ON key_roll WHEN NEW.account_id = '{account}'
            BEGIN SELECT RAISE(ABORT, 'broken on purpose'); END"
        );
        sqlx::raw_sql(AssertSqlSafe(trigger)).execute(&mut self.beside).await.expect("made");
    }

    async fn works_again(&mut self, which: usize) {
        let drop = AssertSqlSafe(format!("DROP TRIGGER broken_{which}"));
        sqlx::raw_sql(drop).execute(&mut self.beside).await.expect("removed");
    }
}

/// The first two of sixty: those behind them are rolled at once. One is well again and is rolled the next time; the other
/// is given up after three times, and said to be.
#[tokio::test]
async fn an_account_that_breaks_does_not_hold_up_those_behind_it() {
    let (mut world, id) = Breaking::begun(60).await;
    world.breaks(0).await;
    world.breaks(1).await;
    let backend = world.here.backend.clone();
    assert_eq!(backend.continue_bulk_rolls().await.expect("goes on"), 58);
    let progress = backend.find_bulk_roll(&world.operator, &id).await.expect("reads");
    assert_eq!((progress.rolled, progress.pending(), progress.waiting, progress.faulted), (58, 2, 2, 0));
    // Not before its time.
    assert_eq!(backend.continue_bulk_rolls().await.expect("goes on"), 0);
    world.works_again(1).await;
    world.here.pass(Duration::seconds(30));
    assert_eq!(backend.continue_bulk_rolls().await.expect("goes on"), 1);
    world.here.pass(Duration::seconds(60));
    assert_eq!(backend.continue_bulk_rolls().await.expect("goes on"), 1);
    let progress = backend.find_bulk_roll(&world.operator, &id).await.expect("reads");
    assert_eq!((progress.rolled, progress.pending(), progress.waiting, progress.faulted), (59, 0, 0, 1));
    let report = backend.report_bulk_roll(&world.operator, &id).await.expect("reports");
    let outcomes: Vec<_> = report.rows.iter().map(|row| report.outcome(row)).collect();
    assert_eq!((outcomes[0], outcomes[1], outcomes[59]), ("FAULT", "rolled", "rolled"));
    world.here.pass(Duration::hours(1));
    assert_eq!(backend.continue_bulk_rolls().await.expect("is over"), 0);
}
