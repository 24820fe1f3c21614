//! The contract of the port, on a SQLite file.

use std::sync::Arc;
use store_contract::Fresh;
use store_sqlite::SqliteStore;

async fn new_store() -> Fresh {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("latchkey.db");
    let store = SqliteStore::open(path.to_str().expect("UTF-8")).await.expect("opens");
    Fresh::new(Arc::new(store), directory)
}

store_contract::store_contract_tests!(new_store);

store_contract::use_case_tests!(new_store);
