//! Copies a text that is no secret, and tells the truth about it.

use super::{Button, ButtonKind, SelectedField, use_announcer};
use crate::browser;
use leptos::prelude::*;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copy {
    Idle,
    Done,
    Failed,
}

const CONFIRM_FOR: Duration = Duration::from_secs(2);

/// Copies `text`. Says "Copied" only when the browser did; otherwise shows the text selected.
#[component]
pub fn CopyButton(
    /// What the text is: "public key".
    what: &'static str,
    text: String,
    #[prop(default = 2)] rows: u32,
    #[prop(into)] disabled: Signal<bool>,
) -> impl IntoView {
    let (state, set_state) = signal(Copy::Idle);
    let announcer = use_announcer();
    let stored = StoredValue::new(text);
    let copy = Callback::new(move |_| {
        set_state.set(Copy::Idle);
        browser::later(async move {
            if browser::copy(stored.get_value()).await.is_ok() {
                set_state.set(Copy::Done);
                announcer.say(&format!("Copied the {what}."));
                set_timeout(
                    move || {
                        set_state.try_set(Copy::Idle);
                    },
                    CONFIRM_FOR,
                );
            } else {
                set_state.set(Copy::Failed);
            }
        });
    });
    let label = move || match state.get() {
        Copy::Idle | Copy::Failed => "Copy".to_owned(),
        Copy::Done => "Copied".to_owned(),
    };
    view! {
        <Button
            kind=ButtonKind::Inline
            label=Signal::derive(label)
            name=format!("Copy {what}")
            disabled=disabled
            on_press=copy
        />
        <Show when=move || state.get() == Copy::Failed>
            <SelectedField what=what text=stored.get_value() rows=rows />
        </Show>
    }
}
