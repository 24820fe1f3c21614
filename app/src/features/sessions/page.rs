//! The page about what a person signs in with, and where they are signed in.

use super::email_form::EmailForm;
use super::password_form::PasswordForm;
use super::server_fns::load_sessions;
use super::session_table::Sessions;
use super::wire::SignInTab;
use crate::features::dashboard::{Failed, dashboard_page};
use crate::features::entrance::InsecureNotice;
use crate::paths;
use crate::ui::{Notice, Tone};
use leptos::prelude::*;

/// The page at `/dashboard/sessions`. Plain forms, whoever sends them.
#[component]
pub fn SessionsPage() -> impl IntoView {
    view! { <Framed title="Your sign-in" content=content /> }
}

fn content(tab: SignInTab) -> AnyView {
    view! {
        <h1>"Your sign-in"</h1>
        <p class="dashboard__lead">
            "You sign in as " <strong>{tab.email.clone()}</strong> "."
        </p>
        {tab.insecure.then(|| view! { <InsecureNotice /> })}
        {tab.said.map(|said| view! { <Notice tone=Tone::Success><p>{said.sentence()}</p></Notice> })}
        <Sessions sessions=tab.sessions idle=tab.idle absolute=tab.absolute />
        <div class="changes">
            <EmailForm typed=tab.typed_email />
            <PasswordForm email=tab.email />
        </div>
    }
    .into_any()
}

/// A page about the person, once it is known who that is.
#[component]
pub fn Framed(title: &'static str, content: fn(SignInTab) -> AnyView) -> impl IntoView {
    let resource = Resource::new(|| (), |()| load_sessions());
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                match resource.await {
                    Ok(tab) => dashboard_page(title, tab.reader(), content(tab)).into_any(),
                    Err(error) => view! { <Failed title error href=paths::SIGN_IN label="Sign in" /> }.into_any(),
                }
            })}
        </Suspense>
    }
}
