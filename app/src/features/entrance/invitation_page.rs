//! Opening an invitation.

use super::frame::Frame;
use super::server_fns::OpenInvitation;
use super::wire::Entrance;
use crate::error::AppError;
use crate::paths;
use crate::ui::{Field, FieldKind, Script, use_form_error};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The page an invitation's link leads to. The secret stands behind `#`, where no server sees it; a script moves it into
/// the form and out of the address bar. Without JavaScript it can be pasted.
#[component]
pub fn InvitationPage() -> impl IntoView {
    view! { <Frame title="Open your invitation" content=content /> }
}

/// Also where sign-up is closed: an invitation may be into an account.
fn content(_: Entrance) -> impl IntoView {
    view! {
        <InvitationForm />
        <p class="entrance__other">"Have an account? "<a href=paths::SIGN_IN>"Sign in"</a></p>
    }
}

#[component]
fn InvitationForm() -> impl IntoView {
    let error = use_form_error(OpenInvitation::PATH);
    view! {
        <form class="form" method="post" action=OpenInvitation::url()>
            <Field
                kind=FieldKind::Code
                name="link"
                label="Code from your invitation"
                hint="The part of the link after #. It is filled in when you open the link."
                required=true
                error=error.map(AppError::sentence)
            />
            <button class="button" data-kind="primary" type="submit">
                "Continue"
            </button>
        </form>
        <Script code=include_str!("take_link.js") />
    }
}
