//! Wakes the screens up in the browser.

/// Called by the page once its WASM is there.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    // Says in the console what went wrong. Left out of the release: its texts are a tenth of the download.
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
