//! The two halves of a pair, each with what can be done with it.

use super::desk::{Because, Desk, Open, Purpose, Secret, use_desk};
use super::presentation::mask;
use crate::browser;
use crate::ui::{Button, ButtonKind, CopyButton, SelectedField};
use domain::PairId;
use leptos::prelude::*;
use std::time::Duration;

/// The public key: readable, selectable as a whole, copied with a click.
#[component]
pub fn PublicKeyCell(public_key: String) -> impl IntoView {
    view! {
        <div class="key-cell">
            <code class="key" translate="no">
                {public_key.clone()}
            </code>
            <div class="key-cell__actions">
                <CopyButton what="public key" text=public_key disabled=!browser::AWAKE />
            </div>
        </div>
    }
}

/// The private key: masked until it is asked for, then shown for a minute.
#[component]
pub fn PrivateKeyCell(pair: PairId, private_prefix: String) -> impl IntoView {
    let desk = use_desk();
    let pair = StoredValue::new(pair);
    let mask = StoredValue::new(mask(&private_prefix));
    let because = move || {
        desk.secret.with(|secret| match secret {
            Secret::Shown { pair: shown, because, .. } if pair.with_value(|pair| pair == shown) => Some(*because),
            Secret::Shown { .. } | Secret::Hidden => None,
        })
    };
    view! {
        <div class="key-cell">
            {move || match because() {
                None => view! { <Masked pair mask /> }.into_any(),
                Some(Because::Asked) => view! { <Shown pair /> }.into_any(),
                Some(Because::CopyFailed) => view! { <ShownToCopy desk /> }.into_any(),
            }}
        </div>
    }
}

/// A private key that somebody in this role cannot ask for. The buttons are there, and say why they are disabled.
#[component]
pub fn RefusedKeyCell(
    private_prefix: String,
    /// The id of the element that says why.
    why: &'static str,
) -> impl IntoView {
    let button = |label: &'static str, name: &'static str| {
        view! {
            <button class="button" data-kind="inline" type="button" disabled aria-label=name aria-describedby=why>
                {label}
            </button>
        }
    };
    view! {
        <div class="key-cell">
            <code class="key" data-masked="" translate="no">
                {mask(&private_prefix)}
            </code>
            <div class="key-cell__actions">
                {button("Reveal", "Reveal private key")} {button("Copy", "Copy private key")}
            </div>
        </div>
    }
}

/// A private key that cannot be asked for here: it was destroyed, or is shown above.
#[component]
pub fn LockedKeyCell(private_prefix: String, works: bool) -> impl IntoView {
    let hint = if works { "Hidden." } else { "These keys have expired: nobody can reveal them." };
    view! {
        <div class="key-cell">
            <code class="key" data-masked="" translate="no">
                {mask(&private_prefix)}
            </code>
            <p class="key-cell__hint">{hint}</p>
        </div>
    }
}

#[component]
fn Masked(pair: StoredValue<PairId>, mask: StoredValue<String>) -> impl IntoView {
    let desk = use_desk();
    let mine = move |other: &Option<PairId>| other.as_ref().is_some_and(|other| pair.with_value(|pair| pair == other));
    let copied = move || desk.copied.with(mine);
    let fetching = move || desk.fetching.with(mine);
    let hint = move || match (browser::AWAKE, fetching()) {
        (false, _) => "To show or copy it, this page needs JavaScript.",
        (true, true) => "Fetching the key…",
        (true, false) => "Hidden. You may be asked for your password.",
    };
    view! {
        <code class="key" data-masked="" translate="no">
            {mask.get_value()}
        </code>
        <div class="key-cell__actions">
            <Button
                kind=ButtonKind::Inline
                label="Reveal"
                name="Reveal private key"
                disabled=!browser::AWAKE
                on_press=Callback::new(move |_| desk.fetch(Purpose::Reveal(pair.get_value())))
            />
            <Button
                kind=ButtonKind::Inline
                label=Signal::derive(move || if copied() { "Copied".to_owned() } else { "Copy".to_owned() })
                name="Copy private key"
                disabled=!browser::AWAKE
                on_press=Callback::new(move |_| desk.fetch(Purpose::Copy(pair.get_value())))
            />
        </div>
        <p class="key-cell__hint">{hint}</p>
    }
}

#[component]
fn Shown(pair: StoredValue<PairId>) -> impl IntoView {
    let desk = use_desk();
    let copied =
        move || desk.copied.with(|copied| copied.as_ref().is_some_and(|copied| pair.with_value(|pair| pair == copied)));
    view! {
        <code class="key" data-secret="" translate="no" spellcheck="false">
            {move || secret_text(desk)}
        </code>
        <div class="key-cell__actions">
            <Button
                kind=ButtonKind::Inline
                label="Hide"
                name="Hide private key"
                on_press=Callback::new(move |_| desk.hide_secret())
            />
            <Button
                kind=ButtonKind::Inline
                label=Signal::derive(move || if copied() { "Copied".to_owned() } else { "Copy".to_owned() })
                name="Copy private key"
                on_press=Callback::new(move |_| copy_shown(desk, pair.get_value()))
            />
        </div>
        <p class="key-cell__hint">"Shown for one minute. Leaving this page hides it."</p>
    }
}

#[component]
fn ShownToCopy(desk: Desk) -> impl IntoView {
    view! {
        <SelectedField what="private key" text=untrack(|| secret_text(desk)) />
        <div class="key-cell__actions">
            <Button
                kind=ButtonKind::Inline
                label="Hide"
                name="Hide private key"
                on_press=Callback::new(move |_| desk.hide_secret())
            />
        </div>
    }
}

fn secret_text(desk: Desk) -> String {
    desk.secret.with(|secret| match secret {
        Secret::Shown { key, .. } => key.expose().to_owned(),
        Secret::Hidden => String::new(),
    })
}

/// Copies what is on the screen; shows it selected if the browser does not take it.
fn copy_shown(desk: Desk, pair: PairId) {
    let text = untrack(|| secret_text(desk));
    browser::later(async move {
        if browser::copy(text).await.is_ok() {
            desk.copied.set(Some(pair));
            desk.announcer.say("Copied the private key.");
            set_timeout(
                move || {
                    desk.copied.try_set(None);
                },
                Duration::from_secs(2),
            );
        } else {
            desk.secret.update(|secret| {
                if let Secret::Shown { because, .. } = secret {
                    *because = Because::CopyFailed;
                }
            });
        }
    });
}

/// Whether a dialog stands above the table that shows the same key: then the table does not.
pub fn shown_above(desk: Desk) -> bool {
    desk.open.with(|open| matches!(open, Open::Rolled { .. }))
}
