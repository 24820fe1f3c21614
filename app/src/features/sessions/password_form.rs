//! Changing a person's own password.

use super::presentation::is_about_password;
use super::server_fns::ChangePassword;
use crate::error::AppError;
use crate::ui::{Field, FieldKind, use_form_error};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The form. The address is in it for password managers, which save a password under a name.
#[component]
pub fn PasswordForm(email: String) -> impl IntoView {
    let error = use_form_error(ChangePassword::PATH);
    view! {
        <section class="sheet" aria-labelledby="password-heading">
            <h2 id="password-heading">"Change your password"</h2>
            <p class="section__lead">
                "Your other sessions end, and so does a link to set a password that you were given. You stay signed in here."
            </p>
            <form class="form" method="post" action=ChangePassword::url()>
                <input type="text" autocomplete="username" value=email readonly=true hidden=true />
                <Field
                    kind=FieldKind::CurrentPassword
                    name="current_password"
                    label="Current password"
                    required=true
                    error=error.filter(|error| is_about_password(*error)).map(AppError::sentence)
                />
                <Field
                    kind=FieldKind::NewPassword
                    name="new_password"
                    label="New password"
                    hint="At least 15 characters. Four or five random words work well."
                    required=true
                    error=error.filter(|error| !is_about_password(*error)).map(AppError::sentence)
                />
                <div class="form__buttons">
                    <button class="button" type="submit">
                        "Change password"
                    </button>
                </div>
            </form>
        </section>
    }
}
