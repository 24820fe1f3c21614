//! Text that others chose, made safe to lie in a file.

use std::fmt::Write as _;

/// The text with every character that could break a line, or turn the text around it, written as JSON writes it:
/// `\n`, `\u202e`. Inside a JSON string the value stays the same; in a cell it is seen for what it is.
///
/// Line breaks are those of Unicode (UAX #14, mandatory breaks), since some readers break lines at all of them; the marks of
/// direction are those of UAX #9.
pub(super) fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            // Writing to a string does not fail.
            c if breaks_or_turns(c) => drop(write!(line, "\\u{:04x}", u32::from(c))),
            c => line.push(c),
        }
    }
    line
}

fn breaks_or_turns(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{61c}' | '\u{200e}' | '\u{200f}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
