//! Setting a password with a one-time link.

use super::form::FormError;
use super::frame::Frame;
use super::server_fns::SetPassword;
use super::wire::Entrance;
use crate::error::AppError;
use crate::ui::{Field, FieldKind, Script};
use domain::Refusal;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The page a one-time link leads to. The link's secret stands behind `#`, where no server sees it; a script moves it
/// into the form and out of the address bar. Without JavaScript it can be pasted.
#[component]
pub fn SetPasswordPage() -> impl IntoView {
    view! { <Frame title="Set your password" content=|_: Entrance| view! { <SetPasswordForm /> } /> }
}

#[component]
fn SetPasswordForm() -> impl IntoView {
    let error = FormError::of::<SetPassword>();
    view! {
        <form class="form" method="post" action=SetPassword::url()>
            <Field
                kind=FieldKind::Code
                name="link"
                label="Code from your link"
                hint="The part of the link after #. It is filled in when you open the link."
                required=true
                error=error.about(is_about_link)
            />
            <Field
                kind=FieldKind::NewPassword
                name="password"
                label="New password"
                hint="At least 15 characters. Four or five random words work well."
                required=true
                error=error.about(|error| !is_about_link(error))
            />
            <button class="button" data-kind="primary" type="submit">
                "Set password"
            </button>
        </form>
        <Script code=include_str!("take_link.js") />
    }
}

fn is_about_link(error: AppError) -> bool {
    matches!(error, AppError::Refused(Refusal::LinkInvalid))
}
