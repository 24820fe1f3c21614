//! How to keep keys safe.

use leptos::prelude::*;

/// The advice under the pairs.
#[component]
pub fn Advice() -> impl IntoView {
    view! {
        <section class="section" aria-labelledby="advice">
            <h2 id="advice">"Keep the private key safe"</h2>
            <ul class="advice">
                <li>"Keep it on servers. Web pages and apps carry the public key only."</li>
                <li>"Keep it out of code, and out of files inside the source tree: a commit is for ever."</li>
                <li>"Put it into an environment variable, or into a file outside the source tree that only your program can read."</li>
                <li>"Roll the keys when somebody who knew them leaves, and at once when you think they leaked."</li>
            </ul>
        </section>
    }
}
