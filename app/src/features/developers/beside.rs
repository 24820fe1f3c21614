//! What the developers tab is told beside the pairs, for the parts of it that are plain documents. The live part knows
//! nothing of it, so it costs no WASM. Nothing here is secret.

use super::usage::UseView;
use super::wire::DevelopersTab;
use crate::ui::Moment;
use domain::{KeyPairState, PairId};
use serde::{Deserialize, Serialize};

/// The whole page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevelopersPageView {
    /// What is alive on it.
    pub tab: DevelopersTab,
    /// The pairs that work and whose private keys were seen where they should not be; none for whoever may not read the
    /// activity, or if there are none.
    pub exposed: Vec<Exposed>,
    /// How the pairs are used.
    pub used: UseView,
    /// The origins whose pages may upload.
    pub origins: OriginsView,
}

/// A pair whose private key was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposed {
    /// Names the pair.
    pub id: PairId,
    /// By which people know it.
    pub public_key: String,
    /// Active or expiring.
    pub state: KeyPairState,
    /// Until when it works, if it is expiring.
    pub ends: Option<Moment>,
    /// Where it was seen, the latest first.
    pub seen: Vec<SeenAt>,
    /// Whether there are older records than those told.
    pub before: bool,
}

/// Where and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenAt {
    /// Where.
    pub place: SeenPlace,
    /// When it was first noted there.
    pub first: Moment,
    /// When it was last noted there.
    pub last: Moment,
    /// How often it was noted there.
    pub times: u32,
}

/// Where a private key was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SeenPlace {
    /// In the page of an origin, as a stranger wrote it.
    Page(String),
    /// In a page that has no origin.
    Nameless,
    /// In a page that named none.
    Unknown,
    /// In a URL.
    Url,
}

/// The origins whose pages may upload.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginsView {
    /// In the order of coming; none if every page may.
    pub list: Vec<OriginRow>,
    /// What was typed into the form that was refused.
    pub typed: String,
    /// What the person has just done.
    pub said: Option<OriginsSaid>,
    /// Whether there are as many as there may be.
    pub full: bool,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginRow {
    /// As browsers send it.
    pub origin: String,
    /// Since when.
    pub added: Moment,
}

/// What somebody has just done, for the page they are led to. It travels in a cookie, which no link can forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OriginsSaid {
    /// An origin was added.
    Added,
    /// An origin was removed, and others are left.
    Removed,
    /// The last one was removed.
    Emptied,
}

impl OriginsSaid {
    /// Every word, for tests and for reading it.
    pub const ALL: [Self; 3] = [Self::Added, Self::Removed, Self::Emptied];

    /// The word in the cookie.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "origin-added",
            Self::Removed => "origin-removed",
            Self::Emptied => "origins-emptied",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|said| said.as_str() == word)
    }

    /// What to tell them.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Added => {
                "The origin is added. Its pages may upload, and those of origins that are not listed may not."
            }
            Self::Removed => "The origin is removed. Its pages upload nothing more.",
            Self::Emptied => "The list is empty. Any web page may upload with a signature that your server made.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_read_back_and_nothing_else() {
        for said in OriginsSaid::ALL {
            assert_eq!(OriginsSaid::parse(said.as_str()), Some(said));
            assert!(said.sentence().ends_with('.'));
        }
        assert_eq!(OriginsSaid::parse("call-us"), None);
    }
}
