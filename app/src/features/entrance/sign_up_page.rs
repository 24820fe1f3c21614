//! Making an account.

use super::form::FormState;
use super::frame::Frame;
use super::server_fns::{SignUp, sign_up};
use super::wire::{Entrance, Typed};
use crate::error::AppError;
use crate::paths;
use crate::ui::{Field, FieldKind, Notice, Tone};
use domain::{Password, Refusal};
use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The sign-up page.
#[component]
pub fn SignUpPage() -> impl IntoView {
    view! { <Frame title="Create an account" content=content /> }
}

fn content(entrance: Entrance) -> impl IntoView {
    let open = entrance.sign_up_open;
    view! {
        {if open { view! { <SignUpForm entrance /> }.into_any() } else { view! { <Closed /> }.into_any() }}
        <p class="entrance__other">"Have an account? "<a href=paths::SIGN_IN>"Sign in"</a></p>
    }
}

#[component]
fn Closed() -> impl IntoView {
    view! {
        <Notice tone=Tone::Notice>
            <p>{Refusal::SignUpClosed.sentence()}</p>
        </Notice>
    }
}

#[component]
fn SignUpForm(entrance: Entrance) -> impl IntoView {
    let Typed { email, name } = entrance.typed;
    let form = FormState::of::<SignUp>();
    let (email_field, name_field, password_field) =
        (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let submit = move |event| {
        let (Some(email), Some(name), Some(password)) =
            (email_field.get_untracked(), name_field.get_untracked(), password_field.get_untracked())
        else {
            return;
        };
        form.submit(&event, sign_up(email.value(), name.value(), Password::new(password.value())));
    };
    view! {
        <form class="form" method="post" action=SignUp::url() on:submit=submit>
            <Field
                kind=FieldKind::Email
                name="email"
                label="E-mail"
                required=true
                value=email
                error=form.about(is_about_email)
                node_ref=email_field
            />
            <Field
                kind=FieldKind::Text
                name="name"
                label="Company or project (optional)"
                value=name
                error=form.about(is_about_name)
                node_ref=name_field
            />
            <Field
                kind=FieldKind::NewPassword
                name="password"
                label="Password"
                hint="At least 15 characters. Four or five random words work well."
                required=true
                error=form.about(|error| !is_about_email(error) && !is_about_name(error))
                node_ref=password_field
            />
            <button class="button" data-kind="primary" type="submit" aria-busy=move || form.pending.get().to_string()>
                {move || if form.pending.get() { "Creating the account…" } else { "Create account" }}
            </button>
        </form>
    }
}

fn is_about_email(error: AppError) -> bool {
    matches!(error, AppError::Refused(Refusal::EmailInvalid | Refusal::EmailTaken))
}

fn is_about_name(error: AppError) -> bool {
    matches!(error, AppError::Refused(Refusal::NameInvalid))
}
