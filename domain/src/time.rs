//! Instants and spans, in whole milliseconds.
//!
//! Milliseconds since the Unix epoch are what the database stores and what travels to the browser; text is made only
//! where a person or a protocol wants it.

use chrono::{DateTime, Datelike as _, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// A span of time in milliseconds, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Duration(i64);

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// `n` seconds.
    pub const fn seconds(n: u32) -> Self {
        Self(n as i64 * 1_000)
    }

    /// `n` minutes.
    pub const fn minutes(n: u32) -> Self {
        Self(n as i64 * 60_000)
    }

    /// `n` hours.
    pub const fn hours(n: u32) -> Self {
        Self(n as i64 * 3_600_000)
    }

    /// `n` days of 24 hours.
    pub const fn days(n: u32) -> Self {
        Self(n as i64 * 86_400_000)
    }

    /// The span in milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The span in seconds, rounded up, as `Retry-After` wants it.
    pub const fn as_seconds_rounded_up(self) -> i64 {
        (self.0 + 999) / 1_000
    }
}

impl Timestamp {
    /// The instant that lies `millis` milliseconds after the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The instant `span` later; stops at the end of time instead of overflowing.
    #[must_use]
    pub const fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The instant `span` earlier; stops at the beginning of time instead of overflowing.
    #[must_use]
    pub const fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// How long ago `earlier` was; zero when it lies ahead.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0).max(0))
    }

    /// Reads an RFC 3339 date and time with an offset.
    ///
    /// An offset or a leap second can lead out of the years 0 to 9999, which is as far as RFC 3339 goes: such an instant could be read and
    /// not written, and is refused.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let at = Self(DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis());
        // Of the milliseconds and not of the text: a leap second is read as the second after it.
        at.to_chrono().filter(|read| (0..=9_999).contains(&read.year())).map(|_| at)
    }

    /// RFC 3339 in UTC with milliseconds, for programs: `2026-11-23T09:02:00.000Z`.
    pub fn to_rfc3339(self) -> String {
        self.to_chrono().map_or_else(String::new, |at| at.to_rfc3339_opts(SecondsFormat::Millis, true))
    }

    /// UTC to the minute, for people: `23 November 2026, 09:02 UTC`.
    pub fn to_utc_words(self) -> String {
        self.to_chrono().map_or_else(String::new, |at| at.format("%-d %B %Y, %H:%M UTC").to_string())
    }

    /// An HTTP date (RFC 9110, section 5.6.7), for `Sunset` (RFC 8594): `Mon, 23 Nov 2026 09:02:00 GMT`.
    pub fn to_http_date(self) -> String {
        self.to_chrono().map_or_else(String::new, |at| at.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
    }

    /// Whole seconds since the Unix epoch, for `Deprecation` (RFC 9745).
    pub const fn as_unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// `None` outside the years chrono can write, which no stored instant reaches: [`crate::expiry`] bounds them.
    fn to_chrono(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.0)
    }
}

/// An instant as RFC 3339 in UTC, for `#[serde(with)]` where people and other programs read what is serialised.
pub mod rfc3339 {
    use super::Timestamp;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes `2026-11-23T09:02:00.000Z`.
    pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&at.to_rfc3339())
    }

    /// Reads any RFC 3339 date and time with an offset.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        Timestamp::parse_rfc3339(&text).ok_or_else(|| D::Error::custom("not an RFC 3339 date and time"))
    }
}

/// The same for an instant that may be absent.
pub mod optional_rfc3339 {
    use super::Timestamp;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes null, or the same as [`super::rfc3339`].
    pub fn serialize<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        at.map(Timestamp::to_rfc3339).serialize(serializer)
    }

    /// Reads null, or the same as [`super::rfc3339`].
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let read = |text: String| Timestamp::parse_rfc3339(&text);
        text.map(|text| read(text).ok_or_else(|| D::Error::custom("not an RFC 3339 date and time"))).transpose()
    }
}

/// How long is left, in the words of the status column: `3 days`, `5 hours`, `12 minutes`, `40 seconds`.
///
/// Rounds to the nearest unit once two or more of it are left, so that "3 days" does not turn into "2 days" a second
/// after a roll in three days.
pub fn in_words(left: Duration) -> String {
    let seconds = left.as_seconds_rounded_up();
    let (unit_seconds, unit) = match seconds {
        0..120 => (1, "second"),
        120..7_200 => (60, "minute"),
        7_200..172_800 => (3_600, "hour"),
        _ => (86_400, "day"),
    };
    let count = (seconds + unit_seconds / 2) / unit_seconds;
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_the_same_way_for_programs_and_people() {
        let at = Timestamp::parse_rfc3339("2026-11-23T10:02:00+01:00").expect("valid");
        assert_eq!(at.to_rfc3339(), "2026-11-23T09:02:00.000Z");
        assert_eq!(at.to_utc_words(), "23 November 2026, 09:02 UTC");
        assert_eq!(at.to_http_date(), "Mon, 23 Nov 2026 09:02:00 GMT");
        assert_eq!(at.as_unix_seconds(), 1_795_424_520);
    }

    #[test]
    fn arithmetic_at_the_ends_of_time_does_not_overflow() {
        assert_eq!(Timestamp::from_millis(i64::MAX).plus(Duration::days(1)).as_millis(), i64::MAX);
        assert_eq!(Timestamp::from_millis(i64::MIN).minus(Duration::days(1)).as_millis(), i64::MIN);
        assert_eq!(Timestamp::from_millis(5).since(Timestamp::from_millis(9)), Duration::ZERO);
        assert_eq!(Timestamp::from_millis(i64::MAX).to_rfc3339(), "");
    }

    #[test]
    fn what_is_left_reads_as_a_person_would_say_it() {
        for (millis, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (59_000, "59 seconds"),
            (3_600_000 - 1_000, "60 minutes"),
            (24 * 3_600_000 - 1_000, "24 hours"),
            (3 * 86_400_000 - 1_000, "3 days"),
            (7 * 86_400_000, "7 days"),
        ] {
            assert_eq!(in_words(Duration(millis)), words, "{millis} ms");
        }
    }
}
