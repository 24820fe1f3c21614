//! Log lines, to stderr.
//!
//! - No key can reach one: nothing here or elsewhere logs headers, query strings or bodies, paths are checked before
//!   they are logged (see [`crate::middleware::log_line`]), and libraries, which know none of this, stay at `info`
//!   unless they are named.
//! - No value can forge a line or a field, whoever logs it: `text` quotes and escapes, JSON does so by itself and is
//!   written in ASCII, so that no reader finds a line's end where there is none.
//! - No reader of the log can hold up a request: `pipe` drops lines first, and says how many.
//! - A panic is one line like any other: `panics`.

mod json;
mod panics;
mod pipe;
mod text;

use crate::config::{LogFormat, Settings};
use pipe::{Alphabet, Pipe};
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

pub use pipe::Flush;

const OUR_CRATES: [&str; 6] = ["latchkey", "server", "app", "backend", "store_sqlite", "domain"];

/// Begins to log. `default` is what is logged when the operator says nothing. What is still to be written when the answer
/// is dropped is written then.
pub fn start(settings: &Settings, default: &str) -> Flush {
    let filter = EnvFilter::new(directives(settings.log.as_deref().unwrap_or(default)));
    let (pipe, flush) = Pipe::new(match settings.log_format {
        LogFormat::Text => Alphabet::Unicode,
        LogFormat::Json => Alphabet::Ascii,
    });
    // The default complains about a write that failed by a print that panics when it fails, too.
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(pipe).log_internal_errors(false);
    // A second call, in a test, changes nothing.
    let _ = match settings.log_format {
        LogFormat::Text => {
            subscriber.with_ansi(std::io::stderr().is_terminal()).fmt_fields(text::Unforgeable).try_init()
        }
        LogFormat::Json => subscriber.json().with_span_list(false).map_event_format(json::Named).try_init(),
    };
    panics::log_them();
    flush
}

/// The text itself if it can be used as a filter.
pub fn check_directive(text: &str) -> Option<String> {
    EnvFilter::builder().parse(text).is_ok().then(|| text.to_owned())
}

/// A bare level is about our own lines: at `debug`, a database driver prints statements and an HTTP library its parsing.
fn directives(text: &str) -> String {
    match text {
        "debug" | "trace" => {
            let ours = OUR_CRATES.map(|name| format!("{name}={text}")).join(",");
            format!("info,{ours}")
        }
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_level_does_not_make_libraries_talk() {
        assert_eq!(
            directives("debug"),
            "info,latchkey=debug,server=debug,app=debug,backend=debug,store_sqlite=debug,domain=debug"
        );
        assert_eq!(directives("warn,sqlx=debug"), "warn,sqlx=debug");
    }
}
