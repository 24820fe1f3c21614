//! A labelled field of several lines.

use leptos::html;
use leptos::prelude::*;

/// A field of several lines. Works in a plain form post.
#[component]
pub fn TextArea(
    /// The name the form sends it under. Unique on the page, since the ids are made of it.
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    /// How many lines are shown.
    rows: u32,
    #[prop(optional)] required: bool,
    /// What the field starts with.
    #[prop(optional, into)]
    value: String,
    /// What is wrong with what was typed.
    #[prop(default = None)]
    error: Option<&'static str>,
) -> impl IntoView {
    let id = format!("field-{name}");
    let hint_id = format!("{id}-hint");
    let error_id = format!("{id}-error");
    let described_by = if error.is_some() { error_id.clone() } else { hint_id.clone() };
    let bare = html::textarea()
        .class("field__input field__lines")
        .id(id.clone())
        .name(name)
        .rows(rows.to_string())
        .autocomplete("off")
        .autocapitalize("none")
        .spellcheck("false")
        .required(required)
        .aria_invalid(error.map(|_| "true"))
        .aria_describedby(described_by);
    // Not even an empty text within: Leptos marks its place, and what stands there is the field's value.
    let field = if value.is_empty() { bare.into_any() } else { bare.child(as_content(&value)).into_any() };
    view! {
        <div class="field" data-invalid=error.map(|_| "")>
            <label class="field__label" for=id>
                {label}
            </label>
            {field}
            <p class="field__hint" id=hint_id>
                {hint}
            </p>
            <p class="field__error" id=error_id role="alert">
                {error}
            </p>
        </div>
    }
}

/// A text as the content of a `<textarea>`. Leptos does not escape what is written between the tags itself, and a browser
/// drops the first line break there, so one is put before whatever comes.
fn as_content(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("\n{escaped}")
}

#[cfg(test)]
mod tests {
    use super::as_content;

    #[test]
    fn what_was_typed_cannot_end_its_field() {
        assert_eq!(as_content("</textarea><b>&amp;"), "\n&lt;/textarea&gt;&lt;b&gt;&amp;amp;");
        assert_eq!(as_content("\nsecond line"), "\n\nsecond line");
    }
}
