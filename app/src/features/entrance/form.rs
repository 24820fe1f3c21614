//! A form that works without WASM, and without a page load with it.

use crate::browser;
use crate::error::AppError;
use crate::ui::use_form_error;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// What a form is doing, and what it came back with.
#[derive(Clone, Copy)]
pub struct FormState {
    /// Sent, not answered yet.
    pub pending: RwSignal<bool>,
    /// What is wrong. Starts with what the URL says, if the form was sent without WASM.
    pub error: RwSignal<Option<AppError>>,
}

impl FormState {
    /// The state of the form that calls `F`.
    pub fn of<F: ServerFn>() -> Self {
        Self { pending: RwSignal::new(false), error: RwSignal::new(use_form_error(F::PATH)) }
    }

    /// Takes the submit over from the browser: `call` is sent, and its refusal shown. A second press waits for the first.
    pub fn submit<O: 'static>(self, event: &SubmitEvent, call: impl Future<Output = Result<O, AppError>> + 'static) {
        event.prevent_default();
        if self.pending.get_untracked() {
            return;
        }
        self.pending.set(true);
        self.error.set(None);
        browser::later(async move {
            self.error.set(call.await.err());
            self.pending.set(false);
        });
    }

    /// The sentence for one field, if the error is about it.
    pub fn about(self, concerns: fn(AppError) -> bool) -> Signal<Option<&'static str>> {
        Signal::derive(move || self.error.get().filter(|error| concerns(*error)).map(AppError::sentence))
    }
}
