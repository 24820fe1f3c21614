//! Wakes the live part of a page up in the browser.

/// Called by the page once its WASM is there. Leptos' script asks for a function of this name.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    // Says in the console what went wrong. Left out of the release: its texts are a tenth of the download.
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    app::wake();
}
