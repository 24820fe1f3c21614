//! Files: what the account has uploaded, uploading more from here, and code for uploading from elsewhere.

mod delete_page;
mod list;
mod page;
mod server_fns;
mod snippets;
mod upload;
mod wire;

/// Why the actions are off for a viewer.
const FOR_VIEWERS: &str =
    "You are a viewer of this account: only an owner or a developer can upload and delete its files.";

pub use delete_page::DeleteFilePage;
pub use page::FilesPage;
pub use server_fns::{DeleteFile, LoadFile, LoadFiles, MakeUploadParameters};
pub use snippets::rust_program;
pub use wire::{FileDetails, FileRow, FilesView, ListForm, Said, UploadParameters, Viewer};
