//! The page at `/admin/bulk-rolls/confirm`: the one confirmation of a dry run.

use super::super::frame::{MessageField, OtherError, PasswordField, ReasonField, is_about_message, is_about_reason};
use super::dry_run_page::Opened;
use super::presentation::accounts;
use super::server_fns::BeginBulkRoll;
use super::wire::DryRunView;
use crate::error::AppError;
use crate::features::developers::{ExpiryPicker, Zone, is_about_expiry};
use crate::paths;
use crate::ui::{Notice, Tone, use_form_error};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

/// About the dry run that the query names.
#[component]
pub fn ConfirmPage() -> impl IntoView {
    view! {
        <Opened
            title="Roll many accounts"
            content=|run| {
                view! { <div class="sheet"><h1>"Roll many accounts"</h1><Body run /></div> }.into_any()
            }
        />
    }
}

#[component]
fn Body(run: DryRunView) -> impl IntoView {
    if run.totals.rolled == 0 {
        return view! {
            <Notice tone=Tone::Notice>
                <p>"There is no account to roll."</p>
            </Notice>
            <p>
                <a class="button" href=paths::admin_dry_run(&run.id) rel="external">
                    "Back to the dry run"
                </a>
            </p>
        }
        .into_any();
    }
    view! { <Form run /> }.into_any()
}

#[component]
fn Form(run: DryRunView) -> impl IntoView {
    let error = use_form_error(BeginBulkRoll::PATH);
    let from_query = |name: &str| use_query_map().read_untracked().get(name).unwrap_or_default();
    let choice = RwSignal::new(from_query("expire_old"));
    let custom = RwSignal::new(from_query("custom_utc"));
    let about_expiry = error.filter(|error| is_about_expiry(*error)).map(AppError::sentence);
    let count = accounts(run.totals.rolled);
    let only_immediately = run.totals.only_immediately;
    view! {
        <form class="form" method="post" action=BeginBulkRoll::url()>
            <input type="hidden" name="draft" value=run.id.to_string() />
            <p>
                "Each of " <strong>{count.clone()}</strong>
                " gets a new pair, which works at once. You are not shown the private keys: each owner reads that an admin rolled the keys, and why, and reveals the new one."
            </p>
            <p>
                "The old keys go on working until they expire. With Immediately, programs that use them stop working the moment their account is rolled. That cannot be undone."
            </p>
            {(only_immediately > 0)
                .then(|| view! {
                    <Notice tone=Tone::Notice>
                        <p>
                            {accounts(only_immediately)}
                            " of these can only be rolled with Immediately, since five pairs work there already. With any later end they are refused, and reported."
                        </p>
                    </Notice>
                })}
            <ReasonField typed=run.typed_reason error />
            <MessageField typed=run.typed_message error />
            <ExpiryPicker
                choice
                custom
                zone=Zone::Utc
                now=Signal::stored(run.now)
                longest_overlap=run.longest_overlap
                error=Signal::stored(about_expiry)
            />
            <PasswordField due=run.password_due error />
            <OtherError
                error
                password_due=run.password_due
                beside=|error| is_about_expiry(error) || is_about_reason(error) || is_about_message(error)
            />
            <div class="form__buttons">
                <a class="button" href=paths::admin_dry_run(&run.id) rel="external">
                    "Back to the dry run"
                </a>
                <button class="button" data-kind="danger" type="submit">
                    {format!("Roll the keys of {count}")}
                </button>
            </div>
        </form>
    }
}
