//! Opening an installation: its database, and the master key that belongs to it.

use crate::config::Settings;
use backend::installation::{self, OpenError};
use backend::{Backend, OsEntropy, SystemClock};
use std::sync::Arc;
use store_sqlite::SqliteStore;

/// Why an installation cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpeningError {
    /// The database.
    #[error(transparent)]
    Database(#[from] store_sqlite::OpenError),
    /// The master key, or the two together.
    #[error(transparent)]
    Installation(#[from] OpenError),
}

/// An installation, open.
pub struct Installation {
    /// Its use cases.
    pub backend: Backend,
    store: SqliteStore,
}

impl Installation {
    /// Opens the database (makes it, or brings its tables up to date) and the master key file (makes it on first use).
    pub async fn open(settings: &Settings) -> Result<Self, OpeningError> {
        let store = SqliteStore::open(&settings.database_url).await?;
        let sealer =
            installation::open_installation(&store, &SystemClock, &OsEntropy, &settings.master_key_file).await?;
        let shared = Arc::new(store.clone());
        let backend = Backend::new(shared, Arc::new(SystemClock), Arc::new(OsEntropy), sealer, settings.policy.clone());
        Ok(Self { backend, store })
    }

    /// Ends the connections to the database, after what is under way.
    pub async fn close(self) {
        self.store.close().await;
    }
}

/// An error and everything beneath it, in one sentence for the operator.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        let more = error.to_string();
        // A transparent error repeats the one beneath it.
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        below = error.source();
    }
    text
}
