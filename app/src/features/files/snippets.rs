//! Code for uploading without this dashboard, with the account's public key and this server's address filled in.
//!
//! Each is a whole program that runs as it stands once `API_PRIVATE_KEY` is set, and the test suites run them so. The one in
//! Rust is an example of the server's crate: it is compiled, linted and run with it.

use crate::ui::{CodeBlock, Script};
use leptos::prelude::*;

/// What stands in the programs for the account's public key, and for this server's address.
const PUBLIC_KEY: &str = "{{public_key}}";
const URL: &str = "{{url}}";

/// One snippet.
struct Snippet {
    title: &'static str,
    what: &'static str,
    code: &'static str,
}

/// Where the private key is: it signs what the browser sends.
const ENDPOINTS: [Snippet; 4] = [
    Snippet {
        title: "Node.js with @imagekit/nodejs",
        what: "Node.js code with the library",
        code: include_str!("snippets/with_library.mjs"),
    },
    Snippet { title: "Node.js", what: "Node.js code", code: include_str!("snippets/plain.mjs") },
    Snippet { title: "Python", what: "Python code", code: include_str!("snippets/plain.py") },
    Snippet { title: "Rust (axum)", what: "Rust code", code: include_str!("snippets/endpoint.rs") },
];

const BROWSER_HALF: Snippet =
    Snippet { title: "Web page", what: "code of the web page", code: include_str!("snippets/page.html") };

/// The program in Rust with `public_key` filled in. Its file begins with what only our own lints need, up to the first
/// empty line.
pub fn rust_program(public_key: &str) -> String {
    filled(include_str!("snippets/endpoint.rs"), public_key, "")
}

fn filled(code: &str, public_key: &str, url: &str) -> String {
    let shown = if code.starts_with("//!") { code.split_once("\n\n").map_or(code, |(_, shown)| shown) } else { code };
    shown.trim_end().replace(PUBLIC_KEY, public_key).replace(URL, url)
}

/// The snippets below the list.
#[component]
pub fn Snippets(public_url: String, public_key: String) -> impl IntoView {
    let block = |Snippet { title, what, code }: Snippet| {
        let code = filled(code, &public_key, &public_url);
        view! { <CodeBlock title=title what=what code=code disabled=true /> }
    };
    view! {
        <section class="section" aria-labelledby="endpoint-heading">
            <h2 id="endpoint-heading">"Uploads from your own web pages"</h2>
            <p class="section__lead">
                "Your page asks your server, which has the private key, to sign one upload; then it sends the file here by itself. The server's half, which reads the private key from the environment variable "
                <code>"API_PRIVATE_KEY"</code> ", is one of these:"
            </p>
            <div class="snippets">{ENDPOINTS.map(block).collect_view()}</div>
            <p class="section__lead">"And the browser's half, which has no key at all:"</p>
            <div class="snippets">{block(BROWSER_HALF)}</div>
        </section>
        <Script code=include_str!("../../ui/copy_code.js") />
    }
}
