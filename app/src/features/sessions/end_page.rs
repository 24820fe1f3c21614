//! Ending sessions as a page of its own: where the password is asked when it is due.

use super::page::Framed;
use super::presentation::is_about_password;
use super::server_fns::{EndOtherSessions, EndSession};
use super::wire::{SessionView, SignInTab};
use crate::error::AppError;
use crate::paths;
use crate::ui::{Field, FieldKind, Notice, Time, Tone, use_form_error};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

/// The page at `/dashboard/sessions/end`: about the session that the URL names, or about all others.
#[component]
pub fn EndSessionPage() -> impl IntoView {
    view! { <Framed title="End sessions" content=content /> }
}

fn content(tab: SignInTab) -> AnyView {
    let named = use_query_map().read_untracked().get("session");
    let Some(named) = named else {
        return sheet(
            "End all other sessions",
            EndOtherSessions::url(),
            EndOtherSessions::PATH,
            tab.password_due,
            others(),
        );
    };
    // One that is not there, has ended or is somebody else's: all three answer alike.
    match tab.sessions.into_iter().find(|session| session.id.as_str() == named) {
        Some(session) => sheet(
            "End this session",
            EndSession::url(),
            EndSession::PATH,
            tab.password_due && !session.own,
            facts(session),
        ),
        None => view! {
            <div class="sheet">
                <h1>"End this session"</h1>
                <Notice tone=Tone::Quiet>
                    <p>"You have no such session. It may have ended already."</p>
                </Notice>
                <Back />
            </div>
        }
        .into_any(),
    }
}

fn sheet(title: &'static str, action: &'static str, path: &'static str, password_due: bool, about: AnyView) -> AnyView {
    let error = use_form_error(path);
    let about_password = error.filter(|error| is_about_password(*error) && password_due);
    let general = error.filter(|error| !is_about_password(*error) || !password_due);
    view! {
        <div class="sheet">
            <h1>{title}</h1>
            <form class="form" method="post" action=action>
                {about}
                {password_due
                    .then(|| {
                        view! {
                            <Field
                                kind=FieldKind::CurrentPassword
                                name="password"
                                label="Your password"
                                required=true
                                error=about_password.map(AppError::sentence)
                            />
                        }
                    })}
                {general.map(|error| view! { <p class="form__error" role="alert">{error.sentence()}</p> })}
                <div class="form__buttons">
                    <a class="button" href=paths::SESSIONS rel="external">
                        "Cancel"
                    </a>
                    <button class="button" data-kind="danger" type="submit">
                        {title}
                    </button>
                </div>
            </form>
        </div>
    }
    .into_any()
}

fn facts(session: SessionView) -> AnyView {
    view! {
        <input type="hidden" name="session" value=session.id.to_string() />
        <p>"Whatever it asks for next is refused. Whoever has it needs your password to come back."</p>
        <dl class="facts">
            <dt>"Device"</dt>
            <dd>{session.device}</dd>
            <dt>"Address"</dt>
            <dd>{session.address.unwrap_or_else(|| "Unknown".to_owned())}</dd>
            <dt>"Last seen"</dt>
            <dd><Time moment=session.last_seen /></dd>
            <dt>"Signed in"</dt>
            <dd><Time moment=session.opened /></dd>
        </dl>
    }
    .into_any()
}

fn others() -> AnyView {
    view! {
        <p>
            "Whatever your other sessions ask for next is refused. Whoever has one needs your password to come back. You stay signed in here."
        </p>
    }
    .into_any()
}

#[component]
fn Back() -> impl IntoView {
    view! {
        <p>
            <a class="button" href=paths::SESSIONS rel="external">
                "Back to your sign-in"
            </a>
        </p>
    }
}
