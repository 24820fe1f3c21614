//! From what is told to words, in one place.

use super::wire::{Counts, DryRunRow, Fate, Going};
use crate::ui::{Tone, number};

/// `1 account`, `812 accounts`.
pub fn accounts(count: u32) -> String {
    counted(count, "account", "accounts")
}

/// `1 account was left`, `812 accounts were left`: how many, and what is said of them.
pub fn were_left(count: u32) -> (String, &'static str) {
    (accounts(count), if count == 1 { " was left." } else { " were left." })
}

/// `1 line`, `10,000 lines`.
pub fn lines(count: u32) -> String {
    counted(count, "line", "lines")
}

fn counted(count: u32, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// What would happen to an account: how loud, in a word, and in a sentence if there is more to say.
pub fn fate(row: &DryRunRow) -> (Tone, &'static str, Option<String>) {
    let others = match row.expiring {
        0 => None,
        1 => Some("One older pair goes on working until it expires.".to_owned()),
        several => Some(format!("{several} older pairs go on working until they expire.")),
    };
    match row.fate {
        Fate::RolledSince => (Tone::Muted, "Not rolled", Some("Its keys were rolled since.".to_owned())),
        Fate::OnlyImmediately => (
            Tone::Danger,
            "Only with Immediately",
            Some("Five pairs work already: with any later end it is refused.".to_owned()),
        ),
        Fate::Rolled if row.disabled => (Tone::Notice, "Rolled", Some("It is disabled, and stays so.".to_owned())),
        Fate::Rolled => (Tone::Quiet, "Rolled", others),
    }
}

/// Whether it goes on, in a word.
pub const fn going(going: Going) -> (Tone, &'static str) {
    match going {
        Going::On => (Tone::Notice, "Going on"),
        Going::Done => (Tone::Success, "Done"),
        Going::Stopped => (Tone::Danger, "Stopped"),
    }
}

/// How many are done, of how many.
pub fn done(counts: Counts) -> String {
    format!("{} of {}", number(counts.accounts - counts.left.min(counts.accounts)), number(counts.accounts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_written_as_people_do() {
        assert_eq!(
            [accounts(0), accounts(1), accounts(812), accounts(10_000), lines(1_234_567)],
            ["0 accounts", "1 account", "812 accounts", "10,000 accounts", "1,234,567 lines"]
        );
        let left = |count| {
            let (accounts, left) = were_left(count);
            format!("{accounts}{left}")
        };
        let said = ["0 accounts were left.", "1 account was left.", "2 accounts were left."];
        assert_eq!([left(0), left(1), left(2)], said);
    }
}
