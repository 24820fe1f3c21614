//! The page at `/dashboard/activity`.

use super::filters::{Filters, Place};
use super::rows::Rows;
use super::server_fns::load_activity;
use super::wire::{ActivityView, Trail};
use crate::features::dashboard::{DashboardHead, Failed};
use crate::paths;
use crate::ui::{Notice, Tone};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// A document: everything on it is a link, a form or text, and its state is in its address.
#[component]
pub fn ActivityPage() -> impl IntoView {
    let search = use_location().search;
    let resource = Resource::new(move || search.get(), load_activity);
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                match resource.await {
                    Ok(view) => view! { <Page view /> }.into_any(),
                    Err(error) => {
                        view! { <Failed title="Activity" error href=paths::DEVELOPERS label="Go to the API keys" /> }.into_any()
                    }
                }
            })}
        </Suspense>
    }
}

#[component]
fn Page(view: ActivityView) -> impl IntoView {
    let ActivityView { product_name, account_name, email, role, trail, csv, json_lines } = view;
    let filtered = trail.form.is_set();
    let wrong = !trail.problems.is_empty();
    view! {
        <DashboardHead title="Activity" skip="Skip to the activity" product_name account_name email role />
        <main class="dashboard" id="content" tabindex="-1">
            <h1>"Activity"</h1>
            <p class="dashboard__lead">
                "Everything that was done to this account's keys, and every sign-in of its people, tried or done. Nothing here can be changed or removed."
            </p>
            <TrailPage trail place=Place::Own />
            {(!wrong).then(|| view! { <TakeAway filtered csv json_lines /> })}
        </main>
    }
}

/// The filter, the records it lets through, and the ways to the pages beside them.
#[component]
pub fn TrailPage(trail: Trail, place: Place) -> impl IntoView {
    let Trail { form, problems, rows, newer, older } = trail;
    let filtered = form.is_set();
    let wrong = !problems.is_empty();
    let sentences: Vec<_> = problems.iter().map(|problem| view! { <p>{problem.sentence()}</p> }).collect();
    let all = place.everything();
    view! {
        {wrong.then(|| view! { <Notice tone=Tone::Danger>{sentences}</Notice> })}
        <Filters place form problems />
        <div class="activity-records" id=paths::RECORDS>
            {if wrong {
                view! { <Nothing words="Nothing is shown until the filter is right." all /> }.into_any()
            } else if rows.is_empty() && filtered {
                view! { <Nothing words="Nothing matches this filter." all /> }.into_any()
            } else if rows.is_empty() {
                view! { <Nothing words="There is nothing older." all /> }.into_any()
            } else {
                view! { <Rows rows /> }.into_any()
            }}
            <Pager newer older />
        </div>
    }
}

/// Why there are no rows, and the way to all of them.
#[component]
fn Nothing(words: &'static str, all: String) -> impl IntoView {
    view! {
        <div class="activity-none">
            <p>{words}</p>
            <p>
                <a href=all rel="external">
                    "Show all activity"
                </a>
            </p>
        </div>
    }
}

/// The ways to the pages beside this one.
#[component]
fn Pager(newer: Option<String>, older: Option<String>) -> impl IntoView {
    let link = |href: String, rel: &'static str, label: &'static str| {
        view! {
            <a class="button" data-kind="plain" href=href rel=rel>
                {label}
            </a>
        }
    };
    (newer.is_some() || older.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="Pages of activity">
                {newer.map(|href| link(href, "prev external", "Newer"))}
                {older.map(|href| link(href, "next external", "Older"))}
            </nav>
        }
    })
}

/// Forms, because taking the records away leaves a record.
#[component]
fn TakeAway(filtered: bool, csv: String, json_lines: String) -> impl IntoView {
    let what = if filtered { "Every record that matches the filter" } else { "Every record of this account" };
    let form = |action: String, label: &'static str| {
        view! {
            <form method="post" action=action>
                <button class="button" data-kind="plain" type="submit">
                    {label}
                </button>
            </form>
        }
    };
    view! {
        <section class="section" aria-labelledby="export-heading">
            <h2 id="export-heading">"Export"</h2>
            <p class="section__lead">
                {what} ", not only this page, newest first. The export itself is recorded here too."
            </p>
            <div class="activity-exports">
                {form(csv, "Export as CSV")} {form(json_lines, "Export as JSON lines")}
            </div>
        </section>
    }
}
