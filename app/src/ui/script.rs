//! A script of a few lines, for pages that are not worth their WASM.

use leptos::nonce::use_nonce;
use leptos::prelude::*;

/// Runs `code` once the page has been read, under the nonce of the content security policy.
#[component]
pub fn Script(code: &'static str) -> impl IntoView {
    view! {
        <script type="module" nonce=use_nonce()>
            {code}
        </script>
    }
}
