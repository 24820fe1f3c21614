//! When an old pair ends: the choices of the roll dialog and their bounds.

use crate::{Duration, Refusal, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The choice a person makes for the old pair. Nothing is preselected, so there is no `Default`.
///
/// Presets are durations: they count from the commit of the roll, not from when the dialog was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ExpireOld {
    /// The old pair is revoked in the same transaction.
    Immediately,
    /// One hour after the commit.
    In1Hour,
    /// 24 hours after the commit.
    In24Hours,
    /// 72 hours after the commit.
    In3Days,
    /// 168 hours after the commit.
    In7Days,
    /// At an exact instant.
    At(Timestamp),
}

/// What the choice means for the old pair once the clock is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldEnd {
    /// Revoked now: dead by a stored fact.
    Revoked,
    /// Valid while `now` is before this instant.
    ExpiresAt(Timestamp),
}

/// A text that is none of the choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("choose immediately, 1h, 24h, 3d, 7d or an RFC 3339 date and time")]
pub struct InvalidChoice;

impl ExpireOld {
    /// The choices that need no date, in the order they are offered.
    pub const PRESETS: [Self; 5] = [Self::Immediately, Self::In1Hour, Self::In24Hours, Self::In3Days, Self::In7Days];

    /// How long the old pair goes on working; `None` for an exact instant.
    pub const fn overlap(self) -> Option<Duration> {
        match self {
            Self::Immediately => Some(Duration::ZERO),
            Self::In1Hour => Some(Duration::hours(1)),
            Self::In24Hours => Some(Duration::hours(24)),
            Self::In3Days => Some(Duration::days(3)),
            Self::In7Days => Some(Duration::days(7)),
            Self::At(_) => None,
        }
    }

    /// Turns the choice into an end, counting from `now`, the instant of the commit.
    ///
    /// Refuses an exact instant that is not ahead ([`Refusal::ExpiryPast`]) and one further than `longest`
    /// ([`Refusal::ExpiryTooFar`]). A preset longer than `longest` is refused the same way.
    pub fn resolve(self, now: Timestamp, longest: Duration) -> Result<OldEnd, Refusal> {
        let at = match (self, self.overlap()) {
            (Self::Immediately, _) => return Ok(OldEnd::Revoked),
            (Self::At(at), _) => at,
            (_, Some(overlap)) => now.plus(overlap),
            (_, None) => return Err(Refusal::ExpiryMissing),
        };
        if at <= now {
            Err(Refusal::ExpiryPast)
        } else if at > now.plus(longest) {
            Err(Refusal::ExpiryTooFar)
        } else {
            Ok(OldEnd::ExpiresAt(at))
        }
    }
}

impl fmt::Display for ExpireOld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Immediately => f.write_str("immediately"),
            Self::In1Hour => f.write_str("1h"),
            Self::In24Hours => f.write_str("24h"),
            Self::In3Days => f.write_str("3d"),
            Self::In7Days => f.write_str("7d"),
            Self::At(at) => f.write_str(&at.to_rfc3339()),
        }
    }
}

impl FromStr for ExpireOld {
    type Err = InvalidChoice;

    fn from_str(text: &str) -> Result<Self, InvalidChoice> {
        match text {
            "immediately" => Ok(Self::Immediately),
            "1h" => Ok(Self::In1Hour),
            "24h" => Ok(Self::In24Hours),
            "3d" => Ok(Self::In3Days),
            "7d" => Ok(Self::In7Days),
            _ => Timestamp::parse_rfc3339(text).map(Self::At).ok_or(InvalidChoice),
        }
    }
}

impl TryFrom<String> for ExpireOld {
    type Error = InvalidChoice;

    fn try_from(text: String) -> Result<Self, InvalidChoice> {
        text.parse()
    }
}

impl From<ExpireOld> for String {
    fn from(choice: ExpireOld) -> Self {
        choice.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_424_520_000);
    const LONGEST: Duration = Duration::days(30);

    #[test]
    fn presets_count_from_the_commit() {
        let ends = ExpireOld::PRESETS.map(|choice| choice.resolve(NOW, LONGEST));
        assert_eq!(
            ends,
            [
                Ok(OldEnd::Revoked),
                Ok(OldEnd::ExpiresAt(NOW.plus(Duration::hours(1)))),
                Ok(OldEnd::ExpiresAt(NOW.plus(Duration::hours(24)))),
                Ok(OldEnd::ExpiresAt(NOW.plus(Duration::days(3)))),
                Ok(OldEnd::ExpiresAt(NOW.plus(Duration::days(7)))),
            ]
        );
    }

    #[test]
    fn an_exact_instant_lies_ahead_and_not_too_far() {
        let one = |millis| Timestamp::from_millis(NOW.as_millis() + millis);
        let longest = LONGEST.as_millis();
        for (at, end) in [
            (one(-1), Err(Refusal::ExpiryPast)),
            (one(0), Err(Refusal::ExpiryPast)),
            (one(1), Ok(OldEnd::ExpiresAt(one(1)))),
            (one(longest), Ok(OldEnd::ExpiresAt(one(longest)))),
            (one(longest + 1), Err(Refusal::ExpiryTooFar)),
            (Timestamp::from_millis(i64::MAX), Err(Refusal::ExpiryTooFar)),
            (Timestamp::from_millis(i64::MIN), Err(Refusal::ExpiryPast)),
        ] {
            assert_eq!(ExpireOld::At(at).resolve(NOW, LONGEST), end, "{at:?}");
        }
    }

    #[test]
    fn an_installation_with_a_short_overlap_refuses_a_longer_preset() {
        assert_eq!(ExpireOld::In7Days.resolve(NOW, Duration::days(1)), Err(Refusal::ExpiryTooFar));
        assert_eq!(ExpireOld::Immediately.resolve(NOW, Duration::ZERO), Ok(OldEnd::Revoked));
    }

    proptest! {
        #[test]
        fn a_choice_survives_being_written_and_read(millis in -62_000_000_000_000_i64..250_000_000_000_000) {
            let choice = ExpireOld::At(Timestamp::from_millis(millis));
            prop_assert_eq!(choice.to_string().parse::<ExpireOld>(), Ok(choice));
        }

        #[test]
        fn no_text_makes_reading_a_choice_panic(text in ".{0,60}") {
            let _ = text.parse::<ExpireOld>();
        }

        #[test]
        fn a_resolved_end_is_always_ahead_and_within_the_bound(millis: i64) {
            if let Ok(OldEnd::ExpiresAt(at)) = ExpireOld::At(Timestamp::from_millis(millis)).resolve(NOW, LONGEST) {
                prop_assert!(at > NOW && at <= NOW.plus(LONGEST));
            }
        }
    }
}
