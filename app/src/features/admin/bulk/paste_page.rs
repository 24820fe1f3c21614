//! The page at `/admin/bulk-rolls/new`: where a list is pasted.

use super::super::frame::{ConsoleFailed, head};
use super::server_fns::{DraftBulkRoll, load_bulk_rolls};
use super::wire::BulkRollsView;
use crate::error::AppError;
use crate::paths;
use crate::ui::{TextArea, use_form_error};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The lines are sent in a form's body. The field is always empty: what was pasted is never drawn again.
#[component]
pub fn PastePage() -> impl IntoView {
    let resource = Resource::new(|| (), |()| load_bulk_rolls());
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                match resource.await {
                    Ok(list) => view! { <Page list /> }.into_any(),
                    Err(error) => view! { <ConsoleFailed error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Page(list: BulkRollsView) -> impl IntoView {
    let error = use_form_error(DraftBulkRoll::PATH);
    view! {
        {head("Roll many accounts", &list.viewer)}
        <main class="dashboard" id="content" tabindex="-1">
            <div class="sheet">
                <h1>"Roll many accounts"</h1>
                <p>
                    "Nothing is rolled yet. A dry run says what would happen to each account, and which lines name none. You confirm it, or leave it."
                </p>
                <form class="form" method="post" action=DraftBulkRoll::url()>
                    <TextArea
                        name="lines"
                        label="Accounts, one on each line"
                        hint="Account ids, external ids, e-mail addresses, public keys, key pair ids, or private keys that leaked. At most 10,000 lines. Private keys are compared by their digests: they are not kept, logged or shown."
                        rows=12
                        required=true
                        error=error.map(AppError::sentence)
                    />
                    <div class="form__buttons">
                        <a class="button" href=paths::ADMIN_BULK_ROLLS rel="external">
                            "Cancel"
                        </a>
                        <button class="button" data-kind="primary" type="submit">
                            "See what would happen"
                        </button>
                    </div>
                </form>
            </div>
        </main>
    }
}
