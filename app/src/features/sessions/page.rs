//! The page about what a person signs in with, and where they are signed in.

use super::email_form::EmailForm;
use super::password_form::PasswordForm;
use super::server_fns::load_sessions;
use super::session_table::Sessions;
use super::wire::SignInTab;
use crate::error::AppError;
use crate::features::dashboard::DashboardHead;
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
                    Ok(tab) => drawn(title, tab, content).into_any(),
                    Err(error) => view! { <Failed error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

fn drawn(title: &'static str, tab: SignInTab, content: fn(SignInTab) -> AnyView) -> impl IntoView {
    view! {
        <DashboardHead
            title=title
            skip="Skip to the page"
            product_name=tab.product_name.clone()
            account_name=tab.account_name.clone()
            email=tab.email.clone()
            role=tab.role
        />
        <main class="dashboard" id="content" tabindex="-1">
            {content(tab)}
        </main>
    }
}

/// The page could not be drawn. Somebody signed out is on their way to the sign-in page.
#[component]
fn Failed(error: AppError) -> impl IntoView {
    view! {
        <main class="entrance">
            <div class="entrance__card">
                <Notice tone=Tone::Danger>
                    <p>{error.sentence()}</p>
                </Notice>
                <p>
                    <a href=paths::SIGN_IN rel="external">
                        "Sign in"
                    </a>
                </p>
            </div>
        </main>
    }
}
