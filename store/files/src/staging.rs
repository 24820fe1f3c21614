//! Bytes on their way in.

use crate::process::Process;
use crate::{failed, kept, staged};
use async_trait::async_trait;
use backend::files::{FileStoreResult, Staging};
use bytes::Bytes;
use domain::{AccountId, FileId};
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{MultipartUpload, ObjectStore as _, ObjectStoreExt as _, PutMultipartOptions, PutPayload};
use std::sync::Arc;

/// Written at once: large enough that the disk is not asked for every packet, small enough to keep of every upload.
const AT_ONCE: usize = 256 * 1024;

pub(crate) struct Staged {
    objects: Arc<LocalFileSystem>,
    /// Its corner is there for as long as anything is staged in it.
    _process: Arc<Process>,
    version_id: FileId,
    path: ObjectPath,
    /// Removes what it has written when it is dropped uncompleted.
    upload: Box<dyn MultipartUpload>,
    gathered: Vec<Bytes>,
    gathered_bytes: usize,
}

impl Staged {
    pub(crate) async fn begin(
        objects: &Arc<LocalFileSystem>,
        process: &Arc<Process>,
        version_id: &FileId,
    ) -> FileStoreResult<Self> {
        let path = staged(process.name(), version_id);
        let upload = objects.put_multipart_opts(&path, PutMultipartOptions::default()).await;
        Ok(Self {
            objects: Arc::clone(objects),
            _process: Arc::clone(process),
            version_id: version_id.clone(),
            path,
            upload: upload.map_err(failed("beginning to take a file in"))?,
            gathered: Vec::new(),
            gathered_bytes: 0,
        })
    }

    async fn write_gathered(&mut self) -> FileStoreResult<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        self.gathered_bytes = 0;
        let payload = PutPayload::from_iter(std::mem::take(&mut self.gathered));
        self.upload.put_part(payload).await.map_err(failed("taking a file in"))
    }
}

#[async_trait]
impl Staging for Staged {
    fn version_id(&self) -> &FileId {
        &self.version_id
    }

    async fn write(&mut self, bytes: Bytes) -> FileStoreResult<()> {
        self.gathered_bytes += bytes.len();
        self.gathered.push(bytes);
        if self.gathered_bytes < AT_ONCE {
            return Ok(());
        }
        self.write_gathered().await
    }

    async fn finish(&mut self) -> FileStoreResult<()> {
        self.write_gathered().await?;
        self.upload.complete().await.map(drop).map_err(failed("finishing a file"))
    }

    async fn keep(self: Box<Self>, account_id: &AccountId) -> FileStoreResult<()> {
        let to = kept(account_id, &self.version_id);
        self.objects.rename(&self.path, &to).await.map_err(failed("putting a file in its place"))
    }

    async fn discard(self: Box<Self>) -> FileStoreResult<()> {
        self.objects.delete(&self.path).await.map_err(failed("removing what was refused"))
    }
}
