//! What SQLite believes about the size of tables, when it chooses how to go about a statement.
//!
//! It measures them when somebody asks it to, and never by itself. An installation that was tried with one account, stopped
//! and then left running for a year would be served as if it still had one account: whole tables are walked, because one row
//! is quicker to look at than its index.

use sqlx::{SqliteConnection, raw_sql};

/// Measures the tables that have grown or shrunk tenfold since they were measured (all of them are considered: 0x10000, and
/// measured: 2). That is nothing nearly always. At a million accounts it was three seconds of waiting for the disk, during which
/// nobody else could write: sizes are counted, and only what stands in the rows is sampled.
pub(crate) async fn renew(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    raw_sql("PRAGMA analysis_limit = 400; PRAGMA optimize = 0x10002").execute(connection).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteStore;

    const TRIED_OUT: &str = "
        INSERT INTO account (id, name, created_at) VALUES ('acct_00000000000000000000000000', '', 0);
        ANALYZE;";
    const GROWN: &str = "
        WITH RECURSIVE counted (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM counted WHERE number < 2000)
        INSERT INTO account (id, name, created_at) SELECT printf('acct_%026d', number), '', 0 FROM counted;";

    async fn accounts_believed(connection: &mut SqliteConnection) -> i64 {
        let query = "SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = 'account'";
        sqlx::query_scalar(query).fetch_one(connection).await.expect("measured once")
    }

    #[tokio::test]
    async fn an_installation_that_grew_is_measured_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("latchkey.db");
        let store = SqliteStore::open(path.to_str().expect("UTF-8")).await.expect("opens");
        let mut connection = store.writer.acquire().await.expect("a connection");
        raw_sql(TRIED_OUT).execute(&mut *connection).await.expect("tried");
        assert_eq!(accounts_believed(&mut connection).await, 1);
        raw_sql(GROWN).execute(&mut *connection).await.expect("grown");
        renew(&mut connection).await.expect("measured");
        assert!(accounts_believed(&mut connection).await > 1_000);
    }
}
