//! How accounts are listed and found: by indexes alone, and how long that takes with very many of them.

use backend::store::{AccountOrder, AccountQuery, AccountRecord, Membership, PersonRecord, Store as _};
use domain::{Email, Role, Timestamp};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use std::time::Instant;
use store_sqlite::SqliteStore;
use tempfile::TempDir;

/// Each with the steps it must have, in their order.
const QUERIES: [(&str, &[&str]); 4] = [
    (include_str!("../queries/newest_accounts.sql"), &["SEARCH account USING INDEX account_by_id (id<?)"]),
    (include_str!("../queries/accounts_by_name.sql"), &["SEARCH account USING INDEX account_by_name (name>?)"]),
    (include_str!("../queries/newest_accounts_found.sql"), &FOUND),
    (include_str!("../queries/accounts_found_by_name.sql"), &FOUND),
];

const FOUND: [&str; 5] = [
    "SEARCH account USING COVERING INDEX account_by_name (name>? AND name<?)",
    "SEARCH account USING INDEX account_by_external_id (external_id>? AND external_id<?)",
    "SEARCH person USING INDEX sqlite_autoindex_person_2 (email>? AND email<?)",
    "SEARCH membership USING INDEX membership_of_person (user_id=?)",
    "SCAN page",
];

/// What is walked is a page of what was found, and never a table.
const PAGES: [&str; 4] = ["SCAN by_name", "SCAN by_external_id", "SCAN by_address", "SCAN page"];

async fn opened() -> (SqliteStore, SqliteConnection, TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("latchkey.db");
    let store = SqliteStore::open(path.to_str().expect("UTF-8")).await.expect("opens");
    let connection = SqliteConnectOptions::new().filename(&path).connect().await.expect("connects");
    (store, connection, directory)
}

/// Whatever SQLite has been told about the tables, it walks none of them, and sorts nothing but what was found.
async fn assert_planned(connection: &mut SqliteConnection) {
    for (query, expected) in QUERIES {
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}"));
        let steps: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(explain).fetch_all(&mut *connection).await.expect("plans");
        let steps: Vec<String> = steps.into_iter().map(|(_, _, _, step)| step).collect();
        let mut rest = steps.iter();
        for step in expected {
            assert!(rest.any(|planned| planned == step), "{step} is not among {steps:#?}");
        }
        for step in &steps {
            let walks = step.starts_with("SCAN") && !PAGES.contains(&step.as_str());
            assert!(!walks, "{step}");
            assert!(expected == FOUND || !step.contains("TEMP B-TREE"), "{step}");
        }
        // What was found by an address, and the page, are looked up by their ids, and the owner by the account.
        let by_id = steps.iter().filter(|step| step.starts_with("SEARCH account") && step.ends_with("(id=?)")).count();
        assert_eq!(by_id, if expected == FOUND { 2 } else { 0 }, "{steps:#?}");
        assert!(
            steps.iter().any(|step| step.contains("USING INDEX membership_of_account (account_id=?)")),
            "{steps:#?}"
        );
    }
}

/// With empty tables, and with statistics that say how many there are and how alike: they are gathered on close.
#[tokio::test]
async fn accounts_are_found_by_indexes_alone() {
    let (_store, mut connection, _directory) = opened().await;
    assert_planned(&mut connection).await;
    let fill = "
        WITH RECURSIVE nth (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM nth WHERE n < 2000)
        INSERT INTO account SELECT printf('acct_%026d', n), iif(n % 2, 'Acme', 'name ' || n), 'cus_' || n, 0, NULL FROM nth;
        INSERT INTO person SELECT 'user_' || substr(id, 6), external_id || '@example.org', NULL, 0 FROM account;
        INSERT INTO membership SELECT NULL, id, 'user_' || substr(id, 6), 'owner', 0 FROM account;
        ANALYZE;";
    sqlx::raw_sql(fill).execute(&mut connection).await.expect("filled");
    assert_planned(&mut connection).await;
}

#[expect(clippy::disallowed_methods, reason = "the one who runs the tests says how deep they go")]
fn deep() -> bool {
    std::env::var_os("LATCHKEY_TEST_DEEP").is_some()
}

/// The answer, and the middle and the longest of so many times as a row of a table.
async fn timed<T>(what: &str, mut ask: impl AsyncFnMut() -> T) -> (T, String) {
    let mut answer = ask().await;
    let mut times = Vec::new();
    for _ in 0..11 {
        let began = Instant::now();
        answer = ask().await;
        times.push(began.elapsed());
    }
    times.sort();
    let millis = |nth: usize| times[nth].as_secs_f64() * 1_000.0;
    (answer, format!("| {what} | {:.2} ms | {:.2} ms |", millis(5), millis(10)))
}

