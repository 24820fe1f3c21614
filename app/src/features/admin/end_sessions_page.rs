//! The page at `/admin/account/end-sessions`: signing a member out everywhere.

use super::frame::{AboutAccount, Buttons, OtherError, PasswordField, Whose, named};
use super::server_fns::EndSessionsFor;
use super::wire::{AccountFileView, MemberView};
use crate::paths;
use crate::ui::use_form_error;
use domain::UserId;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// About the member, of the account, that the query names.
#[component]
pub fn EndSessionsPage() -> impl IntoView {
    view! { <AboutAccount title="End sessions" content=content /> }
}

fn content(file: AccountFileView) -> Option<AnyView> {
    let asked: UserId = named("person")?;
    let member = file.members.iter().find(|member| member.id == asked).cloned()?;
    Some(view! { <div class="sheet"><h1>"End all sessions of this person"</h1><Form file member /></div> }.into_any())
}

#[component]
fn Form(file: AccountFileView, member: MemberView) -> impl IntoView {
    let error = use_form_error(EndSessionsFor::PATH);
    view! {
        <form class="form" method="post" action=EndSessionsFor::url()>
            <input type="hidden" name="account" value=file.id.to_string() />
            <input type="hidden" name="person" value=member.id.to_string() />
            <Whose file=file.clone() />
            <dl class="facts">
                <dt>"Person"</dt>
                <dd>
                    <bdi>{member.email}</bdi>
                </dd>
            </dl>
            <p>
                "Wherever they are signed in, the next thing they ask for is refused. Whoever knows their password can sign in again: if it is known to somebody else, have them set another. The account's keys go on working."
            </p>
            <PasswordField due=file.password_due error />
            <OtherError error password_due=file.password_due beside=|_| false />
            <Buttons back=paths::admin_account(&file.id) label="End sessions" kind="danger" />
        </form>
    }
}
