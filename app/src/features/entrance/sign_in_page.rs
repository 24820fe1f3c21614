//! Signing in.

use super::form::FormState;
use super::frame::Frame;
use super::server_fns::{SignIn, sign_in};
use super::wire::{Entrance, Typed};
use crate::paths;
use crate::ui::{Field, FieldKind};
use domain::Password;
use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The sign-in page.
#[component]
pub fn SignInPage() -> impl IntoView {
    view! { <Frame title="Sign in" content=|entrance: Entrance| view! { <SignInForm entrance /> } /> }
}

#[component]
fn SignInForm(entrance: Entrance) -> impl IntoView {
    let Entrance { typed: Typed { email, .. }, sign_up_open, .. } = entrance;
    let form = FormState::of::<SignIn>();
    let (email_field, password_field) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let submit = move |event| {
        let (Some(email), Some(password)) = (email_field.get_untracked(), password_field.get_untracked()) else {
            return;
        };
        form.submit(&event, sign_in(email.value(), Password::new(password.value())));
    };
    view! {
        <form class="form" method="post" action=SignIn::url() on:submit=submit>
            <Field kind=FieldKind::Email name="email" label="E-mail" required=true value=email node_ref=email_field />
            <Field
                kind=FieldKind::CurrentPassword
                name="password"
                label="Password"
                required=true
                error=form.about(|_| true)
                node_ref=password_field
            />
            <button class="button" data-kind="primary" type="submit" aria-busy=move || form.pending.get().to_string()>
                {move || if form.pending.get() { "Signing in…" } else { "Sign in" }}
            </button>
        </form>
        {sign_up_open
            .then(|| view! { <p class="entrance__other">"New here? "<a href=paths::SIGN_UP>"Create an account"</a></p> })}
    }
}
