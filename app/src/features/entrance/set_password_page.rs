//! Setting a password with a one-time link.

use super::form::FormState;
use super::frame::Frame;
use super::server_fns::{SetPassword, set_password};
use super::wire::Entrance;
use crate::browser;
use crate::error::AppError;
use crate::ui::{Field, FieldKind};
use domain::{Password, Refusal};
use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The page a one-time link leads to. The link's secret stands behind `#`, where no server sees it; the page moves it
/// into the form and out of the address bar. Without JavaScript it can be pasted.
#[component]
pub fn SetPasswordPage() -> impl IntoView {
    view! { <Frame title="Set your password" content=|_: Entrance| view! { <SetPasswordForm /> } /> }
}

#[component]
fn SetPasswordForm() -> impl IntoView {
    let form = FormState::of::<SetPassword>();
    let (link_field, password_field) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    Effect::new(move || {
        if let (Some(field), Some(secret)) = (link_field.get(), browser::take_fragment()) {
            field.set_value(&secret);
        }
    });
    let submit = move |event| {
        let (Some(link), Some(password)) = (link_field.get_untracked(), password_field.get_untracked()) else {
            return;
        };
        form.submit(&event, set_password(link.value(), Password::new(password.value())));
    };
    view! {
        <form class="form" method="post" action=SetPassword::url() on:submit=submit>
            <Field
                kind=FieldKind::Code
                name="link"
                label="Code from your link"
                hint="The part of the link after #. It is filled in when you open the link."
                required=true
                error=form.about(is_about_link)
                node_ref=link_field
            />
            <Field
                kind=FieldKind::NewPassword
                name="password"
                label="New password"
                hint="At least 15 characters. Four or five random words work well."
                required=true
                error=form.about(|error| !is_about_link(error))
                node_ref=password_field
            />
            <button class="button" data-kind="primary" type="submit" aria-busy=move || form.pending.get().to_string()>
                {move || if form.pending.get() { "Setting the password…" } else { "Set password" }}
            </button>
        </form>
    }
}

fn is_about_link(error: AppError) -> bool {
    matches!(error, AppError::Refused(Refusal::LinkInvalid))
}
