//! The live part of a page: what the browser draws anew, and keeps alive, once its WASM is there.
//!
//! The server draws every page whole. What is alive on it stands in an element of its own, with the facts it was drawn
//! from; the browser draws the same component from the same facts in its place. Nothing is hydrated, so the two drawings
//! need not be the same to the letter: where the server says a time in UTC, the browser says it in the person's zone.

use crate::browser;
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Draws a live part on the server, and brings the WASM that will wake it: pages without one load none.
///
/// `facts` are written into the page: nothing secret may be in them.
pub fn live<T: Serialize>(name: &'static str, facts: &T, drawn: impl IntoView) -> impl IntoView {
    let facts = serde_json::to_string(facts).unwrap_or_default();
    let scripts = use_context::<LeptosOptions>().map(|options| view! { <HydrationScripts options /> });
    view! {
        <div class="live" id=name data-facts=facts>
            {drawn}
        </div>
        {scripts}
    }
}

/// Draws the live part of this name anew in the browser, if it is on this page.
pub fn wake<T, V>(name: &str, draw: impl FnOnce(T) -> V + 'static)
where
    T: DeserializeOwned + 'static,
    V: IntoView + 'static,
{
    let Some(place) = browser::find_live(name) else {
        return;
    };
    // From bytes, as answers of server functions are read: the second copy of the reader is not needed.
    if let Ok(facts) = serde_json::from_slice::<T>(place.facts.as_bytes()) {
        browser::draw_anew(place, move || draw(facts));
    }
}
