//! Deleting a file: a page of its own, which asks before it is done.

use super::FOR_VIEWERS;
use super::page::head;
use super::server_fns::{DeleteFile, load_file};
use super::wire::{FileDetails, FileRow};
use crate::error::AppError;
use crate::features::dashboard::Failed;
use crate::paths;
use crate::ui::{Notice, Time, Tone, use_form_error};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

const TITLE: &str = "Delete this file";
const GONE: &str = "There is no such file in your account. It may have been deleted already.";

/// The page at `/dashboard/files/delete?file=…`. A plain form, whoever sends it.
#[component]
pub fn DeleteFilePage() -> impl IntoView {
    let file = use_query_map().read_untracked().get("file").unwrap_or_default();
    let resource = Resource::new(move || file.clone(), load_file);
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                match resource.await {
                    Ok(details) => drawn(details).into_any(),
                    Err(error) => {
                        view! { <Failed title="Files" error href=paths::FILES label="Go to the files" /> }.into_any()
                    }
                }
            })}
        </Suspense>
    }
}

fn drawn(details: FileDetails) -> impl IntoView {
    let FileDetails { viewer, file } = details;
    let may_change = viewer.may_change;
    view! {
        {head(TITLE, "Skip to the page", viewer)}
        <main class="dashboard" id="content" tabindex="-1">
            <div class="sheet">
                <h1>{TITLE}</h1>
                {match file {
                    Some(file) => view! { <Form file /> }.into_any(),
                    None if !may_change => view! { <NoForm sentence=FOR_VIEWERS /> }.into_any(),
                    // One that is not there, was deleted or is somebody else's: all three answer alike.
                    None => view! { <NoForm sentence=GONE /> }.into_any(),
                }}
            </div>
        </main>
    }
}

#[component]
fn Form(file: FileRow) -> impl IntoView {
    let FileRow { id, name, folder, size, uploaded, .. } = file;
    let error = use_form_error(DeleteFile::PATH);
    view! {
        <form class="form" method="post" action=DeleteFile::url()>
            <input type="hidden" name="file" value=id.to_string() />
            <p>"It is gone for good, and its address answers nothing any more. What links to it breaks."</p>
            <dl class="facts">
                <dt>"File"</dt>
                <dd class="file-name">{name}</dd>
                {folder.map(|folder| view! { <dt>"Folder"</dt><dd class="file-name">{folder}</dd> })}
                <dt>"Size"</dt>
                <dd>{size}</dd>
                <dt>"Uploaded"</dt>
                <dd>
                    <Time moment=uploaded />
                </dd>
            </dl>
            {error.map(|error| view! { <p class="form__error" role="alert">{AppError::sentence(error)}</p> })}
            <div class="form__buttons">
                <a class="button" href=paths::FILES rel="external">
                    "Cancel"
                </a>
                <button class="button" data-kind="danger" type="submit">
                    "Delete file"
                </button>
            </div>
        </form>
    }
}

#[component]
fn NoForm(sentence: &'static str) -> impl IntoView {
    view! {
        <Notice tone=Tone::Quiet>
            <p>{sentence}</p>
        </Notice>
        <p>
            <a class="button" href=paths::FILES rel="external">
                "Back to the files"
            </a>
        </p>
    }
}
