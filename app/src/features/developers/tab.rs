//! The developers tab as far as it is alive: the pairs, the dialogs, the snippets that name the newest public key.

use super::desk::{Desk, News, use_desk};
use super::dialogs::Dialogs;
use super::pair_table::PairTable;
use super::snippets::Snippets;
use super::wire::{DevelopersTab, RecentRoll};
use crate::browser;
use crate::live;
use crate::ui::{LiveRegion, Notice, Time, Tone};
use domain::{KeyPairState, Timestamp};
use leptos::prelude::*;
use std::time::Duration;

/// The name of the live part.
pub const NAME: &str = "developers";

/// Wakes the tab, if this is its page.
pub fn wake() {
    live::wake(NAME, |tab: DevelopersTab| view! { <Tab tab /> });
}

/// Everything that may change while the page stands. What the server says next goes through `Desk::tab`, so that nothing
/// is torn down under a running countdown or an open dialog.
#[component]
pub fn Tab(tab: DevelopersTab) -> impl IntoView {
    let desk = Desk::new(tab);
    provide_context(desk);
    provide_context(desk.announcer);
    keep_time(desk);
    view! {
        <NewsNotice />
        {move || desk.tab.with(|tab| tab.recent_roll.clone()).map(|roll| view! { <RollNotice roll /> })}
        <PairTable />
        <Snippets />
        <Dialogs />
        <LiveRegion announcer=desk.announcer />
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
        desk.now.set(now);
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
        // As long as the page.
        let _ = set_interval_with_handle(tick, Duration::from_secs(1));
    });
}

fn ran_out_between(tab: &DevelopersTab, before: Timestamp, now: Timestamp) -> bool {
    tab.pairs.iter().any(|pair| match pair.state {
        KeyPairState::Expiring { until } => before < until && until <= now,
        KeyPairState::Active | KeyPairState::Expired { .. } | KeyPairState::Revoked { .. } => false,
    })
}

/// What has just happened on this page, and could not happen in a dialog.
#[component]
fn NewsNotice() -> impl IntoView {
    let desk = use_desk();
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
            {roll.message.map(|message| view! { <p class="notice__message"><bdi>{message}</bdi></p> })}
        </Notice>
    }
}
