//! The page at `/admin/activity`: an account's audit trail, as an admin reads it.

use super::frame::{ConsoleFailed, head};
use super::server_fns::load_account_activity;
use super::wire::AdminActivity;
use crate::features::activity::{Place, TrailPage};
use crate::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The trail of the account that the query names, through the filter that stands there too, a page at a time.
#[component]
pub fn AdminActivityPage() -> impl IntoView {
    let search = use_location().search;
    let resource = Resource::new(move || search.get(), load_account_activity);
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                match resource.await {
                    Ok(activity) => view! { <Page activity /> }.into_any(),
                    Err(error) => view! { <ConsoleFailed error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Page(activity: AdminActivity) -> impl IntoView {
    let AdminActivity { viewer, account, account_name, trail } = activity;
    view! {
        {head("Activity of an account", &viewer)}
        <main class="dashboard" id="content" tabindex="-1">
            <p class="way-back">
                <a href=paths::admin_account(&account) rel="external">
                    "Back to the account"
                </a>
            </p>
            <h1>"Activity of " <bdi>{account_name}</bdi></h1>
            <p class="dashboard__lead">
                "Everything that was done to this account's keys, and every sign-in of its people, tried or done. Its owner reads the same."
            </p>
            <TrailPage trail place=Place::Console(account) />
        </main>
    }
}
