//! What the pages about files are told. Nothing here is secret: a signature is good for one upload, within minutes.

use crate::ui::Moment;
use domain::{AccountId, FileId, Role};
use serde::{Deserialize, Serialize};

/// Who looks at the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// What the company calls its product.
    pub product_name: String,
    /// The account they act in.
    pub account_id: AccountId,
    /// What it is called.
    pub account_name: String,
    /// What they sign in with.
    pub email: String,
    /// What they are in the account.
    pub role: Role,
    /// Whether they may upload and delete.
    pub may_change: bool,
}

/// Which files are listed, and in which order: the words of the address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListForm {
    /// What the names have in them; empty for all.
    pub q: String,
    /// `name`, `size`, or empty for the latest first.
    pub sort: String,
}

/// Everything the page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesView {
    /// Who looks.
    pub viewer: Viewer,
    /// Whether the account is disabled: then it takes no files.
    pub disabled: bool,
    /// What they have just done.
    pub said: Option<Said>,
    /// Which files, as it was typed.
    pub form: ListForm,
    /// Whether the address asks for something that cannot be listed; then there are no rows.
    pub unreadable: bool,
    /// The files.
    pub rows: Vec<FileRow>,
    /// Where the page before this one is.
    pub previous: Option<String>,
    /// Where the page after this one is.
    pub next: Option<String>,
    /// How much the account's files are together: `1.2 MB`.
    pub used: String,
    /// How much they may be.
    pub allowed: String,
    /// How large one of them may be.
    pub largest: String,
    /// The same, in bytes.
    pub largest_bytes: u64,
    /// Whether the account lets the pages of some origins upload only. This page may always.
    pub restricted: bool,
    /// Where this dashboard and its uploads are, without a trailing slash.
    pub public_url: String,
    /// The account's active public key.
    pub public_key: String,
}

/// A file as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRow {
    /// Its id.
    pub id: FileId,
    /// What it is called.
    pub name: String,
    /// Where it is; nothing for the folder of all folders.
    pub folder: Option<String>,
    /// `1.2 MB`.
    pub size: String,
    /// `image/png`, or nothing for what is not known as an image.
    pub image_type: Option<String>,
    /// When this version came.
    pub uploaded: Moment,
    /// Whether only holders of a private key can fetch it at its address.
    pub closed: bool,
}

/// A file that somebody wants to delete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDetails {
    /// Who looks.
    pub viewer: Viewer,
    /// The file; `None` if they may not, if there is none of this id, or if it is somebody else's.
    pub file: Option<FileRow>,
}

/// What a page needs to upload one file by itself, in the words of ImageKit's clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UploadParameters {
    /// The account's active public key.
    pub public_key: String,
    /// Used once.
    pub token: String,
    /// Unix seconds.
    pub expire: i64,
    /// Made with the private key of the same pair, which stays on the server.
    pub signature: String,
}

/// What somebody has just done, for the page they are led to. It travels in a cookie, which no link can forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// A file was deleted.
    Deleted,
}

impl Said {
    /// The word in the cookie.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deleted => "file-deleted",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        (word == Self::Deleted.as_str()).then_some(Self::Deleted)
    }

    /// What to tell them.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Deleted => "The file is deleted. Its address answers nothing any more.",
        }
    }
}
