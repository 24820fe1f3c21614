//! The key pair and its life.
//!
//! Facts are stored, the state is computed from them and the clock. A pair is born active; a roll gives it an end; it is
//! dead once its end is reached or it is revoked, and nothing brings it back.

use crate::{AccountId, Duration, ExpireOld, OldEnd, PairId, PublicKey, Refusal, Timestamp};
use serde::{Deserialize, Serialize};

/// How many pairs of one account work at a time: one active and four expiring.
pub const MOST_WORKING_PAIRS: usize = 5;

/// One public key and one private key, made together, rolled together, dead together.
///
/// The private key is not here: it is sealed beside the row and opened only to reveal it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPair {
    /// Names the pair in pages, logs and records.
    pub id: PairId,
    /// The account whose requests it authenticates.
    pub account_id: AccountId,
    /// The half that is no secret.
    pub public_key: PublicKey,
    /// When it was made.
    pub created_at: Timestamp,
    /// What is known about its end.
    pub end: End,
}

/// The stored facts about a pair's end. Each names the instant it was decided, so the history can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// No end: this is the account's active pair.
    None,
    /// Rolled at one instant, to end at another.
    Scheduled {
        /// When the roll (or a later change) set the end.
        rolled_at: Timestamp,
        /// Valid while `now` is before this.
        expires_at: Timestamp,
    },
    /// The scheduled end was seen to pass. A clock that steps back does not undo it.
    Passed {
        /// When the roll set the end.
        rolled_at: Timestamp,
        /// The end that passed.
        expires_at: Timestamp,
    },
    /// Ended at once, whatever the clock says.
    Revoked {
        /// When.
        revoked_at: Timestamp,
    },
}

impl End {
    /// The state at `now` of a pair with this end: the one place where an expiry is compared with a clock.
    ///
    /// Half open: a pair works while `now < expires_at` and is expired at `expires_at` itself.
    pub fn state(self, now: Timestamp) -> KeyPairState {
        match self {
            Self::None => KeyPairState::Active,
            Self::Scheduled { expires_at, .. } if now < expires_at => KeyPairState::Expiring { until: expires_at },
            Self::Scheduled { expires_at, .. } | Self::Passed { expires_at, .. } => {
                KeyPairState::Expired { since: expires_at }
            }
            Self::Revoked { revoked_at } => KeyPairState::Revoked { since: revoked_at },
        }
    }
}

/// The four states of a pair, each with the instant that matters to whoever reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyPairState {
    /// Works, without an end.
    Active,
    /// Rolled; works until the instant.
    Expiring {
        /// The first instant at which it no longer works.
        until: Timestamp,
    },
    /// Its end passed.
    Expired {
        /// The first instant at which it no longer worked.
        since: Timestamp,
    },
    /// Ended at once.
    Revoked {
        /// When.
        since: Timestamp,
    },
}

impl KeyPairState {
    /// Whether a request made with the pair succeeds.
    pub const fn works(self) -> bool {
        matches!(self, Self::Active | Self::Expiring { .. })
    }

    /// The stable word in the HTTP API and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expiring { .. } => "expiring",
            Self::Expired { .. } => "expired",
            Self::Revoked { .. } => "revoked",
        }
    }

    /// When the pair ends or ended by schedule; `None` for an active or a revoked one.
    pub const fn expires_at(self) -> Option<Timestamp> {
        match self {
            Self::Expiring { until } => Some(until),
            Self::Expired { since } => Some(since),
            Self::Active | Self::Revoked { .. } => None,
        }
    }

    /// When the pair stopped working; `None` while it works.
    pub const fn ended_at(self) -> Option<Timestamp> {
        match self {
            Self::Expired { since } | Self::Revoked { since } => Some(since),
            Self::Active | Self::Expiring { .. } => None,
        }
    }
}

/// What a roll decides: the old pair with its end, ready to be stored beside the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollDecision {
    /// The pair that was active, now with an end.
    pub old: KeyPair,
}

impl KeyPair {
    /// A new active pair.
    pub fn issue(id: PairId, account_id: AccountId, public_key: PublicKey, now: Timestamp) -> Self {
        Self { id, account_id, public_key, created_at: now, end: End::None }
    }

