//! Changing the address a person signs in with.

use super::presentation::{about_email, is_about_password};
use super::server_fns::ChangeEmail;
use crate::error::AppError;
use crate::ui::{Field, FieldKind, use_form_error};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The form, with what was typed and refused.
#[component]
pub fn EmailForm(typed: String) -> impl IntoView {
    let error = use_form_error(ChangeEmail::PATH);
    view! {
        <section class="sheet" aria-labelledby="email-heading">
            <h2 id="email-heading">"Change your e-mail address"</h2>
            <p class="section__lead">
                "You sign in with the new address from then on. Your other sessions end, and so does a link to set a password that you were given."
            </p>
            <form class="form" method="post" action=ChangeEmail::url()>
                <Field
                    kind=FieldKind::NewEmail
                    name="email"
                    label="New e-mail address"
                    hint="No mail is sent to it, so nobody notices a typo but you."
                    required=true
                    value=typed
                    error=error.filter(|error| !is_about_password(*error)).map(about_email)
                />
                <Field
                    kind=FieldKind::CurrentPassword
                    name="password"
                    label="Your password"
                    required=true
                    error=error.filter(|error| is_about_password(*error)).map(AppError::sentence)
                />
                <div class="form__buttons">
                    <button class="button" type="submit">
                        "Change e-mail address"
                    </button>
                </div>
            </form>
        </section>
    }
}
