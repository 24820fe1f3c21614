//! What is shown when a copy did not happen: the text itself, selected, and what to press.

use crate::browser;
use leptos::html;
use leptos::prelude::*;

/// A read-only field holding `text`, focused and selected as soon as it appears.
#[component]
pub fn SelectedField(
    /// What the text is: "private key".
    what: &'static str,
    text: String,
    #[prop(default = 2)] rows: u32,
) -> impl IntoView {
    let field = NodeRef::<html::Textarea>::new();
    Effect::new(move || {
        if let Some(field) = field.get() {
            browser::select(&field);
        }
    });
    view! {
        <div class="selected-field">
            <textarea
                class="selected-field__text"
                aria-label=format!("{what}, selected")
                aria-describedby="selected-field-help"
                readonly
                rows=rows
                spellcheck="false"
                autocomplete="off"
                data-1p-ignore
                data-lpignore="true"
                node_ref=field
                prop:value=text
            ></textarea>
            <p class="selected-field__help" id="selected-field-help" role="status">
                {format!("The {what} could not be copied here. It is shown and selected: press {}.", browser::copy_shortcut())}
            </p>
        </div>
    }
}
