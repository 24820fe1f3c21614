//! The bytes of uploaded files, in a folder, through `object_store`.
//!
//! ```text
//! FOLDER/kept/ACCOUNT/VERSION      a file's bytes, once its row is committed
//! FOLDER/staging/PROCESS/VERSION   finished, and not yet in its place
//! FOLDER/staging/PROCESS/VERSION#1 on its way in
//! FOLDER/staging/PROCESS.lock      held for as long as the process lives
//! ```
//!
//! Names are ids of ours and nothing that a client chose, so no path leads anywhere else. What is finished has been
//! flushed to the disk, and so has every move: a file system without a journal may write that a name is gone long before
//! it writes the new one, and a power failure between the two takes the file.
//!
//! Which of what is being staged belongs to a process that has ended is told by its lock, which the operating system takes
//! back however the process ends: no age is ever guessed at, and an upload that takes an hour is as safe as any other.

mod process;
mod staging;

use async_trait::async_trait;
use backend::files::{FileStore, FileStoreError, FileStoreResult, LeftBehind, Reading, Staging};
use backend::store::Obstacle;
use domain::{AccountId, FileId};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore as _, ObjectStoreExt as _};
use process::Process;
use staging::Staged;
use std::error::Error;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

const KEPT: &str = "kept";
const STAGING: &str = "staging";

/// A folder of files, open for one process.
#[derive(Debug)]
pub struct FilesFolder {
    objects: Arc<LocalFileSystem>,
    process: Arc<Process>,
}

impl FilesFolder {
    /// Opens a folder, and makes it if it is not there.
    pub fn open(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder.join(KEPT))?;
        let staging = folder.join(STAGING);
        std::fs::create_dir_all(&staging)?;
        // Everything else has names nobody can guess; the folder itself is nobody else's business.
        restrict(folder)?;
        let objects = LocalFileSystem::new_with_prefix(folder).map_err(io::Error::other)?.with_fsync(true);
        Ok(Self { objects: Arc::new(objects), process: Arc::new(Process::begin(staging)?) })
    }
}

#[cfg(unix)]
fn restrict(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn restrict(_: &Path) -> io::Result<()> {
    Ok(())
}

fn kept(account_id: &AccountId, version_id: &FileId) -> ObjectPath {
    ObjectPath::from_iter([KEPT, account_id.as_str(), version_id.as_str()])
}

fn staged(process: &str, version_id: &FileId) -> ObjectPath {
    ObjectPath::from_iter([STAGING, process, version_id.as_str()])
}

#[async_trait]
impl FileStore for FilesFolder {
    async fn stage(&self, version_id: &FileId) -> FileStoreResult<Box<dyn Staging>> {
        Ok(Box::new(Staged::begin(&self.objects, &self.process, version_id)))
    }

    async fn read(&self, account_id: &AccountId, version_id: &FileId) -> FileStoreResult<Option<Reading>> {
        const DOING: &str = "reading a file";
        match self.objects.get(&kept(account_id, version_id)).await {
            Ok(found) => {
                let size = found.meta.size;
                Ok(Some(Reading { size, pieces: found.into_stream().map_err(failed(DOING)).boxed() }))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(DOING)(error)),
        }
    }

    async fn remove(&self, account_id: &AccountId, version_id: &FileId) -> FileStoreResult<()> {
        gone(self.objects.delete(&kept(account_id, version_id)).await, "removing a file")
    }

    async fn left_behind(&self) -> FileStoreResult<Vec<LeftBehind>> {
        let process = Arc::clone(&self.process);
        let looked = tokio::task::spawn_blocking(move || process.left_by_others()).await;
        looked.map_err(io::Error::other).flatten().map_err(failed_io("looking for what was left behind"))
    }

    async fn adopt(&self, left: &LeftBehind, account_id: &AccountId) -> FileStoreResult<()> {
        let from = staged(&left.process, &left.version_id);
        gone(
            self.objects.rename(&from, &kept(account_id, &left.version_id)).await,
            "putting in place what was left behind",
        )
    }

    async fn discard(&self, left: &LeftBehind) -> FileStoreResult<()> {
        gone(self.objects.delete(&staged(&left.process, &left.version_id)).await, "removing what was left behind")
    }

    async fn list(&self) -> FileStoreResult<BoxStream<'static, FileStoreResult<(AccountId, FileId)>>> {
        let listed = self.objects.list(Some(&ObjectPath::from(KEPT)));
        Ok(listed
            .filter_map(async |found| match found {
                Ok(object) => named(&object.location).map(Ok),
                // Removed since.
                Err(object_store::Error::NotFound { .. }) => None,
                Err(error) => Some(Err(failed("listing files")(error))),
            })
            .boxed())
    }
}

/// Whose bytes these are; `None` for what is not ours.
fn named(location: &ObjectPath) -> Option<(AccountId, FileId)> {
    let mut parts = location.parts().skip(1);
    let (account, version) = (parts.next()?, parts.next()?);
    let nothing_more = parts.next().is_none();
    let named = (account.as_ref().parse().ok()?, version.as_ref().parse().ok()?);
    nothing_more.then_some(named)
}

/// What is not there any more is as good as removed.
fn gone(outcome: object_store::Result<()>, doing: &'static str) -> FileStoreResult<()> {
    match outcome {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(failed(doing)(error)),
    }
}

pub(crate) fn failed(doing: &'static str) -> impl Fn(object_store::Error) -> FileStoreError {
    move |error| FileStoreError { doing, obstacle: obstacle(&error), source: Some(Box::new(error)) }
}

pub(crate) fn failed_io(doing: &'static str) -> impl Fn(io::Error) -> FileStoreError {
    move |error| FileStoreError { doing, obstacle: kind(&error), source: Some(Box::new(error)) }
}

/// What the operating system said, wherever in the chain it stands.
fn obstacle(error: &object_store::Error) -> Option<Obstacle> {
    let mut below: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = below {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return kind(io);
        }
        below = error.source();
    }
    None
}

fn kind(error: &io::Error) -> Option<Obstacle> {
    match error.kind() {
        ErrorKind::StorageFull => Some(Obstacle::Full),
        ErrorKind::QuotaExceeded
        | ErrorKind::FileTooLarge
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::PermissionDenied => Some(Obstacle::Unwritable),
        _ => None,
    }
}
