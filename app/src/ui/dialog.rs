//! A dialog above the page: the browser's own, with its focus trap and Escape.

use crate::browser;
use leptos::html;
use leptos::prelude::*;

/// Shows its children above the page while `open`. The browser closes it on Escape, and gives the focus back.
///
/// `open` is never bound to the element's `open` attribute: the browser changes that by itself.
#[component]
pub fn Dialog(
    /// The id of the heading inside, which names the dialog.
    labelled_by: &'static str,
    #[prop(into)] open: Signal<bool>,
    /// The browser closed it, or is asked to.
    on_close: Callback<()>,
    children: ChildrenFn,
) -> impl IntoView {
    let element = NodeRef::<html::Dialog>::new();
    Effect::new(move |was_open: Option<bool>| {
        let open = open.get();
        match (element.get(), was_open.unwrap_or(false), open) {
            // Also when it should be open already: Escape has closed it, and the browser has not said so yet.
            (Some(element), _, true) => browser::show_modal(&element),
            (Some(element), true, false) => browser::close(&element),
            (_, _, _) => {}
        }
        open
    });
    // The browser says that it closed a while after it did. By then it may have been opened again.
    let closed = move |_| {
        if !element.get_untracked().is_some_and(|element| browser::is_open(&element)) {
            on_close.run(());
        }
    };
    view! {
        <dialog class="dialog" node_ref=element aria-labelledby=labelled_by on:close=closed>
            <Show when=move || open.get()>
                <div class="dialog__body">{children()}</div>
            </Show>
        </dialog>
    }
}
