//! What an entrance form came back with. The forms are plain: the browser sends them, and shows what is answered.

use crate::error::AppError;
use crate::ui::use_form_error;
use leptos::server_fn::ServerFn;

/// What is wrong with what was sent: the URL says so, after the redirect that answered it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormError(Option<AppError>);

impl FormError {
    /// What came back from `F`.
    pub fn of<F: ServerFn>() -> Self {
        Self(use_form_error(F::PATH))
    }

    /// The sentence for one field, if the error is about it.
    pub fn about(self, concerns: fn(AppError) -> bool) -> Option<&'static str> {
        self.0.filter(|error| concerns(*error)).map(AppError::sentence)
    }
}
