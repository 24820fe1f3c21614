//! Buttons.

use leptos::ev::MouseEvent;
use leptos::prelude::*;

/// What a button is for. One primary or danger button in a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ButtonKind {
    /// The one thing to do here.
    Primary,
    /// Anything else.
    #[default]
    Plain,
    /// Small and beside what it acts on.
    Inline,
    /// Ends something for good.
    Danger,
}

impl ButtonKind {
    /// The value of `data-kind`, which the styles know.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Plain => "plain",
            Self::Inline => "inline",
            Self::Danger => "danger",
        }
    }
}

/// A button that does something on this page. Asleep until the page is awake, since nothing would happen.
#[component]
pub fn Button(
    #[prop(optional)] kind: ButtonKind,
    #[prop(into)] label: Signal<String>,
    /// What the label leaves to the eye: "Copy private key" for a button that only says "Copy".
    #[prop(optional, into)]
    name: Option<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
    on_press: Callback<MouseEvent>,
) -> impl IntoView {
    view! {
        <button
            class="button"
            type="button"
            data-kind=kind.as_str()
            aria-label=name
            disabled=move || disabled.get()
            on:click=move |event| on_press.run(event)
        >
            {move || label.get()}
        </button>
    }
}
