//! A state in a word, a shape and a colour.

use leptos::prelude::*;

/// How loud something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Quiet,
    /// Will change by itself.
    Notice,
    /// Over.
    Muted,
    /// Something went well.
    Success,
    /// Something is wrong, or about to end.
    Danger,
}

impl Tone {
    /// The value of `data-tone`, which the styles know.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Notice => "notice",
            Self::Muted => "muted",
            Self::Success => "success",
            Self::Danger => "danger",
        }
    }
}

/// A state: the tone's shape and colour, and the words.
#[component]
pub fn Badge(#[prop(into)] tone: Signal<Tone>, #[prop(into)] words: Signal<String>) -> impl IntoView {
    view! {
        <span class="badge" data-tone=move || tone.get().as_str()>
            <span class="badge__shape" aria-hidden="true"></span>
            {move || words.get()}
        </span>
    }
}
