//! The callers of a pair: a table whose rows become cards on a narrow screen. The roles are spelled out because a table drawn
//! as blocks is none to a screen reader otherwise.

use super::section::When;
use super::wire::{CallerRow, CallerView};
use crate::ui::{Badge, Time, Tone, number};
use domain::usage::Outcome;
use leptos::prelude::*;

/// The callers of this page.
#[component]
pub fn Callers(callers: Vec<CallerRow>) -> impl IntoView {
    view! {
        <table class="cards" role="table" aria-labelledby="callers-heading">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Caller"</th>
                    <th role="columnheader" scope="col">"Requests"</th>
                    <th role="columnheader" scope="col">"Last seen"</th>
                    <th role="columnheader" scope="col">"First seen"</th>
                    <th role="columnheader" scope="col">"Last request"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{callers.into_iter().map(|row| view! { <Row row /> }).collect_view()}</tbody>
        </table>
    }
}

#[component]
fn Row(row: CallerRow) -> impl IntoView {
    let CallerRow { caller, accepted, refused, first, last, last_route, last_outcome } = row;
    view! {
        <tr class="card caller" role="row">
            <td role="cell" data-label="Caller">
                <Who caller />
            </td>
            <td role="cell" data-label="Requests">
                <p>{format!("{} accepted", number(accepted))}</p>
                {(refused > 0).then(|| view! { <p>{format!("{} refused", number(refused))}</p> })}
            </td>
            <td role="cell" data-label="Last seen">
                <When seen=Some(last) never="" />
            </td>
            <td role="cell" data-label="First seen">
                <span class="use__exact"><Time moment=first /></span>
            </td>
            <td role="cell" data-label="Last request">
                <p>
                    <bdi class="caller__route" translate="no">
                        {last_route}
                    </bdi>
                </p>
                <p>
                    <Came outcome=last_outcome />
                </p>
            </td>
        </tr>
    }
}

/// As it calls itself, which is a stranger's text.
#[component]
fn Who(caller: CallerView) -> impl IntoView {
    match caller {
        CallerView::Program { address, user_agent } => {
            let nameless = user_agent.is_empty();
            let placeless = address.is_empty();
            view! {
                <p>
                    {if nameless {
                        view! { <span class="caller__unsaid">"No user agent"</span> }.into_any()
                    } else {
                        view! { <bdi class="caller__name" translate="no">{user_agent}</bdi> }.into_any()
                    }}
                </p>
                <p class="caller__address">
                    {if placeless {
                        view! { "Unknown address" }.into_any()
                    } else {
                        view! { <bdi translate="no">{address}</bdi> }.into_any()
                    }}
                </p>
            }
            .into_any()
        }
        CallerView::Others => view! {
            <p>
                <strong>"Others"</strong>
            </p>
            <p class="caller__address">"Callers that came when there were too many to be told apart."</p>
        }
        .into_any(),
    }
}

#[component]
fn Came(outcome: Outcome) -> impl IntoView {
    let tone = if outcome.is_accepted() { Tone::Quiet } else { Tone::Notice };
    view! { <Badge tone=tone words=words(outcome).to_owned() /> }
}

/// What came of a request.
const fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "Accepted",
        Outcome::Expired => "Refused: expired",
        Outcome::Revoked => "Refused: ended",
        Outcome::AccountDisabled => "Refused: account disabled",
        Outcome::FromBrowser => "Refused: from a browser",
        Outcome::InUrl => "Refused: key in a URL",
        Outcome::OriginNotAllowed => "Refused: origin not listed",
        Outcome::TooManyRequests => "Refused: too many requests",
    }
}