/// No promise, but the figures behind one: how long the searches take with a hundred thousand accounts, beside the look-up
/// of one by its id and the walk through all of them. `cargo xtask bench --search` prints them.
#[tokio::test]
async fn searching_a_hundred_thousand_accounts_is_measured() {
    const ACCOUNTS: u32 = 100_000;
    if !deep() {
        return;
    }
    let (store, mut connection, _directory) = opened().await;
    let now = Timestamp::from_millis(1_795_424_520_000);
    let began = Instant::now();
    let mut tx = store.begin_write().await.expect("begins");
    for nth in 0..ACCOUNTS {
        let person = PersonRecord {
            id: format!("user_{nth:026}").parse().expect("an id"),
            email: Email::parse(&format!("person{nth}@example.org")).expect("an address"),
            password_hash: None,
            created_at: now,
        };
        let account = AccountRecord {
            id: format!("acct_{nth:026}").parse().expect("an id"),
            // Names in another order than ids.
            name: format!("Company {:05}", (u64::from(nth) * 7_919) % u64::from(ACCOUNTS)),
            external_id: Some(format!("cus_{nth}")),
            created_at: now,
            disabled_at: (nth % 10_000 == 5).then_some(now),
        };
        let membership = Membership { account_id: account.id.clone(), user_id: person.id.clone(), role: Role::Owner };
        tx.insert_person(&person).await.expect("stored");
        tx.insert_account(&account).await.expect("stored");
        tx.insert_membership(&membership, now).await.expect("stored");
    }
    tx.commit().await.expect("commits");
    println!("{ACCOUNTS} accounts made in {:?}", began.elapsed());

    let middle = Some(format!("acct_{:026}", ACCOUNTS / 2).parse().expect("an id"));
    for analyzed in [false, true] {
        if analyzed {
            sqlx::raw_sql("ANALYZE").execute(&mut connection).await.expect("gathers statistics");
            assert_planned(&mut connection).await;
        }
        for order in [AccountOrder::Newest, AccountOrder::Name] {
            let known = if analyzed { "with" } else { "without" };
            println!("\n| {order:?}, {known} statistics | median of 11 | longest |\n|---|---|---|");
            let of = |begins_with: &str| AccountQuery {
                begins_with: Some(begins_with.to_owned()),
                order,
                ..AccountQuery::default()
            };
            let every = AccountQuery { order, ..AccountQuery::default() };
            let cases = [
                ("a whole address", of("person77777@example.org"), 1),
                ("the beginning of an address, 111 match", of("PERSON777"), 50),
                ("a whole name", of("company 77777"), 1),
                ("the beginning of a name, 100 match", of("company 777"), 50),
                ("a whole external id", of("cus_77777"), 1),
                ("the beginning of an external id, 111 match", of("cus_777"), 50),
                ("nothing matches", of("zzz"), 0),
                ("one letter that every name and external id begins with", of("c"), 50),
                ("one letter that every address begins with", of("p"), 50),
                ("the same, and only the 10 disabled ones", AccountQuery { disabled: Some(true), ..of("p") }, 10),
                ("the first page", every.clone(), 50),
                ("a page from the middle", AccountQuery { after: middle.clone(), ..every.clone() }, 50),
                ("the 10 disabled ones", AccountQuery { disabled: Some(true), ..every.clone() }, 10),
            ];
            for (what, query, expected) in cases {
                let (listed, row) = timed(what, async || store.list_accounts(&query, 50).await.expect("read")).await;
                assert_eq!(listed.len(), expected, "{what}");
                println!("{row}");
            }
        }
        let one = format!("acct_{:026}", 77_777).parse().expect("an id");
        let (found, row) =
            timed("beside them: one by its id", async || store.find_account(&one).await.expect("read")).await;
        assert!(found.is_some());
        println!("{row}");
        let walk = "SELECT COUNT(*) FROM account NOT INDEXED WHERE instr(name, '77777') > 0";
        let (found, row): (i64, _) = timed("beside them: a walk through all accounts", async || {
            sqlx::query_scalar(walk).fetch_one(&mut connection).await.expect("read")
        })
        .await;
        assert_eq!(found, 1);
        println!("{row}");
    }
}
