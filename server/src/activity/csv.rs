//! Comma-separated values (RFC 4180), safe to open in a spreadsheet.
//!
//! A spreadsheet runs a cell that begins like a formula. As OWASP says (CSV Injection), every cell is quoted, quotes in it
//! are doubled, and a cell that begins with one of [`FORMULA`] gets an apostrophe in front. Every record is one line.

use super::text::on_one_line;
use app::features::activity::words::{Reader, Standpoint, plain, sentence};
use backend::activity::Names;
use csv::{QuoteStyle, Terminator, WriterBuilder};
use domain::audit::{Detail, Event};
use domain::{AccountId, Timestamp, UserId};
use std::io;

/// The header. docs/API.md says what each holds.
const HEADER: [&str; 13] = [
    "id",
    "at",
    "act",
    "summary",
    "actorKind",
    "actorId",
    "actorName",
    "accountId",
    "targets",
    "detail",
    "address",
    "userAgent",
    "requestId",
];

/// What a formula begins with, in Latin and in full width. Tab and carriage return are written as `\t` and `\r`.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// These records, below the header if they are the first.
pub(super) fn write(first: bool, events: &[Event], names: &Names, now: Timestamp) -> io::Result<Vec<u8>> {
    let rows = events.iter().map(|event| cells(event, names, now));
    rows_below(first.then_some(HEADER), rows)
}

/// These rows, below the header if there is one. Every cell is made safe.
pub(crate) fn rows_below<const N: usize>(
    header: Option<[&str; N]>,
    rows: impl IntoIterator<Item = io::Result<[String; N]>>,
) -> io::Result<Vec<u8>> {
    let mut writer =
        WriterBuilder::new().quote_style(QuoteStyle::Always).terminator(Terminator::CRLF).from_writer(Vec::new());
    if let Some(header) = header {
        writer.write_record(header)?;
    }
    for row in rows {
        writer.write_record(row?.map(|cell| safe(&cell)))?;
    }
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

fn cells(event: &Event, names: &Names, now: Timestamp) -> io::Result<[String; 13]> {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let name_of = |id: &UserId| names.of(id).map(str::to_owned);
    let summary =
        plain(&sentence(event, &Reader { standpoint: Standpoint::Outside, person: None, name_of: &name_of, now }));
    let detail = event.detail.as_ref().map(Detail::to_text).transpose()?;
    Ok([
        event.id.to_string(),
        event.at.to_rfc3339(),
        event.act.as_str().to_owned(),
        summary,
        event.actor.kind().as_str().to_owned(),
        text(event.actor.id()),
        text(event.actor.name()),
        text(event.account_id.as_ref().map(AccountId::as_str)),
        super::targets(event),
        text(detail.as_deref()),
        text(event.address.as_deref()),
        text(event.user_agent.as_deref()),
        event.request_id.clone(),
    ])
}

/// A cell that is one line and no formula.
fn safe(cell: &str) -> String {
    let line = on_one_line(cell);
    // A formula is one behind spaces too, in some of them.
    if line.trim_start().starts_with(FORMULA) { format!("'{line}") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_and_never_two_lines() {
        for (text, cell) in [
            ("=HYPERLINK(\"http://evil\")", "'=HYPERLINK(\"http://evil\")"),
            ("+1", "'+1"),
            ("-1+1", "'-1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("  =1+1", "'  =1+1"),
            ("\u{a0}=1", "'\u{a0}=1"),
            ("\t=1+1", "\\t=1+1"),
            ("\r=1+1", "\\r=1+1"),
            ("\n=1+1", "\\n=1+1"),
            ("＝1+1", "'＝1+1"),
            ("－1", "'－1"),
            ("a\r\nb\u{0}\u{85}\u{2028}\u{b}", "a\\r\\nb\\u0000\\u0085\\u2028\\u000b"),
            ("abc\u{202e}fed\u{2066}", "abc\\u202efed\\u2066"),
            ("שלום, עולם", "שלום, עולם"),
            ("ada@example.org", "ada@example.org"),
            ("", ""),
        ] {
            assert_eq!(safe(text), cell, "{text:?}");
        }
    }
}
