//! Instants, as people read them.

use crate::browser;
use domain::Timestamp;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// An instant with its texts. The server makes them: the browser needs no date library to draw the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The instant.
    pub at: Timestamp,
    /// `23 November 2026, 09:02 UTC`.
    pub utc: String,
    /// RFC 3339, for `datetime`.
    pub iso: String,
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self { at, utc: at.to_utc_words(), iso: at.to_rfc3339() }
    }
}

/// An instant: in UTC as the server draws it, then in the person's zone, with UTC a hover away. On pages without WASM a
/// script of a few lines puts it there.
#[component]
pub fn Time(moment: Moment) -> impl IntoView {
    let Moment { at, utc, iso } = moment;
    let words = browser::local_time(at).map(|local| format!("{} ({})", local.words, local.zone));
    let title = utc.clone();
    view! {
        <time datetime=iso title=title>
            {words.unwrap_or(utc)}
        </time>
    }
}
