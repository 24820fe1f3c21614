//! From the domain to words and tones, in one place.

use crate::ui::Tone;
use domain::time::in_words;
use domain::{Duration, ExpireOld, KeyPairState, Timestamp};

/// A pair's state as the table shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// How loud.
    pub tone: Tone,
    /// In words.
    pub words: String,
}

/// The status at `now`. The browser's clock moves on while the page stands, so an expiring pair may have run out.
pub fn status(state: KeyPairState, now: Timestamp) -> Status {
    match state {
        KeyPairState::Active => Status { tone: Tone::Quiet, words: "Enabled".to_owned() },
        KeyPairState::Expiring { until } if now < until => {
            Status { tone: Tone::Notice, words: format!("Expires in {}", countdown(until.since(now))) }
        }
        KeyPairState::Expiring { .. } | KeyPairState::Expired { .. } | KeyPairState::Revoked { .. } => {
            Status { tone: Tone::Muted, words: "Expired".to_owned() }
        }
    }
}

/// Whether the pair works at `now`, by the page's clock.
pub fn works(state: KeyPairState, now: Timestamp) -> bool {
    match state {
        KeyPairState::Active => true,
        KeyPairState::Expiring { until } => now < until,
        KeyPairState::Expired { .. } | KeyPairState::Revoked { .. } => false,
    }
}

/// What is left: days and hours from afar, seconds when it is close.
fn countdown(left: Duration) -> String {
    let seconds = left.as_seconds_rounded_up();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => in_words(left),
    }
}

/// How much of the overlap is left, out of 1,000; `None` when there is no telling.
pub fn left_of_overlap(state: KeyPairState, rolled_at: Option<Timestamp>, now: Timestamp) -> Option<i64> {
    let (KeyPairState::Expiring { until }, Some(rolled_at)) = (state, rolled_at) else {
        return None;
    };
    let whole = until.since(rolled_at).as_millis();
    (whole > 0).then(|| (until.since(now).as_millis().saturating_mul(1_000) / whole).clamp(0, 1_000))
}

/// A preset's label in the roll dialog.
pub fn choice_label(choice: ExpireOld) -> &'static str {
    match choice {
        ExpireOld::Immediately => "Immediately",
        ExpireOld::In1Hour => "In 1 hour",
        ExpireOld::In24Hours => "In 24 hours",
        ExpireOld::In3Days => "In 3 days",
        ExpireOld::In7Days => "In 7 days",
        ExpireOld::At(_) => "At an exact time",
    }
}

/// When to take a preset.
pub fn choice_hint(choice: ExpireOld) -> &'static str {
    match choice {
        ExpireOld::Immediately => "The old keys have leaked",
        ExpireOld::In1Hour => "One program, updated now",
        ExpireOld::In24Hours => "A few programs, updated today",
        ExpireOld::In3Days => "Over a weekend",
        ExpireOld::In7Days => "A routine roll",
        ExpireOld::At(_) => "A planned change",
    }
}

/// What stands in the place of a private key.
pub fn mask(private_prefix: &str) -> String {
    format!("{private_prefix}{}", "•".repeat(12))
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Timestamp = Timestamp::from_millis(1_795_424_520_000);

    #[test]
    fn each_state_has_its_words_and_tone() {
        let until = T.plus(Duration::days(3));
        for (state, tone, words) in [
            (KeyPairState::Active, Tone::Quiet, "Enabled"),
            (KeyPairState::Expiring { until }, Tone::Notice, "Expires in 3 days"),
            (KeyPairState::Expiring { until: T }, Tone::Muted, "Expired"),
            (KeyPairState::Expired { since: T }, Tone::Muted, "Expired"),
            (KeyPairState::Revoked { since: T }, Tone::Muted, "Expired"),
        ] {
            assert_eq!(status(state, T), Status { tone, words: words.to_owned() });
        }
    }

    #[test]
    fn the_countdown_gets_finer_as_the_end_comes_near() {
        for (seconds, words) in [
            (59, "59 s"),
            (60, "1 min 0 s"),
            (3_599, "59 min 59 s"),
            (3_600, "1 h 0 min"),
            (86_399, "23 h 59 min"),
            (86_400, "24 hours"),
            (604_800, "7 days"),
        ] {
            assert_eq!(countdown(Duration::seconds(seconds)), words);
        }
    }

    #[test]
    fn the_line_empties_from_the_roll_to_the_end() {
        let until = T.plus(Duration::hours(1));
        let left = |now| left_of_overlap(KeyPairState::Expiring { until }, Some(T), now);
        assert_eq!(left(T), Some(1_000));
        assert_eq!(left(T.plus(Duration::minutes(45))), Some(250));
        assert_eq!(left(until.plus(Duration::days(1))), Some(0));
        assert_eq!(left_of_overlap(KeyPairState::Active, Some(T), T), None);
    }
}
