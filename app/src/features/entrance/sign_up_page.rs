//! Making an account.

use super::form::FormError;
use super::frame::Frame;
use super::server_fns::SignUp;
use super::wire::{Entrance, Typed, WayIn};
use crate::error::AppError;
use crate::paths;
use crate::ui::{Field, FieldKind, Notice, Tone};
use domain::Refusal;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The sign-up page.
#[component]
pub fn SignUpPage() -> impl IntoView {
    view! { <Frame title="Create an account" content=content /> }
}

fn content(entrance: Entrance) -> impl IntoView {
    let shut = |refusal: Refusal| view! { <Shut refusal /> }.into_any();
    let way = match entrance.way_in {
        WayIn::Open => view! { <SignUpForm typed=entrance.typed invitation=None /> }.into_any(),
        WayIn::Invited { email } => {
            view! { <SignUpForm typed=entrance.typed invitation=Some(Invitation { email }) /> }.into_any()
        }
        WayIn::InvitationInvalid => shut(Refusal::InvitationInvalid),
        WayIn::InvitationNeeded => shut(Refusal::InvitationNeeded),
        WayIn::Closed => shut(Refusal::SignUpClosed),
    };
    view! {
        {way}
        <p class="entrance__other">"Have an account? "<a href=paths::SIGN_IN>"Sign in"</a></p>
    }
}

/// What the form is told of an invitation that was opened.
struct Invitation {
    /// The only address it is for.
    email: Option<String>,
}

#[component]
fn Shut(refusal: Refusal) -> impl IntoView {
    let code = refusal != Refusal::SignUpClosed;
    view! {
        <Notice tone=Tone::Notice>
            <p>{refusal.sentence()}</p>
        </Notice>
        {code
            .then(|| {
                view! {
                    <p>
                        <a class="button" href=paths::INVITATION>
                            "Enter the code from your invitation"
                        </a>
                    </p>
                }
            })}
    }
}

#[component]
fn SignUpForm(typed: Typed, invitation: Option<Invitation>) -> impl IntoView {
    let Typed { email, name } = typed;
    let invited = invitation.is_some();
    let fixed = invitation.and_then(|invitation| invitation.email);
    let is_fixed = fixed.is_some();
    let email = fixed.unwrap_or(email);
    let hint = is_fixed.then_some("Your invitation is for this address.");
    let error = FormError::of::<SignUp>();
    view! {
        <form class="form" method="post" action=SignUp::url()>
            {invited.then(|| view! { <input type="hidden" name="invited" value="true" /> })}
            <Field
                kind=FieldKind::Email
                name="email"
                label="E-mail"
                hint=hint
                required=true
                readonly=is_fixed
                value=email
                error=error.about(is_about_email)
            />
            <Field
                kind=FieldKind::Text
                name="name"
                label="Company or project (optional)"
                value=name
                error=error.about(is_about_name)
            />
            <Field
                kind=FieldKind::NewPassword
                name="password"
                label="Password"
                hint="At least 15 characters. Four or five random words work well."
                required=true
                error=error.about(|error| !is_about_email(error) && !is_about_name(error))
            />
            <button class="button" data-kind="primary" type="submit">
                "Create account"
            </button>
        </form>
    }
}

fn is_about_email(error: AppError) -> bool {
    matches!(error, AppError::Refused(Refusal::EmailInvalid | Refusal::EmailTaken | Refusal::InvitationForAnother))
}

fn is_about_name(error: AppError) -> bool {
    matches!(error, AppError::Refused(Refusal::NameInvalid))
}
