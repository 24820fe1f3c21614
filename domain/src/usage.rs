//! How pairs are used: what comes of a request that names a pair, and the hours and days in which requests are counted.

use crate::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

/// What came of a request that named a pair: it was accepted, or refused in one of the ways in which a known pair is.
///
/// About the pair and not about the request, which may fail for other reasons once its key is accepted. A key that nobody
/// has belongs to no pair, and a signature that is not the pair's own proves nothing of who sent it: neither has an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It authenticated its account.
    Accepted,
    /// The pair's scheduled end had passed.
    Expired,
    /// The pair had been ended at once.
    Revoked,
    /// The pair worked, its account did not.
    AccountDisabled,
    /// The private key came from a browser.
    FromBrowser,
    /// The private key stood in a URL.
    InUrl,
    /// The upload's signature was right, and its page of an origin that is not on the account's list.
    OriginNotAllowed,
    /// The account had made too many requests, or too much had failed where it came from.
    TooManyRequests,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 8] = [
        Self::Accepted,
        Self::Expired,
        Self::Revoked,
        Self::AccountDisabled,
        Self::FromBrowser,
        Self::InUrl,
        Self::OriginNotAllowed,
        Self::TooManyRequests,
    ];

    /// The stable word, as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::AccountDisabled => "account_disabled",
            Self::FromBrowser => "from_browser",
            Self::InUrl => "in_url",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::TooManyRequests => "too_many_requests",
        }
    }

    /// The outcome of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }

    /// Whether the pair was accepted.
    pub const fn is_accepted(self) -> bool {
        matches!(self, Self::Accepted)
    }
}

const HOUR: i64 = Duration::hours(1).as_millis();
const DAY: i64 = Duration::days(1).as_millis();

/// Whole hours since the Unix epoch: what requests are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(i64);

impl Hour {
    /// The hour in which `at` lies.
    pub const fn of(at: Timestamp) -> Self {
        Self(at.as_millis().div_euclid(HOUR))
    }

    /// The hour of this number.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Its number: hours since the Unix epoch.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The day in which it lies.
    pub const fn day(self) -> Day {
        Day(self.0.div_euclid(DAY / HOUR))
    }
}

/// Whole days since the Unix epoch, which are those of UTC: what charts show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(i64);

impl Day {
    /// Later than every day of use.
    pub const END: Self = Self(i64::MAX / DAY);

    /// The day in which `at` lies.
    pub const fn of(at: Timestamp) -> Self {
        Self(at.as_millis().div_euclid(DAY))
    }

    /// The day of this number.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Its number: days since the Unix epoch.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The day that is `days` earlier.
    #[must_use]
    pub const fn minus(self, days: u32) -> Self {
        Self(self.0.saturating_sub(days as i64))
    }

    /// Its first instant: midnight in UTC.
    pub const fn start(self) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_mul(DAY))
    }

    /// Its first hour.
    pub const fn first_hour(self) -> Hour {
        Hour(self.0.saturating_mul(DAY / HOUR))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_a_word_of_its_own() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::parse(outcome.as_str()), Some(outcome));
            let serialised = serde_json::to_value(outcome).expect("a word");
            assert_eq!(serialised, outcome.as_str(), "the same on the wire");
        }
        assert_eq!(Outcome::parse("Accepted"), None);
        assert_eq!(Outcome::ALL.into_iter().filter(|outcome| outcome.is_accepted()).count(), 1);
    }

    #[test]
    fn an_hour_and_a_day_begin_at_their_very_millisecond() {
        let at = |text: &str| Timestamp::parse_rfc3339(text).expect("an instant");
        let midnight = at("2026-11-24T00:00:00Z");
        let before = Timestamp::from_millis(midnight.as_millis() - 1);
        assert_eq!(Hour::of(midnight).number(), Hour::of(before).number() + 1);
        assert_eq!(Day::of(midnight), Day::from_number(Day::of(before).number() + 1));
        assert_eq!(Day::of(midnight).start(), midnight);
        assert_eq!(Day::of(midnight).first_hour(), Hour::of(midnight));
        assert_eq!(Hour::of(before).day(), Day::of(before));
        assert_eq!(Day::of(midnight).minus(30).start(), at("2026-10-25T00:00:00Z"));
        // A clock that was never set, and one beyond: still in order.
        assert_eq!(Hour::of(Timestamp::from_millis(-1)).number(), -1);
        assert!(Day::of(Timestamp::from_millis(i64::MIN)) < Day::of(Timestamp::from_millis(i64::MAX)));
    }
}
