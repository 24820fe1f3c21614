//! The page at `/admin/bulk-rolls/dry-run`: what rolling the lines would do. The counts come first, then what needs
//! somebody to look, then the accounts, a page at a time.

use super::super::frame::{ConsoleFailed, head};
use super::super::wire::Viewer;
use super::presentation::{accounts, fate, lines};
use super::server_fns::load_dry_run;
use super::wire::{BadLines, DryRunRow, DryRunTotals, DryRunView, OpenedDryRun};
use crate::paths;
use crate::ui::{Badge, Notice, Time, Tone, number};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// About the dry run that the query names.
#[component]
pub fn DryRunPage() -> impl IntoView {
    view! { <Opened title="Dry run" content=|run| view! { <Page run /> }.into_any() /> }
}

/// A page about a dry run that waits; once it was confirmed, the way to what it became.
#[component]
pub fn Opened(title: &'static str, content: fn(DryRunView) -> AnyView) -> impl IntoView {
    let search = use_location().search;
    let resource = Resource::new(move || search.get(), load_dry_run);
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                match resource.await {
                    Ok(OpenedDryRun::Waiting(run)) => {
                        let head = head(title, &run.viewer);
                        let content = content(*run);
                        view! {
                            {head}
                            <main class="dashboard" id="content" tabindex="-1">
                                {content}
                            </main>
                        }
                            .into_any()
                    }
                    Ok(OpenedDryRun::Begun(viewer, href)) => view! { <Begun viewer href /> }.into_any(),
                    Err(error) => view! { <ConsoleFailed error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Begun(viewer: Viewer, href: String) -> impl IntoView {
    view! {
        {head("Many accounts", &viewer)}
        <main class="dashboard" id="content" tabindex="-1">
            <h1>"This dry run was confirmed"</h1>
            <p>
                <a class="button" data-kind="primary" href=href rel="external">
                    "See how far the roll is"
                </a>
            </p>
        </main>
    }
}

#[component]
fn Page(run: DryRunView) -> impl IntoView {
    let DryRunView { id, made, totals, bad, rows, further, next, .. } = run;
    let nothing = totals.rolled == 0;
    view! {
        <p class="way-back">
            <a href=paths::ADMIN_NEW_BULK_ROLL rel="external">
                "Another list"
            </a>
        </p>
        <h1>"Dry run"</h1>
        <p class="dashboard__lead">
            "Nothing is rolled yet. The lines were looked at on " <Time moment=made /> ", and are not kept: only which account each names. It waits for you for a day."
        </p>
        <Totals totals />
        {if nothing {
            view! {
                <Notice tone=Tone::Notice>
                    <p>"There is no account to roll."</p>
                </Notice>
            }
                .into_any()
        } else {
            view! {
                <div class="activity-exports">
                    <a class="button" data-kind="primary" href=paths::admin_confirm_bulk_roll(&id) rel="external">
                        {format!("Go on with {}", accounts(totals.rolled))}
                    </a>
                </div>
            }
                .into_any()
        }}
        {(!bad.is_empty()).then(|| view! { <Bad bad /> })}
        {(totals.accounts > 0).then(|| view! { <Accounts rows further next /> })}
    }
}

#[component]
fn Totals(totals: DryRunTotals) -> impl IntoView {
    let DryRunTotals { accounts, rolled, only_immediately, rolled_since, disabled, bad_lines, repeated } = totals;
    let fact = |words: &'static str, count: u32| {
        view! {
            <div>
                <dt>{words}</dt>
                <dd>{number(count)}</dd>
            </div>
        }
    };
    view! {
        <dl class="account tally">
            {fact("Accounts found", accounts)}
            {fact("Would be rolled", rolled)}
            {(only_immediately > 0).then(|| fact("Of these only with Immediately", only_immediately))}
            {(disabled > 0).then(|| fact("Disabled accounts", disabled))}
            {(rolled_since > 0).then(|| fact("Rolled by somebody else since", rolled_since))}
            {fact("Lines that name no account to roll", bad_lines)}
            {(repeated > 0).then(|| fact("Lines that name an account again", repeated))}
        </dl>
    }
}

/// By what is wrong, with the numbers of the lines and nothing of what is in them.
#[component]
fn Bad(bad: Vec<BadLines>) -> impl IntoView {
    let item = |bad: BadLines| {
        view! {
            <li>
                <p>
                    <strong>{lines(bad.count)} ": "</strong>
                    {bad.sentence}
                </p>
                <Numbers count=bad.count lines=bad.lines />
            </li>
        }
    };
    view! {
        <section class="section" aria-labelledby="bad-heading">
            <h2 id="bad-heading">"Lines that name no account to roll"</h2>
            <p class="section__lead">"They are left out. What is in them is not shown: it may be a secret."</p>
            <ul class="bad-lines">{bad.into_iter().map(item).collect_view()}</ul>
        </section>
    }
}

/// Thousands of numbers are shown to whoever asks for them.
#[component]
fn Numbers(count: u32, lines: String) -> impl IntoView {
    const FEW: usize = 400;
    let many = lines.len() > FEW;
    let numbers = view! {
        <p class="roster__exact line-numbers">{if count == 1 { "Line " } else { "Lines " }} {lines}</p>
    };
    if many {
        view! {
            <details>
                <summary>"Which lines"</summary>
                {numbers}
            </details>
        }
        .into_any()
    } else {
        numbers.into_any()
    }
}

#[component]
fn Accounts(rows: Vec<DryRunRow>, further: bool, next: Option<String>) -> impl IntoView {
    let lead = if further {
        "Those that need a look come first, then all others in the order of the lines. This is not the first page."
    } else {
        "Those that need a look come first, then all others in the order of the lines."
    };
    view! {
        <section class="section" aria-labelledby="accounts-heading">
            <h2 id="accounts-heading">"Accounts"</h2>
            <p class="section__lead">{lead}</p>
            <table class="roster" role="table" data-of="dry-run" aria-labelledby="accounts-heading">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Line"</th>
                        <th role="columnheader" scope="col">"Account"</th>
                        <th role="columnheader" scope="col">"Owner"</th>
                        <th role="columnheader" scope="col">"Active pair"</th>
                        <th role="columnheader" scope="col">"What would happen"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows.into_iter().map(|row| view! { <Account row /> }).collect_view()}</tbody>
            </table>
            {next
                .map(|href| view! {
                    <nav class="pager" aria-label="Pages of accounts">
                        <a class="button" data-kind="plain" href=href rel="next external">
                            "Next page"
                        </a>
                    </nav>
                })}
        </section>
    }
}

#[component]
fn Account(row: DryRunRow) -> impl IntoView {
    let (tone, words, more) = fate(&row);
    let DryRunRow { line, href, name, owner, external_id, pair, .. } = row;
    let none = || view! { <span class="roster__none">"None"</span> }.into_any();
    view! {
        <tr class="roster__row" role="row">
            <td role="cell" data-label="Line">
                {number(line)}
            </td>
            <td role="cell" data-label="Account">
                <a class="roster__name" href=href rel="external">
                    <bdi>{name}</bdi>
                </a>
                {external_id.map(|id| view! { <p class="roster__exact"><bdi>{id}</bdi></p> })}
            </td>
            <td role="cell" data-label="Owner">
                {owner.map_or_else(none, |owner| view! { <bdi>{owner}</bdi> }.into_any())}
            </td>
            <td role="cell" data-label="Active pair">
                <code class="roster__exact">{pair}</code>
            </td>
            <td role="cell" data-label="What would happen">
                <Badge tone=tone words=words />
                {more.map(|more| view! { <p class="roster__exact">{more}</p> })}
            </td>
        </tr>
    }
}
