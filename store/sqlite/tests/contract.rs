//! The contract of the port, on a SQLite file.

use backend::store::Store;
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

/// One file, opened as often as a sequence restarts.
struct Database(tempfile::TempDir);

impl store_contract::model::Database for Database {
    /// In memory where that is possible: a sequence commits hundreds of times, and waiting for a disk proves nothing
    /// here. It is a file all the same.
    async fn create() -> Self {
        let shared_memory = std::path::Path::new("/dev/shm");
        let directory = if shared_memory.is_dir() { tempfile::tempdir_in(shared_memory) } else { tempfile::tempdir() };
        Self(directory.expect("a directory"))
    }

    async fn open(&self) -> Arc<dyn Store> {
        let path = self.0.path().join("latchkey.db");
        Arc::new(SqliteStore::open(path.to_str().expect("UTF-8")).await.expect("opens"))
    }
}

store_contract::model_tests!(super::Database);
