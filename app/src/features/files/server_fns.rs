//! Public endpoints, all of them: a caller, one use case, an answer.
#![expect(missing_docs, reason = "the macro makes a struct of each function's arguments, which are documented there")]

use super::wire::{FileDetails, FilesView, UploadParameters};
use crate::error::AppError;
use domain::{AccountId, FileId};
use leptos::prelude::*;

/// The page of files that `query`, the query of the page's own address, asks for.
#[server]
pub async fn load_files(#[server(default)] query: String) -> Result<FilesView, AppError> {
    use crate::server_context as context;
    let view = context::files::view(&context::backend(), &context::context()?, &context::site(), &query).await;
    context::files::with_status(context::or_sign_in(view.map_err(AppError::from)))
}

/// The file that `file` names, for whoever may delete it.
#[server]
pub async fn load_file(#[server(default)] file: String) -> Result<FileDetails, AppError> {
    use crate::server_context as context;
    let file = context::files::details(&context::backend(), &context::context()?, &context::site(), &file).await;
    context::files::about_file(context::or_sign_in(file.map_err(AppError::from)))
}

/// Deletes a file of the account.
#[server]
pub async fn delete_file(file: FileId) -> Result<(), AppError> {
    use crate::server_context as context;
    let deleted = context::files::delete(&context::backend(), &context::context()?, &file).await;
    context::files::deleted(deleted, &file)
}

/// What a page of this account needs to upload one file, as any web page with the account's public key would. The account is
/// named because the person may have gone to another one since, in another tab: the file is not to end up there.
#[server]
pub async fn make_upload_parameters(account: AccountId) -> Result<UploadParameters, AppError> {
    use crate::server_context as context;
    let made = context::files::parameters(&context::backend(), &context::context()?, &account).await;
    context::or_sign_in(made.map_err(AppError::from))
}
