//! The page for addresses that lead nowhere.

use crate::paths;
use leptos::prelude::*;
use leptos_meta::Title;

/// Says so and leads back. The server sets the status.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Title text="Page not found" />
        <main class="entrance">
            <div class="entrance__card">
                <h1>"There is no page here"</h1>
                <p>"The address may be mistyped, or the page has moved."</p>
                <p>
                    <a class="button" data-kind="primary" href=paths::DEVELOPERS>
                        "Go to the developers tab"
                    </a>
                </p>
            </div>
        </main>
    }
}
