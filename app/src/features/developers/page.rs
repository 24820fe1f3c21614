//! The developers tab as a document: what the server draws.

use super::advice::Advice;
use super::beside::DevelopersPageView;
use super::head::head_of;
use super::origins::Origins;
use super::server_fns::load_developers_page;
use super::sightings::Sightings;
use super::tab::{NAME, Tab};
use super::usage::Use;
use crate::error::AppError;
use crate::features::entrance::InsecureNotice;
use crate::live::live;
use crate::paths;
use crate::ui::{Notice, Tone};
use leptos::prelude::*;

/// The page at `/dashboard/developers`.
#[component]
pub fn DevelopersPage() -> impl IntoView {
    let resource = Resource::new(|| (), |()| load_developers_page());
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                match resource.await {
                    Ok(view) => view! { <Page view /> }.into_any(),
                    Err(error) => view! { <Failed error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Page(view: DevelopersPageView) -> impl IntoView {
    let DevelopersPageView { tab, exposed, used, origins } = view;
    let now = tab.now;
    let (account, may_change) = (tab.account.clone(), tab.may_change_origins());
    view! {
        {head_of("Developers", &tab)}
        <main class="dashboard" id="content" tabindex="-1">
            <h1>"API keys"</h1>
            <p class="dashboard__lead">
                "Requests to the API are authenticated with your account's private key. The public key identifies your account in client-side uploads."
            </p>
            {tab.insecure.then(|| view! { <InsecureNotice /> })}
            {tab.disabled.then(|| view! { <DisabledNotice /> })}
            <Sightings exposed />
            {live(NAME, &tab, view! { <Tab tab=tab.clone() /> })}
            <Use used now />
            <Advice />
            <Origins account may_change origins />
        </main>
    }
}

#[component]
fn DisabledNotice() -> impl IntoView {
    view! {
        <Notice tone=Tone::Danger>
            <p>"This account is disabled: requests made with its keys are refused. Ask whoever runs this installation."</p>
        </Notice>
    }
}

/// The tab could not be drawn. Somebody signed out is on their way to the sign-in page.
#[component]
pub fn Failed(error: AppError) -> impl IntoView {
    view! {
        <main class="entrance">
            <div class="entrance__card">
                <Notice tone=Tone::Danger>
                    <p>{error.sentence()}</p>
                </Notice>
                <p>
                    <a href=paths::SIGN_IN>"Sign in"</a>
                </p>
            </div>
        </main>
    }
}
