//! Log lines, to stderr.
//!
//! No key can reach one: nothing here or elsewhere logs headers, query strings or bodies, paths are checked before they
//! are logged (see [`crate::middleware::log_line`]), and libraries, which know none of this, stay at `info` unless they
//! are named.

use crate::config::{LogFormat, Settings};
use tracing_subscriber::EnvFilter;

const OUR_CRATES: [&str; 6] = ["latchkey", "server", "app", "backend", "store_sqlite", "domain"];

/// Begins to log. `default` is what is logged when the operator says nothing.
pub fn start(settings: &Settings, default: &str) {
    let filter = EnvFilter::new(directives(settings.log.as_deref().unwrap_or(default)));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call, in a test, changes nothing.
    let _ = match settings.log_format {
        LogFormat::Text => subscriber.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
        LogFormat::Json => subscriber.json().try_init(),
    };
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
