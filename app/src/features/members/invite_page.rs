//! Inviting somebody.

use super::frame::{Framed, PasswordAndOther, RolePicker, no_form};
use super::presentation::{is_about_email, is_about_role, why_not};
use super::server_fns::InviteMember;
use super::wire::MembersView;
use crate::error::AppError;
use crate::paths;
use crate::ui::{Field, FieldKind, use_form_error};
use domain::Refusal;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The page at `/dashboard/members/invite`.
#[component]
pub fn InvitePage() -> impl IntoView {
    view! { <Framed title=TITLE content=content /> }
}

const TITLE: &str = "Invite somebody";

fn content(view: MembersView) -> AnyView {
    if !view.may_manage {
        return no_form(TITLE, AppError::Refused(Refusal::NotAllowed), why_not(view.role));
    }
    let error = use_form_error(InviteMember::PATH);
    view! {
        <div class="sheet">
            <h1>{TITLE}</h1>
            <form class="form" method="post" action=InviteMember::url()>
                <input type="hidden" name="account" value=view.account.to_string() />
                <p>
                    "You get a link to give to them: no mail is sent from here. It works once, for seven days, and only for somebody who signs in with this address."
                </p>
                <Field
                    kind=FieldKind::NewEmail
                    name="email"
                    label="Their e-mail address"
                    required=true
                    value=view.typed_email
                    error=error.filter(|error| is_about_email(*error)).map(AppError::sentence)
                />
                <RolePicker chosen=None error />
                <PasswordAndOther
                    due=view.password_due
                    error
                    beside=|error| is_about_email(error) || is_about_role(error)
                />
                <div class="form__buttons">
                    <a class="button" href=paths::MEMBERS rel="external">
                        "Cancel"
                    </a>
                    <button class="button" data-kind="primary" type="submit">
                        "Make the link"
                    </button>
                </div>
            </form>
        </div>
    }
    .into_any()
}
