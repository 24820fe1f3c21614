//! The records: a table on wide screens, cards of the same on narrow ones.

use super::wire::{Fact, Row};
use super::words::{Outcome, Piece};
use crate::ui::{Badge, Time, Tone};
use leptos::prelude::*;

/// The records of this page.
#[component]
pub fn Rows(rows: Vec<Row>) -> impl IntoView {
    view! {
        <table class="activity" aria-label="Activity, newest first">
            <thead>
                <tr>
                    <th scope="col">"When"</th>
                    <th scope="col">"What happened"</th>
                    <th scope="col">"From"</th>
                    <th scope="col">"On record"</th>
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(|row| view! { <Record row /> }).collect_view()}</tbody>
        </table>
    }
}

#[component]
fn Record(row: Row) -> impl IntoView {
    let Row { at, ago, sentence, outcome, quoted, address, device, facts } = row;
    let refused = outcome == Outcome::Refused;
    let nowhere = address.is_none() && device.is_none();
    view! {
        <tr class="activity__row">
            <td class="activity__when">
                <span class="activity__ago">{ago}</span>
                <Time moment=at />
            </td>
            <td class="activity__what">
                {refused
                    .then(|| view! {
                        <p>
                            <Badge tone=Tone::Notice words="Refused".to_owned() />
                        </p>
                    })}
                <p>{sentence.into_iter().map(said).collect_view()}</p>
                {quoted.map(|text| view! { <p class="activity__quoted"><bdi>{text}</bdi></p> })}
            </td>
            <td class="activity__from">
                {address.map(|address| view! { <bdi class="activity__address">{address}</bdi> })}
                {device.map(|device| view! { <bdi class="activity__device">{device}</bdi> })}
                {nowhere.then(|| view! { <span class="activity__device">"On the server"</span> })}
            </td>
            <td class="activity__facts">
                <details>
                    <summary>"Details"</summary>
                    <dl class="facts">{facts.into_iter().map(|fact| view! { <Recorded fact /> }).collect_view()}</dl>
                </details>
            </td>
        </tr>
    }
}

/// `bdi` keeps a name that runs from right to left, or means to, from rearranging the sentence around it.
fn said(piece: Piece) -> AnyView {
    match piece {
        Piece::Words(words) => words.into_any(),
        Piece::Name(name) => view! { <bdi class="activity__name">{name}</bdi> }.into_any(),
    }
}

#[component]
fn Recorded(fact: Fact) -> impl IntoView {
    view! {
        <dt>{fact.name}</dt>
        <dd>
            <bdi class="activity__fact">{fact.value}</bdi>
        </dd>
    }
}
