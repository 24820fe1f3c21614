//! Fields of text lines: `message name=value name="value"`, and last the name of the request they are about.
//!
//! A value stands bare only if it is one word of printable ASCII without `"` and `=`. Every other one is in quotes, with
//! quotes, line ends, escape sequences and everything invisible (separators of Unicode, marks that turn the direction of
//! writing) escaped as in Rust. So a line ends where it ends, and a field begins where we began one.

use crate::middleware::request_id;
use std::fmt::{self, Debug};
use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;

pub(super) struct Unforgeable;

impl<'writer> FormatFields<'writer> for Unforgeable {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut line = Line { writer, empty: true, outcome: Ok(()) };
        fields.record(&mut line);
        request_id::with_current(|name| line.add("request_id", name, true));
        line.outcome
    }
}

struct Line<'writer> {
    writer: Writer<'writer>,
    empty: bool,
    outcome: fmt::Result,
}

impl Line<'_> {
    fn add(&mut self, name: &str, text: &str, bare: bool) {
        let space = if std::mem::take(&mut self.empty) { "" } else { " " };
        let name = if name == "message" { String::new() } else { format!("{name}=") };
        let written = if bare {
            write!(self.writer, "{space}{name}{text}")
        } else {
            write!(self.writer, "{space}{name}{text:?}")
        };
        self.outcome = self.outcome.and(written);
    }
}

impl Visit for Line<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        // Texts are in quotes even if they would not need them: whoever searches for one knows how it is written.
        let bare = field.name() == "message" && is_sentence(value);
        self.add(field.name(), value, bare);
    }

    /// Everything else, numbers and `%` values too, arrives here.
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "message" => self.add("message", &text, is_sentence(&text)),
            // How the `log` crate's lines carry where they come from, which the target says already.
            name if name.starts_with("log.") => {}
            name => self.add(name, &text, is_word(&text)),
        }
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'='))
}

fn is_sentence(text: &str) -> bool {
    text.split(' ').all(|word| word.is_empty() || is_word(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::fmt::MakeWriter;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("nobody panicked").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Kept {
        type Writer = Self;
        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    fn logged(log: impl FnOnce()) -> String {
        let kept = Kept::default();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(kept.clone())
            .fmt_fields(Unforgeable)
            .without_time()
            .with_ansi(false)
            .finish();
        tracing::subscriber::with_default(subscriber, log);
        let bytes = kept.0.lock().expect("nobody panicked").clone();
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn a_line_is_easy_to_read() {
        let line = logged(|| tracing::info!(method = %"GET", path = "/x", status = 200, "answered"));
        assert_eq!(line, " INFO server::logging::text::tests: answered method=GET path=\"/x\" status=200\n");
    }

    #[test]
    fn no_value_forges_a_line_or_a_field_however_it_is_logged() {
        let evil = "a\" b=1\r\n INFO x: y\u{1b}[2K\u{2028}\u{85}\u{202e}\u{2066}\u{7f}\u{0}";
        let escaped = "\"a\\\" b=1\\r\\n INFO x: y\\u{1b}[2K\\u{2028}\\u{85}\\u{202e}\\u{2066}\\u{7f}\\0\"";
        let error = io::Error::other(evil);
        let line = logged(|| {
            let _inside = tracing::info_span!("request", id = %evil).entered();
            let error: &dyn std::error::Error = &error;
            tracing::info!(text = evil, shown = %evil, error, "{evil}");
        });
        let expected = format!(
            " INFO request{{id={escaped}}}: server::logging::text::tests: {escaped} text={escaped} shown={escaped} \
             error={escaped}\n"
        );
        assert_eq!(line, expected);
        let empty = logged(|| tracing::info!(nothing = %"", twice = ?"a=1", "done"));
        assert!(empty.ends_with("done nothing=\"\" twice=\"\\\"a=1\\\"\"\n"), "{empty}");
    }
}
