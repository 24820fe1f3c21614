//! The port to where the bytes of files lie.

use crate::store::Obstacle;
use async_trait::async_trait;
use bytes::Bytes;
use domain::{AccountId, FileId};
use futures_util::stream::BoxStream;
use std::error::Error;

/// Why bytes could not be written, read or removed.
#[derive(Debug, thiserror::Error)]
#[error("{doing}")]
pub struct FileStoreError {
    /// What was being done, for the log.
    pub doing: &'static str,
    /// What is in the way, if it is something that passes.
    pub obstacle: Option<Obstacle>,
    /// What the operating system said. Never leaves the process except into the log.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl FileStoreError {
    /// The error and everything beneath it, for the log.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut below = Error::source(self);
        while let Some(error) = below {
            text.push_str(": ");
            text.push_str(&error.to_string());
            below = error.source();
        }
        text
    }
}

/// What every operation answers.
pub type FileStoreResult<T> = Result<T, FileStoreError>;

/// Where the bytes of files lie.
#[async_trait]
pub trait FileStore: Send + Sync {
    /// Begins to take bytes in that are to be called `version_id`. Nobody can read them until they are kept.
    async fn stage(&self, version_id: &FileId) -> FileStoreResult<Box<dyn Staging>>;

    /// The bytes of a file; `None` if there are none of this name in this account.
    async fn read(&self, account_id: &AccountId, version_id: &FileId) -> FileStoreResult<Option<Reading>>;

    /// Removes the bytes of a file, if they are there.
    async fn remove(&self, account_id: &AccountId, version_id: &FileId) -> FileStoreResult<()>;

    /// What processes that have ended had finished and not put in its place. What they were still taking in is removed.
    async fn left_behind(&self) -> FileStoreResult<Vec<LeftBehind>>;

    /// Puts in its place what was left behind. Does nothing if somebody else has.
    async fn adopt(&self, left: &LeftBehind, account_id: &AccountId) -> FileStoreResult<()>;

    /// Removes what was left behind, if it is still there.
    async fn discard(&self, left: &LeftBehind) -> FileStoreResult<()>;

    /// Everything that is kept.
    async fn list(&self) -> FileStoreResult<BoxStream<'static, FileStoreResult<(AccountId, FileId)>>>;
}

/// Finished bytes of a process that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftBehind {
    /// Which process, in the store's own words.
    pub process: String,
    /// What they are called.
    pub version_id: FileId,
}

/// Bytes on their way in. Dropping this before [`Staging::finish`] leaves nothing of them.
#[async_trait]
pub trait Staging: Send {
    /// What the bytes are to be called.
    fn version_id(&self) -> &FileId;

    /// Takes some more.
    async fn write(&mut self, bytes: Bytes) -> FileStoreResult<()>;

    /// There are no more. Once this returns, a power cut does not lose them, and nor does dropping this: what becomes of
    /// them is decided by whether their row was committed, and if nobody gets to that, by [`FileStore::left_behind`].
    async fn finish(&mut self) -> FileStoreResult<()>;

    /// Puts the finished bytes in their place in an account, at once and as a whole.
    async fn keep(self: Box<Self>, account_id: &AccountId) -> FileStoreResult<()>;

    /// Removes them.
    async fn discard(self: Box<Self>) -> FileStoreResult<()>;
}

/// The bytes of a file, to be read piece by piece.
pub struct Reading {
    /// How many there are.
    pub size: u64,
    /// The pieces, in order.
    pub pieces: BoxStream<'static, FileStoreResult<Bytes>>,
}

/// For a process that has nothing to do with files, such as a command: every operation fails.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

fn no_files<T>() -> FileStoreResult<T> {
    Err(FileStoreError {
        doing: "using files in a process that was given no place for them",
        obstacle: None,
        source: None,
    })
}

#[async_trait]
impl FileStore for NoFiles {
    async fn stage(&self, _: &FileId) -> FileStoreResult<Box<dyn Staging>> {
        no_files()
    }

    async fn read(&self, _: &AccountId, _: &FileId) -> FileStoreResult<Option<Reading>> {
        no_files()
    }

    async fn remove(&self, _: &AccountId, _: &FileId) -> FileStoreResult<()> {
        no_files()
    }

    async fn left_behind(&self) -> FileStoreResult<Vec<LeftBehind>> {
        no_files()
    }

    async fn adopt(&self, _: &LeftBehind, _: &AccountId) -> FileStoreResult<()> {
        no_files()
    }

    async fn discard(&self, _: &LeftBehind) -> FileStoreResult<()> {
        no_files()
    }

    async fn list(&self) -> FileStoreResult<BoxStream<'static, FileStoreResult<(AccountId, FileId)>>> {
        no_files()
    }
}
