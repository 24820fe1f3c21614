//! Bytes that are being taken in.

use super::UploadResult;
use super::waiting::Place;
use crate::files::{FileStore, Staging};
use bytes::Bytes;
use domain::upload::{ImageLook, ImageSize, UploadRefusal};
use domain::{Entropy, FileId};

/// What has arrived of an upload. Dropping it leaves nothing.
pub struct Draft {
    pub(super) staging: Box<dyn Staging>,
    pub(super) size: u64,
    look: ImageLook,
    most: u64,
    /// Its place among those that are under way; given back with the draft.
    place: Place,
}

impl Draft {
    pub(super) async fn begin(
        files: &dyn FileStore,
        entropy: &dyn Entropy,
        most: u64,
        place: Place,
    ) -> UploadResult<Self> {
        let staging = files.stage(&FileId::mint(entropy)).await?;
        Ok(Self { staging, size: 0, look: ImageLook::default(), most, place })
    }

    /// Takes some more bytes. Refuses those that would make the file too large, or a stranger's too many.
    pub async fn write(&mut self, bytes: Bytes) -> UploadResult<()> {
        let more = bytes.len() as u64;
        self.size = self.size.saturating_add(more);
        if self.size > self.most {
            return Err(UploadRefusal::FileTooLarge.into());
        }
        self.place.grow(more)?;
        self.look.see(&bytes);
        Ok(self.staging.write(bytes).await?)
    }

    /// How many bytes have arrived.
    pub fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn arrived(&self) -> Arrived {
        Arrived {
            version_id: self.staging.version_id().clone(),
            size: self.size,
            image_type: self.look.kind().map(str::to_owned),
            image_size: self.look.size(),
        }
    }
}

/// What has arrived, as its row says it.
pub(super) struct Arrived {
    pub(super) version_id: FileId,
    pub(super) size: u64,
    pub(super) image_type: Option<String>,
    pub(super) image_size: Option<ImageSize>,
}
