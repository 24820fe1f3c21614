//! Instants, as people read them.

use crate::browser;
use domain::Timestamp;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// An instant with its texts. The server makes them, so that both sides draw the same page; the browser then puts the
/// person's own zone in.
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

/// An instant: in UTC until the page is awake, then in the person's zone, with UTC a hover away.
#[component]
pub fn Time(moment: Moment) -> impl IntoView {
    let Moment { at, utc, iso } = moment;
    let (local, set_local) = signal(None::<String>);
    Effect::new(move || {
        set_local.set(browser::local_time(at).map(|local| format!("{} ({})", local.words, local.zone)));
    });
    let title = utc.clone();
    view! {
        <time datetime=iso title=title>
            {move || local.get().unwrap_or_else(|| utc.clone())}
        </time>
    }
}
