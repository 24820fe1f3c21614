//! Uploading from the page: the only part of it that needs JavaScript, and says so.

use super::FOR_VIEWERS;
use super::server_fns::MakeUploadParameters;
use crate::error::AppError;
use crate::ui::Script;
use domain::{AccountId, Refusal};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The sentence beside the field: for viewers, why they neither upload nor delete.
pub const WHY_NOT: &str = "upload-hint";

/// Where uploads go: the same place, the same way and the same limits as for every web page with a public key.
const UPLOADS: &str = "/api/v1/files/upload";

/// The place to drop files on, or for a viewer why there is none.
#[component]
pub fn Upload(account: AccountId, may_change: bool, largest: String, largest_bytes: u64) -> impl IntoView {
    view! {
        <section class="section" aria-labelledby="upload-heading">
            <h2 id="upload-heading">"Upload"</h2>
            {if may_change { view! { <Place account largest largest_bytes /> }.into_any() } else { view! { <NotAllowed /> }.into_any() }}
        </section>
    }
}

/// Hidden until the script that uploads has come, which takes the sentence away: a field that does nothing is worse than none.
#[component]
fn Place(account: AccountId, largest: String, largest_bytes: u64) -> impl IntoView {
    let hint = format!("One after another, each at most {largest}. Whoever has a file's address can fetch it.");
    view! {
        <p class="section__lead" id="upload-needs-script">
            "Uploading from this page needs JavaScript. Programs upload with the private key: the code at the end of this page needs no browser."
        </p>
        <div
            class="upload"
            id="upload"
            hidden
            data-parameters=MakeUploadParameters::url()
            data-uploads=UPLOADS
            data-account=account.to_string()
            data-largest=largest_bytes
            data-largest-words=largest
            data-signed-out=AppError::Refused(Refusal::SignedOut).sentence()
            data-not-allowed=AppError::Refused(Refusal::NotAllowed).sentence()
            data-elsewhere="Not uploaded. You work in another account by now: load this page again to upload there."
            data-unreachable=AppError::Unreachable.sentence()
            data-fault=AppError::Fault.sentence()
        >
            <div class="upload__place">
                <div class="field">
                    <label class="field__label" for="upload-files">
                        "Choose files, or drop them on this page"
                    </label>
                    <input
                        class="field__input"
                        id="upload-files"
                        type="file"
                        multiple
                        aria-describedby=WHY_NOT
                    />
                    <p class="field__hint" id=WHY_NOT>
                        {hint}
                    </p>
                </div>
                <label class="tick">
                    <input type="checkbox" id="upload-replace" />
                    <span>"Replace files that have the same name"</span>
                </label>
            </div>
            <ul class="upload__list" aria-label="Uploads from this page"></ul>
        </div>
        <Script code=include_str!("upload.js") />
    }
}

#[component]
fn NotAllowed() -> impl IntoView {
    view! {
        <div class="upload">
            <div class="upload__place">
                <div class="field">
                    <label class="field__label" for="upload-files">
                        "Choose files"
                    </label>
                    <input
                        class="field__input"
                        id="upload-files"
                        type="file"
                        disabled
                        aria-describedby=WHY_NOT
                    />
                    <p class="field__hint" id=WHY_NOT>
                        {FOR_VIEWERS}
                    </p>
                </div>
            </div>
        </div>
    }
}
