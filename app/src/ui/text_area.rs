//! A labelled field of several lines.

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
    view! {
        <div class="field" data-invalid=error.map(|_| "")>
            <label class="field__label" for=id.clone()>
                {label}
            </label>
            <textarea
                class="field__input field__lines"
                id=id
                name=name
                rows=rows.to_string()
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                required=required
                aria-invalid=error.map(|_| "true")
                aria-describedby=described_by
                inner_html=as_content(&value)
            ></textarea>
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
    if escaped.is_empty() { escaped } else { format!("\n{escaped}") }
}

#[cfg(test)]
mod tests {
    use super::as_content;

    #[test]
    fn what_was_typed_cannot_end_its_field() {
        assert_eq!(as_content("</textarea><b>&amp;"), "\n&lt;/textarea&gt;&lt;b&gt;&amp;amp;");
        assert_eq!(as_content("\nsecond line"), "\n\nsecond line");
        assert_eq!(as_content(""), "");
    }
}
