//! Signing in.

use super::form::FormError;
use super::frame::Frame;
use super::server_fns::SignIn;
use super::wire::{Entrance, Typed, WayIn};
use crate::paths;
use crate::ui::{Field, FieldKind, Notice, Tone};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The sign-in page.
#[component]
pub fn SignInPage() -> impl IntoView {
    view! { <Frame title="Sign in" content=|entrance: Entrance| view! { <SignInForm entrance /> } /> }
}

#[component]
fn SignInForm(entrance: Entrance) -> impl IntoView {
    let Entrance { typed: Typed { email, .. }, way_in, said, .. } = entrance;
    let sign_up_open = matches!(way_in, WayIn::Open | WayIn::Invited { .. });
    let by_invitation = matches!(way_in, WayIn::InvitationNeeded | WayIn::InvitationInvalid);
    let error = FormError::of::<SignIn>();
    view! {
        {said.map(|said| view! { <Notice tone=Tone::Success><p>{said.sentence()}</p></Notice> })}
        <form class="form" method="post" action=SignIn::url()>
            <Field kind=FieldKind::Email name="email" label="E-mail" required=true value=email />
            <Field
                kind=FieldKind::CurrentPassword
                name="password"
                label="Password"
                required=true
                error=error.about(|_| true)
            />
            <button class="button" data-kind="primary" type="submit">
                "Sign in"
            </button>
        </form>
        <p class="entrance__other">
            "Forgot your password? Ask whoever runs this installation for a link to set a new one."
        </p>
        {by_invitation
            .then(|| {
                view! { <p class="entrance__other">"Invited? "<a href=paths::INVITATION>"Open your invitation"</a></p> }
            })}
        {sign_up_open
            .then(|| view! { <p class="entrance__other">"New here? "<a href=paths::SIGN_UP>"Create an account"</a></p> })}
    }
}
