//! The pairs of the account.
//!
//! A table whose rows become cards on a narrow screen. The roles are spelled out because a table drawn as blocks is none
//! to a screen reader otherwise.

use super::desk::{Open, use_desk};
use super::key_cells::{LockedKeyCell, PrivateKeyCell, PublicKeyCell, RefusedKeyCell, shown_above};
use super::presentation::{left_of_overlap, status, works};
use super::wire::PairView;
use crate::paths;
use crate::ui::{Badge, Time};
use domain::KeyPairState;
use leptos::ev::MouseEvent;
use leptos::prelude::*;

/// Why a viewer finds every action disabled, and the element that says so.
const WHY_NOT: &str = "why-not";
const VIEWERS_MAY_NOT: &str =
    "You are a viewer of this account: only an owner or a developer can reveal, copy, roll or expire its keys.";

/// The table of pairs, newest first: what works above, what has ended below.
#[component]
pub fn PairTable() -> impl IntoView {
    let desk = use_desk();
    let (private_prefix, may_change) = desk.tab.with_untracked(|tab| (tab.private_prefix.clone(), tab.may_change));
    let row = move |pair: PairView| {
        view! { <PairRow pair private_prefix=private_prefix.clone() may_change /> }
    };
    view! {
        {(!may_change).then(|| view! { <p class="reason" id=WHY_NOT>{VIEWERS_MAY_NOT}</p> })}
        <table class="pairs" role="table" aria-label="Your key pairs">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Public key"</th>
                    <th role="columnheader" scope="col">"Private key (keep this confidential)"</th>
                    <th role="columnheader" scope="col">"Created on"</th>
                    <th role="columnheader" scope="col">"Status"</th>
                    <th role="columnheader" scope="col">
                        <span class="visually-hidden">"Actions"</span>
                    </th>
                </tr>
            </thead>
            <tbody role="rowgroup">
                // The state is part of the key: a pair that was rolled is drawn anew.
                <For
                    each=move || desk.tab.get().pairs
                    key=|pair| (pair.id.clone(), pair.state)
                    children=row
                />
            </tbody>
        </table>
    }
}

#[component]
fn PairRow(pair: PairView, private_prefix: String, may_change: bool) -> impl IntoView {
    let desk = use_desk();
    let PairView { id, public_key, created, state, ends, rolled_at } = pair.clone();
    let now = move || desk.now.get();
    let works_now = Memo::new(move |_| works(state, now()));
    let prefix = StoredValue::new(private_prefix);
    let private = move || {
        let prefix = prefix.get_value();
        if !works_now.get() || shown_above(desk) {
            view! { <LockedKeyCell private_prefix=prefix works=works_now.get() /> }.into_any()
        } else if !may_change {
            view! { <RefusedKeyCell private_prefix=prefix why=WHY_NOT /> }.into_any()
        } else {
            view! { <PrivateKeyCell pair=id.clone() private_prefix=prefix /> }.into_any()
        }
    };
    view! {
        <tr class="pair" role="row" data-state=move || if works_now.get() { state.as_str() } else { "ended" }>
            <td class="pair__public" role="cell" data-label="Public key">
                <PublicKeyCell public_key />
            </td>
            <td class="pair__private" role="cell" data-label="Private key (keep this confidential)">
                {private}
            </td>
            <td class="pair__created" role="cell" data-label="Created on">
                <Time moment=created />
            </td>
            <td class="pair__status" role="cell" data-label="Status">
                <Badge
                    tone=Signal::derive(move || status(state, now()).tone)
                    words=Signal::derive(move || status(state, now()).words)
                />
                {move || {
                    left_of_overlap(state, rolled_at, now())
                        .filter(|_| works_now.get())
                        .map(|left| view! { <progress class="overlap" max="1000" value=left aria-hidden="true"></progress> })
                }}
                {ends.map(|ends| view! { <p class="pair__ends"><Time moment=ends /></p> })}
            </td>
            <td class="pair__actions" role="cell">
                {move || works_now.get().then(|| view! { <PairAction pair=pair.clone() may_change /> })}
            </td>
        </tr>
    }
}

/// What can be done with a pair that works. A link to a page of its own, which the dialog only enhances.
#[component]
fn PairAction(pair: PairView, may_change: bool) -> impl IntoView {
    let desk = use_desk();
    let (href, label, kind) = match pair.state {
        KeyPairState::Active => (paths::roll(&pair.id), "Roll keys", "plain"),
        KeyPairState::Expiring { .. } | KeyPairState::Expired { .. } | KeyPairState::Revoked { .. } => {
            (paths::expire(&pair.id), "Expire now", "plain")
        }
    };
    if !may_change {
        return view! {
            <button class="button" data-kind=kind type="button" disabled aria-describedby=WHY_NOT>
                {label}
            </button>
        }
        .into_any();
    }
    let open = move |event: MouseEvent| {
        // A new tab or window was asked for: the link's own page is what the person gets there.
        if event.ctrl_key() || event.meta_key() || event.shift_key() {
            return;
        }
        event.prevent_default();
        desk.show(match pair.state {
            KeyPairState::Active => Open::Roll(pair.clone()),
            KeyPairState::Expiring { .. } | KeyPairState::Expired { .. } | KeyPairState::Revoked { .. } => {
                Open::Expire(pair.clone())
            }
        });
    };
    view! {
        <a class="button" data-kind=kind href=href on:click=open>
            {label}
        </a>
    }
    .into_any()
}
