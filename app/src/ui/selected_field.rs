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
    let help_id = format!("selected-{}", what.replace(' ', "-"));
    Effect::new(move || {
        if let Some(field) = field.get() {
            // Filled here and not by the view, which would fill it after it was selected.
            field.set_value(&text);
            browser::select(&field);
        }
    });
    view! {
        <div class="selected-field">
            <textarea
                class="selected-field__text"
                aria-label=format!("{what}, selected")
                aria-describedby=help_id.clone()
                readonly
                rows=rows
                spellcheck="false"
                autocomplete="off"
                data-1p-ignore
                data-lpignore="true"
                node_ref=field
            ></textarea>
            <p class="selected-field__help" id=help_id role="status">
                {format!("The {what} could not be copied here. It is shown and selected: press {}.", browser::copy_shortcut())}
            </p>
        </div>
    }
}