    /// The state at `now`; see [`End::state`].
    pub fn state(&self, now: Timestamp) -> KeyPairState {
        self.end.state(now)
    }

    /// Gives the active pair its end, for a new pair to take its place.
    ///
    /// `working_after` counts the account's pairs that would work after this roll if the old one kept working: the new
    /// one, this one, and those already expiring. More than [`MOST_WORKING_PAIRS`] refuses a roll with an overlap and
    /// never one that ends the old pair immediately.
    pub fn roll(
        self,
        choice: ExpireOld,
        longest_overlap: Duration,
        working_after: usize,
        now: Timestamp,
    ) -> Result<RollDecision, Refusal> {
        match self.state(now) {
            KeyPairState::Active => {}
            KeyPairState::Expiring { .. } | KeyPairState::Expired { .. } | KeyPairState::Revoked { .. } => {
                return Err(Refusal::PairAlreadyRolled);
            }
        }
        let end = match choice.resolve(now, longest_overlap)? {
            OldEnd::Revoked => End::Revoked { revoked_at: now },
            OldEnd::ExpiresAt(_) if working_after > MOST_WORKING_PAIRS => return Err(Refusal::TooManyWorkingPairs),
            OldEnd::ExpiresAt(expires_at) => End::Scheduled { rolled_at: now, expires_at },
        };
        Ok(RollDecision { old: Self { end, ..self } })
    }

    /// Ends an expiring pair at once ("Expire now").
    ///
    /// An active pair is refused, because an account always has one: roll it instead.
    pub fn revoke(self, now: Timestamp) -> Result<Self, Refusal> {
        match self.state(now) {
            KeyPairState::Expiring { .. } => Ok(Self { end: End::Revoked { revoked_at: now }, ..self }),
            KeyPairState::Active => Err(Refusal::PairIsActive),
            KeyPairState::Expired { .. } | KeyPairState::Revoked { .. } => Err(Refusal::PairEnded),
        }
    }

    /// Writes down that the scheduled end has passed; `None` when there is nothing to write.
    ///
    /// Whoever tells somebody that a pair is expired stores this first, so that no later clock can contradict it.
    pub fn settle(&self, now: Timestamp) -> Option<Self> {
        match self.end {
            End::Scheduled { rolled_at, expires_at } if now >= expires_at => {
                Some(Self { end: End::Passed { rolled_at, expires_at }, ..self.clone() })
            }
            End::Scheduled { .. } | End::None | End::Passed { .. } | End::Revoked { .. } => None,
        }
    }

