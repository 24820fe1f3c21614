//! Opening an installation: its database, and the master key that belongs to it.

use crate::config::Settings;
use backend::installation::{self, OpenError};
use backend::{Backend, OsEntropy, RequestContext, SystemClock};
use domain::Timestamp;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use store_files::FilesFolder;
use store_sqlite::SqliteStore;

/// Why an installation cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpeningError {
    /// The database.
    #[error(transparent)]
    Database(#[from] store_sqlite::OpenError),
    /// The database answers with a fault.
    #[error(transparent)]
    Fault(#[from] backend::Error),
    /// The folder of uploaded files.
    #[error("cannot use {} for uploaded files. LATCHKEY_FILES_DIR chooses another directory", .folder.display())]
    Files {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
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
        Self::with(SqliteStore::open(&settings.database_url).await?, settings).await
    }

    /// The same for a database that has to be there. A command run in the wrong directory, or without the server's
    /// settings, must not make a second installation and answer from that.
    pub async fn open_existing(settings: &Settings) -> Result<Self, OpeningError> {
        Self::with(SqliteStore::open_existing(&settings.database_url).await?, settings).await
    }

    async fn with(store: SqliteStore, settings: &Settings) -> Result<Self, OpeningError> {
        let sealer =
            installation::open_installation(&store, &SystemClock, &OsEntropy, &settings.master_key_file).await?;
        let shared = Arc::new(store.clone());
        let backend = Backend::new(shared, Arc::new(SystemClock), Arc::new(OsEntropy), sealer, settings.policy.clone());
        Ok(Self { backend, store })
    }

    /// The same installation, with its uploaded files: for the process that serves.
    pub fn with_files(mut self, settings: &Settings) -> Result<Self, OpeningError> {
        let failed = |source| OpeningError::Files { folder: settings.files_dir.clone(), source };
        let files = FilesFolder::open(&settings.files_dir).map_err(failed)?;
        self.backend = self.backend.with_files(Arc::new(files));
        Ok(self)
    }

    /// When this database was copied by `latchkey backup`; `None` unless it was restored and not yet put in use.
    pub async fn backup_taken_at(&self) -> backend::Result<Option<Timestamp>> {
        Ok(self.store.backup_taken_at().await?)
    }

    /// Puts a restored backup in use, on record.
    pub async fn put_backup_in_use(&self, context: &RequestContext, taken_at: Timestamp) -> backend::Result<()> {
        self.backend.record_accepted_backup(context, taken_at).await?;
        Ok(self.store.put_backup_in_use().await?)
    }

    /// Ends the connections to the database, after what is under way.
    pub async fn close(self) {
        self.store.close().await;
    }
}

/// Where the database's file is, or would be.
pub fn database_file(settings: &Settings) -> PathBuf {
    store_sqlite::file_path(&settings.database_url).unwrap_or_default()
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
