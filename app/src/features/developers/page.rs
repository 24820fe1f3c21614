//! The developers tab.

use super::advice::Advice;
use super::desk::{Desk, News};
use super::dialogs::Dialogs;
use super::head::head_of;
use super::pair_table::PairTable;
use super::server_fns::load_developers_tab;
use super::snippets::Snippets;
use super::wire::{DevelopersTab, RecentRoll};
use crate::browser;
use crate::error::AppError;
use crate::features::entrance::InsecureNotice;
use crate::paths;
use crate::ui::{LiveRegion, Notice, Time, Tone};
use domain::{KeyPairState, Timestamp};
use leptos::prelude::*;
use std::time::Duration;

/// The page at `/dashboard/developers`.
///
/// The resource is read once, for the page as it is first drawn. What changes afterwards goes through `Desk::tab`, so
/// that nothing on the page is torn down under a running countdown or an open dialog.
#[component]
pub fn DevelopersPage() -> impl IntoView {
    let resource = Resource::new(|| (), |()| load_developers_tab());
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                match resource.await {
                    Ok(tab) => view! { <Tab tab /> }.into_any(),
                    Err(error) => view! { <Failed error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// Lets the tab's clock run: the server's, as far as the page knows it. The moment a pair runs out the tab is fetched
/// again, so that what it says is what the server says.
fn keep_time(desk: Desk) {
    let ahead = StoredValue::new(0_i64);
    let tick = move || {
        let Some(browser_now) = browser::now() else {
            return;
        };
        let now = Timestamp::from_millis(browser_now.as_millis().saturating_add(ahead.get_value()));
        let before = desk.now.get_untracked();
        desk.now.set(Some(now));
        if desk.tab.with_untracked(|tab| ran_out_between(tab, before, now)) {
            desk.reload();
        }
    };
    Effect::new(move || {
        let server_now = desk.tab.with(|tab| tab.now);
        if let Some(browser_now) = browser::now() {
            ahead.set_value(server_now.as_millis().saturating_sub(browser_now.as_millis()));
        }
        tick();
    });
    Effect::new(move || {
        let timer = set_interval_with_handle(tick, Duration::from_secs(1));
        on_cleanup(move || {
            if let Ok(timer) = timer {
                timer.clear();
            }
        });
    });
}

fn ran_out_between(tab: &DevelopersTab, before: Option<Timestamp>, now: Timestamp) -> bool {
    tab.pairs.iter().any(|pair| match pair.state {
        KeyPairState::Expiring { until } => before.is_some_and(|before| before < until) && until <= now,
        KeyPairState::Active | KeyPairState::Expired { .. } | KeyPairState::Revoked { .. } => false,
    })
}

#[component]
fn Tab(tab: DevelopersTab) -> impl IntoView {
    let head = head_of("Developers", &tab);
    let (insecure, disabled) = (tab.insecure, tab.disabled);
    let desk = Desk::new(tab);
    provide_context(desk);
    provide_context(desk.announcer);
    keep_time(desk);
    view! {
        {head}
        <main class="dashboard" id="content" tabindex="-1">
            <h1>"API keys"</h1>
            <p class="dashboard__lead">
                "Requests to the API are authenticated with your account's private key. The public key identifies your account in client-side uploads."
            </p>
            {insecure.then(|| view! { <InsecureNotice /> })}
            {disabled.then(|| view! { <DisabledNotice /> })}
            <NewsNotice />
            {move || desk.tab.with(|tab| tab.recent_roll.clone()).map(|roll| view! { <RollNotice roll /> })}
            <PairTable />
            <Snippets />
            <Advice />
        </main>
        <Dialogs />
        <LiveRegion announcer=desk.announcer />
    }
}

/// What has just happened on this page, and could not happen in a dialog.
#[component]
fn NewsNotice() -> impl IntoView {
    let desk = super::desk::use_desk();
    move || desk.news.get().map(|News { tone, words }| view! { <Notice tone=tone><p>{words}</p></Notice> })
}

/// Who rolled, and when. After a lost answer this is how the person learns that it happened.
#[component]
fn RollNotice(roll: RecentRoll) -> impl IntoView {
    let reason = roll.reason.map(|reason| format!(" Reason: {reason}."));
    view! {
        <Notice tone=Tone::Quiet>
            <p>
                {roll.by} " rolled these keys on " <Time moment=roll.at /> "." {reason}
                " The new private key is in the first row: reveal or copy it there."
            </p>
        </Notice>
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
