//! Pairs, rolls, and private keys as they are stored.

use super::AccountRecord;
use domain::{AccountId, KeyPair, PairId, SubmissionId, Timestamp, UserId};

/// A digest of a secret, made under one of the installation's master keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDigest {
    /// Which master key it was made under.
    pub master_key_id: String,
    /// HMAC-SHA-256 of the private key.
    pub bytes: [u8; 32],
}

/// A private key under authenticated encryption, bound to its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey {
    /// Which master key opens it.
    pub master_key_id: String,
    /// Nonce and ciphertext.
    pub bytes: Vec<u8>,
}

/// A pair found by the digest of its private key, with its account: all that authentication needs, in one read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairWithAccount {
    /// The pair.
    pub pair: KeyPair,
    /// Its account.
    pub account: AccountRecord,
}

/// A roll that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollRecord {
    /// In which account.
    pub account_id: AccountId,
    /// Which press of the button. Unique in the account.
    pub submission_id: SubmissionId,
    /// The pair that was active. A pair is rolled at most once, so this is unique.
    pub old_pair_id: PairId,
    /// The pair that took its place.
    pub new_pair_id: PairId,
    /// When.
    pub rolled_at: Timestamp,
    /// Who, in words for the page: an e-mail address, or "an operator".
    pub rolled_by: String,
    /// Whose session it was; `None` for an operator. Lets the page say "you".
    pub rolled_by_user: Option<UserId>,
    /// Why, if a reason was given.
    pub reason: Option<String>,
    /// What the account's people are told beside it, if anything.
    pub message: Option<String>,
}
