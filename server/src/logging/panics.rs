//! Panics as log lines.
//!
//! The standard hook writes several lines past the log's format, and with them whatever a panic's text was made of: a
//! slice of text that is cut in the wrong place, for one, is quoted there.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;

pub(super) fn log_them() {
    std::panic::set_hook(Box::new(log));
}

/// Where, and what if that is a text of the program's own. Within a request the line carries the request's id.
fn log(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string);
    let text = info.payload().downcast_ref::<&'static str>().copied();
    let text = text.unwrap_or("(not logged: it is made of data)");
    // Only if RUST_BACKTRACE asks for it; names of functions, no data.
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    tracing::error!(place, text, backtrace, "the program panicked");
}
