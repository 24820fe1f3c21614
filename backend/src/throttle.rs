//! How many guesses anybody gets.
//!
//! Attempts are counted before the password is looked at, in one write transaction with the decision, so that parallel
//! guesses cannot slip through between the check and the count. Per person (by a digest of the address typed, whether
//! or not somebody has it) and per network address. A browser on which the owner has signed in before has its own
//! allowance: a stranger who guesses cannot lock the owner out.

use crate::network::Network;
use crate::passwords::Lane;
use crate::{Backend, Error, RequestContext, Result, Token};
use data_encoding::HEXLOWER;
use domain::{Duration, Email, Refusal, UserId};
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// The span in which attempts are counted.
pub const WINDOW: Duration = Duration::minutes(15);
/// Wrong passwords for one person in a window. NIST SP 800-63B-4, section 3.2.2 allows up to 100 in a row.
pub const MOST_PER_PERSON: u32 = 10;
/// Sign-ins from one address in a window. Many people can share one.
pub const MOST_PER_ADDRESS: u32 = 100;
/// Sign-ups, changes of address, and uses of one-time links and invitations, from one address in a window.
pub const MOST_NEW_PER_ADDRESS: u32 = 50;

/// Something that has an allowance of attempts.
pub(crate) struct Bucket {
    name: String,
    most: u32,
    lane: Lane,
}

impl Bucket {
    /// Sign-ins to one person.
    pub(crate) fn person(email: &Email) -> Self {
        Self {
            name: format!("person:{}", digest(email.as_str().as_bytes())),
            most: MOST_PER_PERSON,
            lane: Lane::Strangers,
        }
    }

    /// Sign-ins to one person from a browser they have used before.
    pub(crate) fn device(device: &Token, email: &Email) -> Self {
        let device = HEXLOWER.encode(&device.digest());
        Self {
            name: format!("device:{device}:{}", digest(email.as_str().as_bytes())),
            most: MOST_PER_PERSON,
            lane: Lane::Known,
        }
    }

    /// The password asked again within a session. Only the session's holder can use this allowance up.
    pub(crate) fn step_up(user: &UserId) -> Self {
        Self { name: format!("step-up:{user}"), most: MOST_PER_PERSON, lane: Lane::Known }
    }

    /// New addresses tried by one person: what is taken is told to nobody faster than this.
    pub(crate) fn new_email(user: &UserId) -> Self {
        Self { name: format!("new-email:{user}"), most: MOST_PER_PERSON, lane: Lane::Known }
    }

    /// Sign-ins from one network address.
    pub(crate) fn address(context: &RequestContext) -> Self {
        Self { name: format!("address:{}", network(context.address)), most: MOST_PER_ADDRESS, lane: Lane::Strangers }
    }

    /// Sign-ups, changes of address and one-time links from one network address.
    pub(crate) fn new_from_address(context: &RequestContext) -> Self {
        Self { name: format!("new:{}", network(context.address)), most: MOST_NEW_PER_ADDRESS, lane: Lane::Strangers }
    }

    /// Whose attempts it counts.
    pub(crate) fn lane(&self) -> Lane {
        self.lane
    }

    /// The bucket's name in the store.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Backend {
    /// Counts one attempt in each bucket, and refuses once one of them is past its allowance.
    pub(crate) async fn spend_attempt(&self, buckets: &[Bucket]) -> Result<()> {
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        let mut allowed = true;
        for bucket in buckets {
            allowed &= tx.count_attempt(&bucket.name, now, now.minus(WINDOW)).await? <= bucket.most;
        }
        tx.commit().await?;
        if allowed { Ok(()) } else { Err(Error::Refused(Refusal::TooManyAttempts)) }
    }

    /// The bucket a sign-in to this person counts against: the browser's own if the person has used it before.
    pub(crate) async fn sign_in_bucket(&self, context: &RequestContext, email: &Email) -> Result<Bucket> {
        match &context.device {
            Some(device) if self.store.knows_device(&device.digest(), email).await? => {
                Ok(Bucket::device(device, email))
            }
            Some(_) | None => Ok(Bucket::person(email)),
        }
    }
}

fn network(address: Option<IpAddr>) -> String {
    address.map_or_else(|| "none".to_owned(), |address| Network::from(address).to_string())
}

fn digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}
