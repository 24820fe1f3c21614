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

/// Written at once: large enough that the disk is not asked for every packet, small enough to keep of every upload. A file
/// that is no larger is written when it has come, in one step.
const AT_ONCE: usize = 256 * 1024;

pub(crate) struct Staged {
    objects: Arc<LocalFileSystem>,
    /// Its corner is there for as long as anything is staged in it.
    _process: Arc<Process>,
    version_id: FileId,
    path: ObjectPath,
    /// Of a file that is larger than what is written at once. Removes what it has written when it is dropped uncompleted.
    upload: Option<Box<dyn MultipartUpload>>,
    gathered: Vec<Bytes>,
    gathered_bytes: usize,
}

impl Staged {
    pub(crate) fn begin(objects: &Arc<LocalFileSystem>, process: &Arc<Process>, version_id: &FileId) -> Self {
        Self {
            objects: Arc::clone(objects),
            path: staged(process.name(), version_id),
            _process: Arc::clone(process),
            version_id: version_id.clone(),
            upload: None,
            gathered: Vec::new(),
            gathered_bytes: 0,
        }
    }

    fn take_gathered(&mut self) -> PutPayload {
        self.gathered_bytes = 0;
        PutPayload::from_iter(std::mem::take(&mut self.gathered))
    }

    async fn write_gathered(&mut self) -> FileStoreResult<()> {
        let payload = self.take_gathered();
        let upload = match &mut self.upload {
            Some(upload) => upload,
            none => {
                let begun = self.objects.put_multipart_opts(&self.path, PutMultipartOptions::default()).await;
                none.insert(begun.map_err(failed("beginning to take a file in"))?)
            }
        };
        upload.put_part(payload).await.map_err(failed("taking a file in"))
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
        const DOING: &str = "finishing a file";
        if self.upload.is_none() {
            let payload = self.take_gathered();
            return self.objects.put(&self.path, payload).await.map(drop).map_err(failed(DOING));
        }
        if !self.gathered.is_empty() {
            self.write_gathered().await?;
        }
        match &mut self.upload {
            Some(upload) => upload.complete().await.map(drop).map_err(failed(DOING)),
            None => Ok(()),
        }
    }

    async fn keep(self: Box<Self>, account_id: &AccountId) -> FileStoreResult<()> {
        let to = kept(account_id, &self.version_id);
        self.objects.rename(&self.path, &to).await.map_err(failed("putting a file in its place"))
    }

    async fn discard(self: Box<Self>) -> FileStoreResult<()> {
        self.objects.delete(&self.path).await.map_err(failed("removing what was refused"))
    }
}
