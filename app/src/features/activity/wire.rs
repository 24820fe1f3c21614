//! What the activity page is told. All of it is text made on the server: nothing here is secret, and nothing is decided.

use super::words::{Outcome, Piece};
use crate::ui::Moment;
use domain::Role;
use serde::{Deserialize, Serialize};

/// The filter as it was typed, to be shown again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterForm {
    /// The words of the acts ticked.
    pub acts: Vec<String>,
    /// The word of the kind of actor; empty for anybody.
    pub actor: String,
    /// A name or an id; empty for anybody.
    pub who: String,
    /// At this time or later, as a date and time field has it, in UTC; empty for any.
    pub from: String,
    /// Before this time.
    pub until: String,
}

impl FilterForm {
    /// Whether anything is filtered.
    pub fn is_set(&self) -> bool {
        *self != Self::default()
    }
}

/// What is wrong with a filter. Says nothing of what was typed: a link may have typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FilterProblem {
    /// "From" is no date and time.
    From,
    /// "Until" is no date and time.
    Until,
    /// Nothing lies between the two.
    Range,
    /// There is no such act.
    Act,
    /// There is no such kind of actor.
    Actor,
    /// The name is too long to be one.
    Who,
    /// The page begins at a record that the account does not have.
    Place,
    /// There is no such filter, or it is there twice.
    Unknown,
}

impl FilterProblem {
    /// What is so, and what to do.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::From => "“From” is not a date and time. Enter one like 2026-11-24T10:02, in UTC.",
            Self::Until => "“Until” is not a date and time. Enter one like 2026-11-24T10:02, in UTC.",
            Self::Range => "“From” is not before “Until”, so nothing lies between them. Change one of them.",
            Self::Act => "The address asks for something that never happens here. Choose what happened from the list.",
            Self::Actor => "The address asks for a kind of actor that does not exist. Choose one from the list.",
            Self::Who => "A name or id has at most 300 characters. Shorten it.",
            Self::Place => "This page begins at a record that is not in this account's activity. Start at the newest.",
            Self::Unknown => "The address has a filter that does not exist, or has one twice. Use the form to filter.",
        }
    }
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// Its value, as it is on record.
    pub value: String,
}

/// A record as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// When.
    pub at: Moment,
    /// How long ago that was when the page was drawn: `3 minutes ago`.
    pub ago: String,
    /// Who did what.
    pub sentence: Vec<Piece>,
    /// Whether it was done.
    pub outcome: Outcome,
    /// What somebody wrote about it.
    pub quoted: Option<String>,
    /// From which address.
    pub address: Option<String>,
    /// With what: `Firefox on Windows`.
    pub device: Option<String>,
    /// Everything else that is on record.
    pub facts: Vec<Fact>,
}

/// A page of a trail, through a filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// The filter as it was typed.
    pub form: FilterForm,
    /// What is wrong with it; then there are no rows.
    pub problems: Vec<FilterProblem>,
    /// The records, newest first.
    pub rows: Vec<Row>,
    /// Where the next newer page is.
    pub newer: Option<String>,
    /// Where the next older page is.
    pub older: Option<String>,
}

/// The whole page of an account's own people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityView {
    /// What the company calls its product.
    pub product_name: String,
    /// The account's name.
    pub account_name: String,
    /// Who is signed in.
    pub email: String,
    /// What they are in the account.
    pub role: Role,
    /// The records.
    pub trail: Trail,
    /// Where the same records can be had as CSV.
    pub csv: String,
    /// Where the same records can be had as JSON lines.
    pub json_lines: String,
}
