//! Something the page wants known: above what it is about.

use super::Tone;
use leptos::prelude::*;

/// A notice. Danger ones are read out at once.
#[component]
pub fn Notice(tone: Tone, children: Children) -> impl IntoView {
    let role = match tone {
        Tone::Danger => "alert",
        Tone::Quiet | Tone::Notice | Tone::Muted | Tone::Success => "status",
    };
    view! {
        <div class="notice" data-tone=tone.as_str() role=role>
            <span class="notice__shape" aria-hidden="true"></span>
            <div class="notice__body">{children()}</div>
        </div>
    }
}
