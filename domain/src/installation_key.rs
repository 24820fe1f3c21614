//! The life of an installation key, with which one of the company's own systems comes to the provisioning API.
//!
//! As with a pair, facts are stored and the state is computed. A key is born active; a roll gives it an end; it is dead
//! once its end is reached or it is revoked, and nothing brings it back.

use crate::{Duration, ExpireOld, OldEnd, Refusal, Timestamp};

/// The stored facts about a key's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Life {
    /// Until when a rolled key works, exclusive; `None` for one that was never rolled, or whose roll ended it at once.
    pub expires_at: Option<Timestamp>,
    /// When it was ended, whatever the clock says. At `expires_at` or later it is the scheduled end that was seen to
    /// pass; otherwise the key was revoked.
    pub ended_at: Option<Timestamp>,
}

/// The four states of an installation key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstallationKeyState {
    /// Works, without an end.
    Active,
    /// Rolled, and still works.
    Expiring {
        /// Until then, exclusive.
        expires_at: Timestamp,
    },
    /// Past its scheduled end.
    Expired {
        /// When it ended.
        expires_at: Timestamp,
    },
    /// Ended at once.
    Revoked {
        /// When it ended.
        revoked_at: Timestamp,
    },
}

impl InstallationKeyState {
    /// Whether the key is accepted.
    pub const fn works(self) -> bool {
        matches!(self, Self::Active | Self::Expiring { .. })
    }

    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expiring { .. } => "expiring",
            Self::Expired { .. } => "expired",
            Self::Revoked { .. } => "revoked",
        }
    }
}

impl Life {
    /// The state at `now`: the only place where an installation key's end is compared with a clock.
    pub fn state(self, now: Timestamp) -> InstallationKeyState {
        match (self.ended_at, self.expires_at) {
            (Some(ended_at), Some(expires_at)) if ended_at >= expires_at => {
                InstallationKeyState::Expired { expires_at }
            }
            (Some(revoked_at), _) => InstallationKeyState::Revoked { revoked_at },
            (None, Some(expires_at)) if now < expires_at => InstallationKeyState::Expiring { expires_at },
            (None, Some(expires_at)) => InstallationKeyState::Expired { expires_at },
            (None, None) => InstallationKeyState::Active,
        }
    }

    /// Writes down that the scheduled end has passed; `None` when it has not, or is written down already.
    pub fn settle(self, now: Timestamp) -> Option<Self> {
        match (self.state(now), self.ended_at) {
            (InstallationKeyState::Expired { expires_at }, None) => Some(Self { ended_at: Some(expires_at), ..self }),
            _ => None,
        }
    }

    /// Gives an active key its end, because another takes its place.
    ///
    /// Refusals: [`Refusal::PairAlreadyRolled`] for an expiring key, [`Refusal::PairEnded`] for one that ended, and those
    /// of [`ExpireOld::resolve`].
    pub fn roll(self, expire_old: ExpireOld, longest: Duration, now: Timestamp) -> Result<Self, Refusal> {
        match self.state(now) {
            InstallationKeyState::Active => match expire_old.resolve(now, longest)? {
                OldEnd::Revoked => Ok(Self { ended_at: Some(now), ..self }),
                OldEnd::ExpiresAt(at) => Ok(Self { expires_at: Some(at), ..self }),
            },
            InstallationKeyState::Expiring { .. } => Err(Refusal::PairAlreadyRolled),
            InstallationKeyState::Expired { .. } | InstallationKeyState::Revoked { .. } => Err(Refusal::PairEnded),
        }
    }

    /// Ends a key that works at once; [`Refusal::PairEnded`] for any other.
    pub fn revoke(self, now: Timestamp) -> Result<Self, Refusal> {
        if self.state(now).works() { Ok(Self { ended_at: Some(now), ..self }) } else { Err(Refusal::PairEnded) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_424_520_000);
    const HOUR: Duration = Duration::hours(1);
    const LONGEST: Duration = Duration::days(30);

    #[test]
    fn a_rolled_key_works_until_the_very_millisecond_of_its_end() {
        let rolled = Life::default().roll(ExpireOld::In1Hour, LONGEST, NOW).expect("rolls");
        let end = NOW.plus(HOUR);
        let before = Timestamp::from_millis(end.as_millis() - 1);
        assert_eq!(rolled.state(before), InstallationKeyState::Expiring { expires_at: end });
        assert_eq!(rolled.settle(before), None);
        assert_eq!(rolled.state(end), InstallationKeyState::Expired { expires_at: end });
        let settled = rolled.settle(end).expect("it has passed");
        // A clock that steps back does not revive it.
        assert_eq!(settled.state(NOW), InstallationKeyState::Expired { expires_at: end });
        assert_eq!(settled.settle(end), None);
    }

    #[test]
    fn a_revoked_key_is_dead_whatever_the_clock_says() {
        for life in [
            Life::default().revoke(NOW).expect("revokes"),
            Life::default().roll(ExpireOld::Immediately, LONGEST, NOW).expect("rolls"),
            Life::default().roll(ExpireOld::In1Hour, LONGEST, NOW).and_then(|life| life.revoke(NOW)).expect("revokes"),
        ] {
            for clock in [Timestamp::from_millis(0), NOW, NOW.plus(LONGEST)] {
                assert_eq!(life.state(clock), InstallationKeyState::Revoked { revoked_at: NOW });
            }
            assert_eq!(life.revoke(NOW), Err(Refusal::PairEnded));
            assert_eq!(life.roll(ExpireOld::In1Hour, LONGEST, NOW), Err(Refusal::PairEnded));
        }
    }

    #[test]
    fn a_key_is_rolled_once_and_within_the_longest_overlap() {
        let rolled = Life::default().roll(ExpireOld::In1Hour, LONGEST, NOW).expect("rolls");
        assert_eq!(rolled.roll(ExpireOld::Immediately, LONGEST, NOW), Err(Refusal::PairAlreadyRolled));
        assert_eq!(rolled.roll(ExpireOld::Immediately, LONGEST, NOW.plus(HOUR)), Err(Refusal::PairEnded));
        assert_eq!(rolled.revoke(NOW.plus(HOUR)), Err(Refusal::PairEnded));
        assert_eq!(Life::default().roll(ExpireOld::In24Hours, HOUR, NOW), Err(Refusal::ExpiryTooFar));
        assert_eq!(Life::default().roll(ExpireOld::At(NOW), LONGEST, NOW), Err(Refusal::ExpiryPast));
    }
}
