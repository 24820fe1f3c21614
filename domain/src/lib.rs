//! The rules of Latchkey, pure.
//!
//! Here live the key pair and its life ([`key_pair`]), the format of keys ([`key_format`]), the choices for an old
//! pair's end ([`expiry`]), who may do what ([`access`]), the life of the keys with which
//! the company's own systems come ([`installation_key`]), what is uploaded with a pair ([`upload`]), how use
//! of a pair is counted ([`usage`]), what is recorded ([`audit`]) and every "no" the product can say ([`refusal`]).
//!
//! What deliberately does not live here: input and output, a clock, randomness, HTTP, SQL. Time and random bytes arrive
//! as arguments, so every rule can be tested at the exact instant that matters, and the crate compiles for the browser.

pub mod access;
pub mod audit;
pub mod device;
pub mod email;
pub mod expiry;
pub mod id;
pub mod installation_key;
pub mod key_format;
pub mod key_pair;
pub mod password;
pub mod refusal;
pub mod time;
pub mod upload;
pub mod usage;

pub use access::{Permission, Role, Scope, Standing};
pub use email::Email;
pub use expiry::{ExpireOld, OldEnd};
pub use id::{
    AccountId, BulkRollDraftId, BulkRollId, EventId, InstallationKeyId, InstanceId, InvitationId, PairId, RequestId,
    SessionId, SubmissionId, UserId,
};
pub use installation_key::InstallationKeyState;
pub use key_format::{Brand, InstallationKey, PrivateKey, PublicKey};
pub use key_pair::{KeyPair, KeyPairState};
pub use password::Password;
pub use refusal::Refusal;
pub use time::{Duration, Timestamp};
pub use upload::{FileId, UploadRefusal};

/// A source of random bytes, given as an argument wherever something unguessable is made.
///
/// The one real implementation reads the operating system (backend); tests pass a seeded one.
pub trait Entropy: Send + Sync {
    /// Fills the whole of `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}
