//! Emptying the write-ahead log, so that what was destroyed in the database is not still lying beside it.

use crate::SqliteStore;
use sqlx::SqliteConnection;
use std::sync::atomic::Ordering;

/// The log could not be emptied, and goes on holding what it held.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WalError {
    /// Somebody was reading from it for longer than the busy timeout.
    #[error("the write-ahead log is being read")]
    InUse,
    /// SQLite refused.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Moves everything from the write-ahead log into the database and cuts the log to nothing.
///
/// Waits for readers, at most as long as the busy timeout.
pub(crate) async fn truncate(connection: &mut SqliteConnection) -> Result<(), WalError> {
    // A pragma has no schema that the macros could check it against.
    let (busy, _frames, _moved): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(connection).await?;
    if busy == 0 { Ok(()) } else { Err(WalError::InUse) }
}

impl SqliteStore {
    /// Notes that ciphertext is being destroyed: from now until [`Self::scrub`] succeeds, the log may hold it.
    pub(crate) fn owe_scrub(&self) {
        self.scrub_due.store(true, Ordering::SeqCst);
    }

    /// Empties the log if a transaction has destroyed ciphertext since the last time.
    ///
    /// The change itself is committed by then, so a failure is logged and the next commit tries again.
    pub(crate) async fn scrub(&self) {
        if !self.scrub_due.load(Ordering::SeqCst) {
            return;
        }
        if let Err(error) = self.truncate_log().await {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, "destroyed keys are still in the write-ahead log; the next commit tries again");
        }
    }

    async fn truncate_log(&self) -> Result<(), WalError> {
        let mut connection = self.writer.acquire().await?;
        truncate(&mut connection).await?;
        // While the one writing connection is still held: nobody can have destroyed another key since.
        self.scrub_due.store(false, Ordering::SeqCst);
        drop(connection);
        Ok(())
    }
}
