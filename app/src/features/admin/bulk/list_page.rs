//! The page at `/admin/bulk-rolls`: the latest bulk rolls.

use super::super::frame::{ConsoleFailed, head};
use super::presentation::{done, going};
use super::server_fns::load_bulk_rolls;
use super::wire::{BulkRollLine, BulkRollsView};
use crate::paths;
use crate::ui::{Badge, Time};
use leptos::prelude::*;

/// Newest first.
#[component]
pub fn BulkRollsPage() -> impl IntoView {
    let resource = Resource::new(|| (), |()| load_bulk_rolls());
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                match resource.await {
                    Ok(list) => view! { <Page list /> }.into_any(),
                    Err(error) => view! { <ConsoleFailed error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Page(list: BulkRollsView) -> impl IntoView {
    let BulkRollsView { viewer, rolls } = list;
    view! {
        {head("Many accounts", &viewer)}
        <main class="dashboard" id="content" tabindex="-1">
            <p class="way-back">
                <a href=paths::ADMIN rel="external">
                    "All accounts"
                </a>
            </p>
            <h1>"Many accounts"</h1>
            <p class="dashboard__lead">
                "Rolls of many accounts at once. Each goes on by itself, one account after the other, also through a restart."
            </p>
            <div class="activity-exports">
                <a class="button" data-kind="primary" href=paths::ADMIN_NEW_BULK_ROLL rel="external">
                    "Roll many accounts"
                </a>
            </div>
            <section class="section" aria-labelledby="rolls-heading">
                <h2 id="rolls-heading">"Latest"</h2>
                {if rolls.is_empty() {
                    view! {
                        <div class="activity-none">
                            <p>"There has been none yet."</p>
                        </div>
                    }
                        .into_any()
                } else {
                    view! { <Table rolls /> }.into_any()
                }}
            </section>
        </main>
    }
}

#[component]
fn Table(rolls: Vec<BulkRollLine>) -> impl IntoView {
    view! {
        <table class="roster" role="table" data-of="bulk-rolls" aria-labelledby="rolls-heading">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Begun"</th>
                    <th role="columnheader" scope="col">"By"</th>
                    <th role="columnheader" scope="col">"Reason"</th>
                    <th role="columnheader" scope="col">"Accounts done"</th>
                    <th role="columnheader" scope="col">"State"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rolls.into_iter().map(|roll| view! { <Line roll /> }).collect_view()}</tbody>
        </table>
    }
}

#[component]
fn Line(roll: BulkRollLine) -> impl IntoView {
    let (tone, words) = going(roll.going);
    view! {
        <tr class="roster__row" role="row">
            <td role="cell" data-label="Begun">
                <a class="roster__name" href=roll.href rel="external">
                    <Time moment=roll.begun />
                </a>
            </td>
            <td role="cell" data-label="By">
                <bdi>{roll.by}</bdi>
            </td>
            <td role="cell" data-label="Reason">
                <bdi>{roll.reason}</bdi>
            </td>
            <td role="cell" data-label="Accounts done">
                {done(roll.counts)}
            </td>
            <td role="cell" data-label="State">
                <Badge tone=tone words=words />
            </td>
        </tr>
    }
}
