//! Code to take away, with the person's own public key and the company's API address filled in.
//!
//! Each runs as it stands once `API_PRIVATE_KEY` is set; the test suite runs them so.

use super::desk::use_desk;
use crate::browser;
use crate::ui::CodeBlock;
use leptos::prelude::*;

/// One snippet.
struct Snippet {
    title: &'static str,
    what: &'static str,
    code: String,
}

fn snippets(api_url: &str, public_key: &str) -> [Snippet; 4] {
    [
        Snippet {
            title: "Environment file",
            what: "environment file",
            code: format!(
                "# Keep this file outside your source tree.\n\
                 API_URL={api_url}\n\
                 API_PUBLIC_KEY={public_key}\n\
                 # Copy the private key from above to the end of this line:\n\
                 API_PRIVATE_KEY="
            ),
        },
        Snippet {
            title: "curl",
            what: "curl command",
            code: format!("curl --user \"$API_PRIVATE_KEY:\" {api_url}/v1/account"),
        },
        Snippet {
            title: "JavaScript (fetch)",
            what: "JavaScript code",
            code: format!(
                "const response = await fetch(\"{api_url}/v1/account\", {{\n  \
                   headers: {{ Authorization: \"Basic \" + btoa(process.env.API_PRIVATE_KEY + \":\") }},\n\
                 }});\n\
                 console.log(response.status, await response.json());"
            ),
        },
        Snippet {
            title: "Python (requests)",
            what: "Python code",
            code: format!(
                "import os\n\
                 import requests\n\
                 \n\
                 response = requests.get(\n    \
                     \"{api_url}/v1/account\",\n    \
                     auth=(os.environ[\"API_PRIVATE_KEY\"], \"\"),\n\
                 )\n\
                 print(response.status_code, response.json())"
            ),
        },
    ]
}

/// The snippets under the pairs. After a roll they hold the new public key.
#[component]
pub fn Snippets() -> impl IntoView {
    let desk = use_desk();
    let api_url = desk.tab.with_untracked(|tab| tab.api_url.clone());
    let public_key = Memo::new(move |_| {
        desk.tab.with(|tab| tab.pairs.first().map(|pair| pair.public_key.clone()).unwrap_or_default())
    });
    let blocks = move || {
        snippets(&api_url, &public_key.get())
            .into_iter()
            .map(|Snippet { title, what, code }| {
                view! { <CodeBlock title=title what=what code=code disabled=!browser::AWAKE /> }
            })
            .collect_view()
    };
    view! {
        <section class="section" aria-labelledby="snippets">
            <h2 id="snippets">"Your first request"</h2>
            <p class="section__lead">
                "The private key comes from the environment variable " <code>"API_PRIVATE_KEY"</code>
                ", so it is never in your code."
            </p>
            <div class="snippets">{blocks}</div>
        </section>
    }
}
