//! What stands in the place of a page that could not be drawn.

use crate::error::AppError;
use crate::ui::{Notice, Tone};
use leptos::prelude::*;
use leptos_meta::Title;

/// Says why, and leads on. Somebody signed out is on their way to the sign-in page.
#[component]
pub fn Failed(
    /// What the page would have been about. Whose it is, is not known.
    title: &'static str,
    error: AppError,
    /// Where to go on.
    href: &'static str,
    /// What that is.
    label: &'static str,
) -> impl IntoView {
    view! {
        <Title text=title />
        <main class="entrance">
            <div class="entrance__card">
                <h1>{title}</h1>
                <Notice tone=Tone::Danger>
                    <p>{error.sentence()}</p>
                </Notice>
                <p>
                    <a class="button" data-kind="primary" href=href rel="external">
                        {label}
                    </a>
                </p>
            </div>
        </main>
    }
}
