//! The document every page is drawn into. Only the server draws it.

use crate::routes::App;
use crate::ui::Script;
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags};

/// The whole of a page: head, styles and the screens. A live part brings its own scripts.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="robots" content="noindex" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <HashedStylesheet options id="leptos" />
                <Script code=include_str!("ui/local_times.js") />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
