//! Typed ids, all from one macro.
//!
//! An id is a prefix and 26 characters: 48 bits of milliseconds and 80 random bits in Crockford's base 32, so ids sort
//! by birth and can be made anywhere. An id is no secret. Its prefix is never that of a credential (`public_`,
//! `private_`, `installation_`), because the wrong one would end up in a log.

use crate::{Entropy, Timestamp};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const BODY_LEN: usize = 26;

/// Why a text is not an id of the kind asked for. Says nothing else, since it may be shown to whoever sent the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an id of the expected kind")]
pub struct InvalidId;

fn bits_of(now: Timestamp, entropy: &dyn Entropy) -> u128 {
    let mut random = [0_u8; 10];
    entropy.fill(&mut random);
    let mut bits = u128::from(now.as_millis().max(0).unsigned_abs() & 0xffff_ffff_ffff);
    for byte in random {
        bits = (bits << 8) | u128::from(byte);
    }
    bits
}

/// The 128 bits that a body stands for; `None` for one that no `mint` has made, since 26 characters hold 130.
fn to_bits(body: &str) -> Option<u128> {
    if body.as_bytes().first()? >= &b'8' {
        return None;
    }
    body.bytes().try_fold(0, |bits: u128, byte| Some((bits << 5) | u128::from(value_of(byte)?)))
}

/// An id as text: each is made anew for every request that a key authenticates.
fn text_of(prefix: &str, bits: u128) -> String {
    let mut text = String::with_capacity(prefix.len() + 1 + BODY_LEN);
    text.push_str(prefix);
    text.push('_');
    let (mut body, mut rest) = ([0; BODY_LEN], bits);
    for digit in body.iter_mut().rev() {
        *digit = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    // Digits are ASCII.
    text.push_str(std::str::from_utf8(&body).unwrap_or_default());
    text
}

/// What each byte stands for as a digit; [`NO_DIGIT`] for those that are none.
const VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let (mut place, mut value) = (0, 0_u8);
    while place < ALPHABET.len() {
        values[ALPHABET[place] as usize] = value;
        (place, value) = (place + 1, value + 1);
    }
    values
};
const NO_DIGIT: u8 = u8::MAX;

fn value_of(digit: u8) -> Option<u8> {
    Some(VALUES[usize::from(digit)]).filter(|value| *value != NO_DIGIT)
}

fn check(text: &str, prefix: &str) -> Result<(), InvalidId> {
    let body = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or(InvalidId)?;
    let well_formed = body.len() == BODY_LEN && body.bytes().all(|byte| value_of(byte).is_some());
    if well_formed { Ok(()) } else { Err(InvalidId) }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The prefix of every id of this kind, without the underscore.
            pub const PREFIX: &str = $prefix;

            /// A new id, born at `now`.
            pub fn mint(now: Timestamp, entropy: &dyn Entropy) -> Self {
                Self(text_of(Self::PREFIX, bits_of(now, entropy)))
            }

            /// The id in half the room: where a million are kept in memory. `None` for a text that is shaped like an id and
            /// was made by nobody here.
            pub fn to_bits(&self) -> Option<u128> {
                to_bits(&self.0[Self::PREFIX.len() + 1..])
            }

            /// The id that [`Self::to_bits`] was taken from.
            pub fn from_bits(bits: u128) -> Self {
                Self(text_of(Self::PREFIX, bits))
            }

            /// The id as text, prefix included.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                check(text, Self::PREFIX).map(|()| Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                check(&text, Self::PREFIX).map(|()| Self(text))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// An account: what owns keys.
    AccountId, "acct"
);
id!(
    /// A key pair. Names the pair in pages, logs and audit records, where its keys never appear.
    PairId, "pair"
);
id!(
    /// A person.
    UserId, "user"
);
id!(
    /// A session's public handle. The session's secret is another value and is stored only as a digest.
    SessionId, "sess"
);
id!(
    /// An invitation's public handle. Its secret is another value and is stored only as a digest.
    InvitationId, "inv"
);
id!(
    /// An installation key's public handle. The key itself is stored only as a digest.
    InstallationKeyId, "ikey"
);
id!(
    /// A request, in logs, answers and audit records.
    RequestId, "req"
);
id!(
    /// An audit record.
    EventId, "evt"
);
id!(
    /// A process that authenticates requests, for as long as it runs.
    InstanceId, "inst"
);
id!(
    /// A roll of many accounts at once.
    BulkRollId, "bulk"
);
id!(
    /// What the dry run of a bulk roll found, until it is confirmed or a day old.
    BulkRollDraftId, "draft"
);
id!(
    /// One press of "Roll keys": a retry of the same press carries the same id, so it never rolls twice.
    SubmissionId, "sub"
);

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(u8);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn an_id_survives_being_written_and_read() {
        let id = PairId::mint(Timestamp::from_millis(1_795_424_520_000), &Counting(7));
        assert_eq!(id.as_str().parse::<PairId>(), Ok(id.clone()));
        assert_eq!(id.as_str().len(), "pair_".len() + BODY_LEN);
    }

    #[test]
    fn an_id_survives_being_kept_as_bits() {
        for (millis, byte) in [(0, 0), (1_795_424_520_000, 7), ((1 << 48) - 1, 255)] {
            let id = PairId::mint(Timestamp::from_millis(millis), &Counting(byte));
            assert_eq!(id.to_bits().map(PairId::from_bits), Some(id));
        }
        let nobodys: PairId = "pair_80000000000000000000000000".parse().expect("is shaped like one");
        assert_eq!(nobodys.to_bits(), None);
    }

    #[test]
    fn an_id_of_one_kind_is_not_an_id_of_another() {
        let id = AccountId::mint(Timestamp::from_millis(0), &Counting(1));
        assert_eq!(id.as_str().parse::<PairId>(), Err(InvalidId));
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let early = UserId::mint(Timestamp::from_millis(1_000), &Counting(255));
        let late = UserId::mint(Timestamp::from_millis(1_001), &Counting(0));
        assert!(early < late);
    }

    #[test]
    fn malformed_ids_are_refused() {
        for text in ["", "pair_", "pair", "pair_0000000000000000000000000", "pair_0000000000000000000000000U", "pair_é"]
        {
            assert_eq!(text.parse::<PairId>(), Err(InvalidId), "{text:?}");
        }
    }
}
