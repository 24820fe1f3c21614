//! What the pages of the console share.

use super::server_fns::load_account_file;
use super::wire::{AccountFileView, Viewer};
use crate::error::AppError;
use crate::features::dashboard::{DashboardHead, Failed};
use crate::features::developers::is_about_password;
use crate::features::not_found::NotFound;
use crate::paths;
use crate::ui::{Field, FieldKind, Notice, TextArea, Tone};
use domain::Refusal;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The head of a page of the console. Its title and its skip link are the same words everywhere else.
pub fn head(title: &'static str, viewer: &Viewer) -> impl IntoView + use<> {
    view! {
        <DashboardHead
            title=title
            skip="Skip to the page"
            product_name=viewer.product_name.clone()
            account_name=viewer.email.clone()
            email=viewer.email.clone()
            role=viewer.role
        />
    }
}

/// The page could not be drawn. For whoever may not know of it, and about what is not there, it is a page like any other
/// that does not exist. Somebody signed out is on their way to the sign-in page.
#[component]
pub fn ConsoleFailed(error: AppError) -> impl IntoView {
    if error == AppError::Refused(Refusal::NotFound) {
        return view! { <NotFound /> }.into_any();
    }
    view! { <Failed title="Admin" error href=paths::ADMIN label="Go to the accounts" /> }.into_any()
}

/// A page about the account that the query names. `content` is `None` if the query names something that is not there.
#[component]
pub fn AboutAccount(title: &'static str, content: fn(AccountFileView) -> Option<AnyView>) -> impl IntoView {
    let account = use_query_map().read_untracked().get("account").unwrap_or_default();
    let resource = Resource::new(move || account.clone(), load_account_file);
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                let not_found = AppError::Refused(Refusal::NotFound);
                let drawn = resource.await.and_then(|file| {
                    let head = head(title, &file.viewer);
                    let content = content(file).ok_or(not_found)?;
                    Ok(view! {
                        {head}
                        <main class="dashboard" id="content" tabindex="-1">
                            {content}
                        </main>
                    })
                });
                match drawn {
                    Ok(page) => page.into_any(),
                    Err(error) => {
                        if error == not_found {
                            crate::answer_like(error);
                        }
                        view! { <ConsoleFailed error /> }.into_any()
                    }
                }
            })}
        </Suspense>
    }
}

/// The value of this name in the page's address, if it is the name of something.
pub fn named<T: std::str::FromStr>(name: &str) -> Option<T> {
    use_query_map().read_untracked().get(name)?.parse().ok()
}

/// The reason, which the owner reads.
#[component]
pub fn ReasonField(typed: String, error: Option<AppError>) -> impl IntoView {
    let error = error.filter(|error| is_about_reason(*error)).map(AppError::sentence);
    view! {
        <Field
            kind=FieldKind::Code
            name="reason"
            label="Reason"
            hint="The account's owner reads it. At most 500 characters. A private key in it is taken out."
            required=true
            value=typed
            error=error
        />
    }
}

/// What the owner is told beside the reason. Optional.
#[component]
pub fn MessageField(typed: String, error: Option<AppError>) -> impl IntoView {
    let error = error.filter(|error| is_about_message(*error)).map(AppError::sentence);
    view! {
        <TextArea
            name="message"
            label="Message (optional)"
            hint="The account's people read it for 30 days above their keys, as plain text: what to do next, whom to ask. At most 1,000 characters."
            rows=3
            value=typed
            error=error
        />
    }
}

/// The admin's password, when it is due.
#[component]
pub fn PasswordField(due: bool, error: Option<AppError>) -> impl IntoView {
    let error = error.filter(|error| is_about_password(*error)).map(AppError::sentence);
    due.then(|| {
        view! {
            <Field
                kind=FieldKind::CurrentPassword
                name="password"
                label="Your password"
                required=true
                error=error
            />
        }
    })
}

/// What is wrong and stands beside no field of a form.
#[component]
pub fn OtherError(
    error: Option<AppError>,
    password_due: bool,
    /// Whether it stands beside another field.
    beside: fn(AppError) -> bool,
) -> impl IntoView {
    let shown = move |error: &AppError| beside(*error) || (password_due && is_about_password(*error));
    let error = error.filter(|error| !shown(error));
    error.map(|error| view! { <p class="form__error" role="alert">{error.sentence()}</p> })
}

/// Whether the sentence belongs beside the reason.
pub fn is_about_reason(error: AppError) -> bool {
    matches!(error, AppError::Refused(Refusal::ReasonMissing | Refusal::ReasonTooLong))
}

/// Whether the sentence belongs beside the message.
pub fn is_about_message(error: AppError) -> bool {
    matches!(error, AppError::Refused(Refusal::MessageTooLong))
}

/// The way out of a form, and its button.
#[component]
pub fn Buttons(back: String, label: &'static str, kind: &'static str) -> impl IntoView {
    view! {
        <div class="form__buttons">
            <a class="button" href=back rel="external">
                "Cancel"
            </a>
            <button class="button" data-kind=kind type="submit">
                {label}
            </button>
        </div>
    }
}

/// Why there is no form, and the way back.
#[component]
pub fn NoForm(sentence: &'static str, back: String) -> impl IntoView {
    view! {
        <Notice tone=Tone::Quiet>
            <p>{sentence}</p>
        </Notice>
        <p>
            <a class="button" href=back rel="external">
                "Back to the account"
            </a>
        </p>
    }
}

/// Whose account a form is about.
#[component]
pub fn Whose(file: AccountFileView) -> impl IntoView {
    let AccountFileView { name, id, external_id, .. } = file;
    view! {
        <dl class="facts">
            <dt>"Account"</dt>
            <dd>
                <bdi>{name}</bdi>
            </dd>
            <dt>"Account id"</dt>
            <dd>
                <code>{id.to_string()}</code>
            </dd>
            {external_id.map(|id| view! { <dt>"External id"</dt><dd><bdi>{id}</bdi></dd> })}
        </dl>
    }
}