    /// Whether the private key may be shown at `now`: as long as the pair works.
    pub fn check_revealable(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.state(now).works() { Ok(()) } else { Err(Refusal::PairEnded) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Brand, Entropy};
    use proptest::prelude::*;

    struct Fixed;

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(5);
        }
    }

    const T: i64 = 1_795_424_520_000;
    const LONGEST: Duration = Duration::days(30);

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn pair(end: End) -> KeyPair {
        let born = at(0);
        let mut pair = KeyPair::issue(
            PairId::mint(born, &Fixed),
            AccountId::mint(born, &Fixed),
            PublicKey::mint(&Brand::none(), &Fixed),
            born,
        );
        pair.end = end;
        pair
    }

    fn every_end() -> [End; 4] {
        [
            End::None,
            End::Scheduled { rolled_at: at(T - 1_000), expires_at: at(T + 1_000) },
            End::Passed { rolled_at: at(T - 2_000), expires_at: at(T - 1_000) },
            End::Revoked { revoked_at: at(T - 1_000) },
        ]
    }

    #[test]
    fn a_pair_is_dead_at_the_very_millisecond_of_its_expiry() {
        let pair = pair(End::Scheduled { rolled_at: at(0), expires_at: at(T) });
        assert_eq!(pair.state(at(T - 1)), KeyPairState::Expiring { until: at(T) });
        assert_eq!(pair.state(at(T)), KeyPairState::Expired { since: at(T) });
        assert_eq!(pair.state(at(T + 1)), KeyPairState::Expired { since: at(T) });
    }

    #[test]
    fn a_clock_that_steps_back_never_revives_a_pair_whose_end_was_seen() {
        let pair = pair(End::Scheduled { rolled_at: at(0), expires_at: at(T) });
        assert_eq!(pair.settle(at(T - 1)), None);
        let settled = pair.settle(at(T)).expect("its end has passed");
        assert_eq!(settled.state(at(T - 1_000_000)), KeyPairState::Expired { since: at(T) });
        assert_eq!(settled.settle(at(T + 5)), None);
    }

    #[test]
    fn a_revoked_pair_is_dead_whatever_the_clock_says() {
        let pair = pair(End::Revoked { revoked_at: at(T) });
        for now in [i64::MIN, 0, T - 1, T, i64::MAX] {
            assert_eq!(pair.state(at(now)), KeyPairState::Revoked { since: at(T) });
        }
    }

    #[test]
    fn every_state_answers_every_transition() {
        let rolled = every_end().map(|end| pair(end).roll(ExpireOld::In1Hour, LONGEST, 2, at(T)).map(|_| ()));
        let already = Err(Refusal::PairAlreadyRolled);
        assert_eq!(rolled, [Ok(()), already, already, already]);

        let revoked = every_end().map(|end| pair(end).revoke(at(T)).map(|pair| pair.state(at(T))));
        assert_eq!(
            revoked,
            [
                Err(Refusal::PairIsActive),
                Ok(KeyPairState::Revoked { since: at(T) }),
                Err(Refusal::PairEnded),
                Err(Refusal::PairEnded)
            ]
        );

        let revealable = every_end().map(|end| pair(end).check_revealable(at(T)));
        assert_eq!(revealable, [Ok(()), Ok(()), Err(Refusal::PairEnded), Err(Refusal::PairEnded)]);

        let settled = every_end().map(|end| pair(end).settle(at(T)).is_some());
        assert_eq!(settled, [false, false, false, false]);
    }

    #[test]
    fn an_expiring_pair_that_has_run_out_can_be_neither_rolled_nor_revoked_nor_revealed() {
        let pair = pair(End::Scheduled { rolled_at: at(0), expires_at: at(T) });
        assert_eq!(pair.clone().roll(ExpireOld::Immediately, LONGEST, 2, at(T)), Err(Refusal::PairAlreadyRolled));
        assert_eq!(pair.clone().revoke(at(T)), Err(Refusal::PairEnded));
        assert_eq!(pair.check_revealable(at(T)), Err(Refusal::PairEnded));
    }

    #[test]
    fn a_sixth_working_pair_is_refused_unless_the_old_one_ends_immediately() {
        let roll = |choice, working| pair(End::None).roll(choice, LONGEST, working, at(T)).map(|roll| roll.old.end);
        assert!(roll(ExpireOld::In1Hour, 5).is_ok());
        assert_eq!(roll(ExpireOld::In1Hour, 6), Err(Refusal::TooManyWorkingPairs));
        assert_eq!(roll(ExpireOld::Immediately, 6), Ok(End::Revoked { revoked_at: at(T) }));
    }

    proptest! {
        #[test]
        fn once_seen_dead_a_pair_stays_dead(expires in 1_i64..1_000_000, clock in prop::collection::vec(0_i64..2_000_000, 1..40)) {
            let mut pair = pair(End::Scheduled { rolled_at: at(0), expires_at: at(expires) });
            let mut seen_dead = false;
            for now in clock {
                if let Some(settled) = pair.settle(at(now)) {
                    pair = settled;
                }
                let works = pair.state(at(now)).works();
                prop_assert!(!(seen_dead && works));
                seen_dead |= !works;
            }
        }

        #[test]
        fn a_roll_never_leaves_the_old_pair_without_an_end(choice in 0..5_usize, now in 0_i64..2_000_000_000_000) {
            let old = pair(End::None).roll(ExpireOld::PRESETS[choice], LONGEST, 2, at(now)).expect("allowed").old;
            prop_assert_ne!(old.state(at(now)), KeyPairState::Active);
            prop_assert!(!old.state(at(now).plus(LONGEST)).works());
        }
    }
}
