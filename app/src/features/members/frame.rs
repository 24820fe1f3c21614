//! What the pages about the members share.

use super::presentation::{is_about_role, role_hint, role_label};
use super::server_fns::load_members;
use super::wire::MembersView;
use crate::error::AppError;
use crate::features::dashboard::{Failed, dashboard_page};
use crate::features::sessions::is_about_password;
use crate::paths;
use crate::ui::{Field, FieldKind, Notice, Tone};
use domain::Role;
use leptos::prelude::*;

/// A page about the members, once it is known whose account it is.
#[component]
pub fn Framed(title: &'static str, content: fn(MembersView) -> AnyView) -> impl IntoView {
    let resource = Resource::new(|| (), |()| load_members());
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                match resource.await {
                    Ok(view) => dashboard_page(title, view.reader(), content(view)).into_any(),
                    Err(error) => view! { <Failed title error href=paths::SIGN_IN label="Sign in" /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// Why there is no form, with the status that says the same to a program, and the way back.
pub fn no_form(title: &'static str, error: AppError, sentence: &'static str) -> AnyView {
    crate::answer_like(error);
    view! {
        <div class="sheet">
            <h1>{title}</h1>
            <Notice tone=Tone::Danger>
                <p>{sentence}</p>
            </Notice>
            <p>
                <a class="button" href=paths::MEMBERS rel="external">
                    "Back to the members"
                </a>
            </p>
        </div>
    }
    .into_any()
}

/// The three roles, each with what it may. Nothing is preselected where somebody is new: the owner decides.
#[component]
pub fn RolePicker(
    /// What the member is now.
    chosen: Option<Role>,
    error: Option<AppError>,
) -> impl IntoView {
    let error = error.filter(|error| is_about_role(*error)).map(AppError::sentence);
    let radio = move |role: Role| {
        view! {
            <label class="choice">
                <input type="radio" name="role" value=role.as_str() checked=chosen == Some(role) required />
                <span class="choice__label">{role_label(role)}</span>
                <span class="choice__hint">{role_hint(role)}</span>
            </label>
        }
    };
    view! {
        <fieldset class="choices" aria-describedby="role-error" data-invalid=error.map(|_| "")>
            <legend class="field__label">"Role"</legend>
            {Role::ALL.map(radio)}
            <p class="field__error" id="role-error" role="alert">
                {error}
            </p>
        </fieldset>
    }
}

/// The person's own password, when it is due; and what is wrong and stands beside no field.
#[component]
pub fn PasswordAndOther(
    due: bool,
    error: Option<AppError>,
    /// Whether it stands beside another field.
    beside: fn(AppError) -> bool,
) -> impl IntoView {
    let about_password = error.filter(|error| due && is_about_password(*error)).map(AppError::sentence);
    let other = error.filter(|error| !(beside(*error) || due && is_about_password(*error)));
    view! {
        {due
            .then(|| {
                view! {
                    <Field
                        kind=FieldKind::CurrentPassword
                        name="password"
                        label="Your password"
                        required=true
                        error=about_password
                    />
                }
            })}
        {other.map(|error| view! { <p class="form__error" role="alert">{error.sentence()}</p> })}
    }
}
