//! The page at `/admin/bulk-rolls/progress`: how far a bulk roll is.

use super::super::frame::{ConsoleFailed, head};
use super::presentation::{accounts, going};
use super::server_fns::load_bulk_roll;
use super::wire::{BulkRollView, Counts, Going};
use crate::paths;
use crate::ui::{Badge, Notice, Time, Tone, number};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// About the bulk roll that the query names.
#[component]
pub fn BulkRollPage() -> impl IntoView {
    view! { <AboutBulkRoll title="Many accounts" content=|roll| view! { <Page roll /> }.into_any() /> }
}

/// A page about the bulk roll that the query names.
#[component]
pub fn AboutBulkRoll(title: &'static str, content: fn(BulkRollView) -> AnyView) -> impl IntoView {
    let search = use_location().search;
    let resource = Resource::new(move || search.get(), load_bulk_roll);
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                match resource.await {
                    Ok(roll) => {
                        let head = head(title, &roll.viewer);
                        let content = content(roll);
                        view! {
                            {head}
                            <main class="dashboard" id="content" tabindex="-1">
                                {content}
                            </main>
                        }
                            .into_any()
                    }
                    Err(error) => view! { <ConsoleFailed error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Page(roll: BulkRollView) -> impl IntoView {
    let (tone, words) = going(roll.going);
    let report = paths::admin_bulk_roll_csv(&roll.id);
    view! {
        <p class="way-back">
            <a href=paths::ADMIN_BULK_ROLLS rel="external">
                "All rolls of many accounts"
            </a>
        </p>
        <h1>"Roll of " {accounts(roll.counts.accounts)}</h1>
        {roll.said.map(|said| view! { <Notice tone=said.tone()><p>{said.sentence()}</p></Notice> })}
        <section class="section progress" aria-labelledby="progress-heading">
            <h2 id="progress-heading">"Progress"</h2>
            <p>
                <Badge tone=tone words=words />
            </p>
            <Bar counts=roll.counts />
            <Numbers counts=roll.counts going=roll.going />
            {roll.pace.map(|pace| view! { <p class="section__lead">{pace}</p> })}
            {roll
                .stopped
                .map(|(at, by)| view! {
                    <p class="section__lead">
                        "Stopped on " <Time moment=at /> ". By: " <bdi>{by}</bdi>
                        ". The accounts that were left keep their keys."
                    </p>
                })}
            {(roll.going == Going::On)
                .then(|| view! { <Refreshing refreshing=roll.refreshing other_way=roll.other_way /> })}
        </section>
        <div class="activity-exports">
            <form method="post" action=report>
                <button class="button" data-kind="plain" type="submit">
                    "Report as CSV"
                </button>
            </form>
            {(roll.going == Going::On)
                .then(|| view! {
                    <a class="button" data-kind="danger" href=paths::admin_stop_bulk_roll(&roll.id) rel="external">
                        "Stop this roll"
                    </a>
                })}
        </div>
        <section class="section" aria-labelledby="confirmed-heading">
            <h2 id="confirmed-heading">"What was confirmed"</h2>
            <dl class="facts">
                <dt>"Begun"</dt>
                <dd>
                    <Time moment=roll.begun />
                </dd>
                <dt>"By"</dt>
                <dd>
                    <bdi>{roll.by}</bdi>
                </dd>
                <dt>"Reason"</dt>
                <dd>
                    <bdi>{roll.reason}</bdi>
                </dd>
                <dt>"Message"</dt>
                <dd class="own-words">
                    <bdi>{roll.message.unwrap_or_else(|| "None".to_owned())}</bdi>
                </dd>
                <dt>"Old keys expire"</dt>
                <dd>{roll.expire_old}</dd>
                <dt>"Id"</dt>
                <dd>
                    <code>{roll.id.to_string()}</code>
                </dd>
            </dl>
        </section>
    }
}

#[component]
fn Bar(counts: Counts) -> impl IntoView {
    let done = counts.accounts - counts.left.min(counts.accounts);
    view! {
        <progress class="progress__bar" max=counts.accounts.to_string() value=done.to_string() aria-labelledby="progress-heading">
            {number(done)} " of " {number(counts.accounts)}
        </progress>
    }
}

#[component]
fn Numbers(counts: Counts, going: Going) -> impl IntoView {
    let fact = |words: &'static str, count: u32| {
        view! {
            <div>
                <dt>{words}</dt>
                <dd>{number(count)}</dd>
            </div>
        }
    };
    let left = if going == Going::Stopped { "Left as they were" } else { "Pending" };
    view! {
        <dl class="account tally">
            {fact("Rolled", counts.rolled)}
            {fact("Refused", counts.refused)}
            {(counts.faulted > 0).then(|| fact("Given up: broke three times", counts.faulted))}
            {fact(left, counts.left)}
            {(counts.waiting > 0 && going == Going::On)
                .then(|| fact("Of these broke, and are tried again in a minute", counts.waiting))}
        </dl>
        {(counts.faulted > 0)
            .then(|| view! {
                <Notice tone=Tone::Danger>
                    <p>
                        "Something is wrong with accounts that broke: their old keys still work. The server's log has the cause, and the report says which they are."
                    </p>
                </Notice>
            })}
    }
}

/// Whether the page loads itself again is a matter of its address, so that whoever is disturbed by it can have it still.
#[component]
fn Refreshing(refreshing: bool, other_way: String) -> impl IntoView {
    let (words, label) = if refreshing {
        ("This page loads itself again every five seconds. ", "Keep it still")
    } else {
        ("This page keeps still. ", "Load it again every five seconds")
    };
    view! {
        <p class="section__lead">
            {words}
            <a href=other_way rel="external">
                {label}
            </a>
        </p>
    }
}
