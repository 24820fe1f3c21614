//! A piece of code to take away.

use super::CopyButton;
use leptos::prelude::*;

/// Code with its title and a button that copies it as it stands.
#[component]
pub fn CodeBlock(
    title: &'static str,
    /// What the code is, for the button: "curl command".
    what: &'static str,
    code: String,
    #[prop(into)] disabled: Signal<bool>,
) -> impl IntoView {
    let rows = u32::try_from(code.lines().count()).unwrap_or(1).max(1);
    view! {
        <section class="code-block">
            <header class="code-block__head">
                <h3 class="code-block__title">{title}</h3>
                <CopyButton what=what text=code.clone() rows=rows disabled=disabled />
            </header>
            <pre class="code-block__code" tabindex="0" aria-label=title data-snippet=title>
                <code translate="no">{code}</code>
            </pre>
        </section>
    }
}
