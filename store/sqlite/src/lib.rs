//! Every SQL statement Latchkey runs on SQLite.
//!
//! Here live the opening of a database file ([`SqliteStore::open`]), looking at one without changing it ([`inspect()`]),
//! copying one that is in use ([`back_up`]), the reads behind [`backend::store::Store`] and the
//! writes behind [`backend::store::WriteTx`], one file per family of tables. Row types and column names stay inside.
//!
//! What deliberately does not live here: any rule. Whether a session still lives, whether a pair may be rolled and what
//! is recorded is decided by the callers; this crate stores facts, and lets the constraints in `migrations/sqlite` have
//! the last word. [`backend::store::Conflict`] is how they speak.
//!
//! # How statements are checked
//!
//! `build.rs` runs the migrations into an empty database in the build directory, and sqlx's macros check each statement
//! against it: names, types and nullability. Nothing generated is committed, so nothing can go stale, and no database
//! has to be set up before building.
//!
//! # How writing works
//!
//! SQLite has one writer. Within this process writers queue for the single connection of the writing pool; between
//! processes (the server, and the command line beside it) they queue for the file, because every write transaction
//! begins with `BEGIN IMMEDIATE`. A transaction that began as a reader and then wanted to write would be refused at once
//! instead of waiting. Readers have connections of their own, opened read-only, and never wait for the writer.

mod accounts;
mod admins;
mod audit;
mod backup;
mod bulk_roll_drafts;
mod bulk_rolls;
mod error;
mod files;
mod inspect;
mod installation;
mod installation_keys;
mod invitations;
mod key_changes;
mod open;
mod pairs;
mod people;
mod read;
mod rolls;
mod row;
mod search;
mod sessions;
mod statistics;
mod throttle;
mod upload_origins;
mod usage;
mod wal;
mod write;

pub use backup::{BackupError, Draft, back_up};
pub use inspect::{Inspection, Tables, inspect};
pub use open::{OpenError, file_path};

use sqlx::SqlitePool;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A SQLite database, open. Cheap to clone; every clone uses the same connections.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    /// One connection: SQLite has one writer, and whoever waits should wait here, in order, and not in the busy handler.
    writer: SqlitePool,
    /// Read-only connections.
    readers: SqlitePool,
    /// One connection for saying that this process lives, which is not worth a sync of the disk.
    beats: SqlitePool,
    /// One connection for counts of use, which are many and not worth a sync either.
    counts: SqlitePool,
    /// Whether the write-ahead log may still hold ciphertext that has been destroyed in the database.
    scrub_due: Arc<AtomicBool>,
    failed_writes: Arc<AtomicU64>,
}

impl SqliteStore {
    fn note_failed_write(&self) {
        self.failed_writes.fetch_add(1, Ordering::Relaxed);
    }

    /// Closes every connection, after the transactions under way have ended. The store answers nothing afterwards.
    pub async fn close(&self) {
        self.readers.close().await;
        self.beats.close().await;
        self.counts.close().await;
        self.writer.close().await;
    }
}
