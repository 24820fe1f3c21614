//! The page at `/admin/account/roll`: rolling an account's keys for its owner.

use super::account_page::Latest;
use super::frame::{
    AboutAccount, Buttons, MessageField, NoForm, OtherError, PasswordField, ReasonField, Whose, is_about_message,
    is_about_reason, named,
};
use super::server_fns::RollFor;
use super::wire::AccountFileView;
use crate::error::AppError;
use crate::features::developers::{ExpiryPicker, PairView, Zone, is_about_expiry};
use crate::paths;
use crate::ui::use_form_error;
use domain::{KeyPairState, PairId, Refusal};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

/// About the pair, of the account, that the query names.
#[component]
pub fn RollForPage() -> impl IntoView {
    view! { <AboutAccount title="Roll keys" content=content /> }
}

fn content(file: AccountFileView) -> Option<AnyView> {
    let asked: PairId = named("pair")?;
    let pair = file.pairs.iter().find(|pair| pair.id == asked).cloned()?;
    let back = paths::admin_account(&file.id);
    let body = if pair.state == KeyPairState::Active {
        view! { <Form file active=pair back /> }.into_any()
    } else {
        // Somebody was quicker, or they came back to where they had been.
        view! {
            <NoForm sentence=Refusal::PairAlreadyRolled.sentence() back />
            {file.latest_roll.map(|roll| view! { <Latest roll /> })}
        }
        .into_any()
    };
    Some(view! { <div class="sheet"><h1>"Roll keys"</h1>{body}</div> }.into_any())
}

#[component]
fn Form(file: AccountFileView, active: PairView, back: String) -> impl IntoView {
    let error = use_form_error(RollFor::PATH);
    let from_query = |name: &str| use_query_map().read_untracked().get(name).unwrap_or_default();
    let choice = RwSignal::new(from_query("expire_old"));
    let custom = RwSignal::new(from_query("custom_utc"));
    let about_expiry = error.filter(|error| is_about_expiry(*error)).map(AppError::sentence);
    view! {
        <form class="form" method="post" action=RollFor::url()>
            <input type="hidden" name="account" value=file.id.to_string() />
            <input type="hidden" name="pair" value=active.id.to_string() />
            <input type="hidden" name="submission" value=file.submission.to_string() />
            <Whose file=file.clone() />
            <dl class="facts">
                <dt>"Public key of the active pair"</dt>
                <dd>
                    <code class="key" translate="no">{active.public_key}</code>
                </dd>
            </dl>
            <p>
                "A new pair is made, and works at once. You are not shown its private key: the owner reads that an admin rolled the keys, and why, and reveals it."
            </p>
            <p>
                "The old keys go on working until they expire. With Immediately, programs that use them stop working the moment you roll. That cannot be undone."
            </p>
            <ReasonField typed=file.typed_reason error />
            <MessageField typed=file.typed_message error />
            <ExpiryPicker
                choice
                custom
                zone=Zone::Utc
                now=Signal::stored(file.now)
                longest_overlap=file.longest_overlap
                error=Signal::stored(about_expiry)
            />
            <PasswordField due=file.password_due error />
            <OtherError
                error
                password_due=file.password_due
                beside=|error| is_about_expiry(error) || is_about_reason(error) || is_about_message(error)
            />
            <Buttons back label="Roll keys" kind="primary" />
        </form>
    }
}
