//! The page at `/admin/account/disable`: disabling an account, or enabling one that is disabled.

use super::frame::{AboutAccount, Buttons, OtherError, PasswordField, ReasonField, Whose, is_about_reason};
use super::server_fns::SetAccountDisabled;
use super::wire::AccountFileView;
use crate::paths;
use crate::ui::use_form_error;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// About the account that the query names.
#[component]
pub fn DisablePage() -> impl IntoView {
    view! { <AboutAccount title="Disable or enable an account" content=|file| Some(content(file)) /> }
}

/// The words of the two forms.
struct Words {
    title: &'static str,
    stops: &'static str,
    goes_on: &'static str,
    kind: &'static str,
}

const DISABLE: Words = Words {
    title: "Disable the account",
    stops: "Requests made with any of its keys are refused from the moment you disable it, with an error that says so.",
    goes_on: "Its members can sign in, and read there that the account is disabled. They can reveal, roll and expire keys, and expiring pairs expire when they would have. Nothing is lost, and you can enable the account again.",
    kind: "danger",
};

const ENABLE: Words = Words {
    title: "Enable the account",
    stops: "Requests made with its active pair, and with pairs that have not expired by now, succeed again at once.",
    goes_on: "If a key has leaked, roll the keys first: they work again for whoever has them.",
    kind: "primary",
};

fn content(file: AccountFileView) -> AnyView {
    let words = if file.disabled.is_some() { ENABLE } else { DISABLE };
    view! { <div class="sheet"><h1>{words.title}</h1><Form file words /></div> }.into_any()
}

#[component]
fn Form(file: AccountFileView, words: Words) -> impl IntoView {
    let error = use_form_error(SetAccountDisabled::PATH);
    view! {
        <form class="form" method="post" action=SetAccountDisabled::url()>
            <input type="hidden" name="account" value=file.id.to_string() />
            <input type="hidden" name="disabled" value=file.disabled.is_none().to_string() />
            <Whose file=file.clone() />
            <p>{words.stops}</p>
            <p>{words.goes_on}</p>
            <ReasonField typed=file.typed_reason error />
            <PasswordField due=file.password_due error />
            <OtherError error password_due=file.password_due beside=is_about_reason />
            <Buttons back=paths::admin_account(&file.id) label=words.title kind=words.kind />
        </form>
    }
}
