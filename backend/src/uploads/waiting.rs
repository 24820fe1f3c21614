//! How much may be under way at once, and how much strangers may make us remember.

use crate::network::Network;
use domain::upload::UploadRefusal;
use domain::{AccountId, Timestamp};
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many uploads may be taken in at once before it is known whose they are.
const MOST: usize = 64;

/// How many of them may come from one address. Whoever has many addresses is bound by the others.
const MOST_FROM_ONE: usize = 16;

/// How many tokens are remembered that came with a wrong signature.
const MOST_TOKENS: usize = 20_000;

/// Uploads that are under way: of strangers, bound altogether, and of accounts, each bound by itself.
#[derive(Debug)]
pub(crate) struct Waiting {
    most_bytes: u64,
    line: Mutex<Line>,
}

#[derive(Debug, Default)]
struct Line {
    uploads: usize,
    bytes: u64,
    /// By address; a client without one counts as one of its own.
    from: HashMap<Option<Network>, usize>,
    /// How many uploads and bytes of accounts are under way.
    accounts: HashMap<AccountId, (usize, u64)>,
}

/// One upload's place in the line.
#[derive(Debug)]
pub(super) struct Place {
    waiting: Arc<Waiting>,
    whose: Whose,
    bytes: u64,
}

/// Whom an upload under way counts against.
#[derive(Debug)]
enum Whose {
    /// Somebody at this address.
    Stranger(Option<Network>),
    /// An account, and how many bytes of it may be under way.
    Account(AccountId, u64),
}

impl Waiting {
    pub(crate) fn new(most_bytes: u64) -> Self {
        Self { most_bytes, line: Mutex::default() }
    }

    /// A place, if there is one.
    pub(super) fn enter(waiting: &Arc<Self>, address: Option<IpAddr>) -> Option<Place> {
        let address = address.map(Network::from);
        let mut line = waiting.line();
        if line.uploads >= MOST || line.from.get(&address).is_some_and(|from_there| *from_there >= MOST_FROM_ONE) {
            return None;
        }
        line.uploads += 1;
        *line.from.entry(address).or_default() += 1;
        drop(line);
        Some(Place { waiting: Arc::clone(waiting), whose: Whose::Stranger(address), bytes: 0 })
    }

    /// A place for an account, of whose bytes so many may be under way.
    pub(super) fn enter_account(waiting: &Arc<Self>, account_id: &AccountId, most: u64) -> Place {
        waiting.line().accounts.entry(account_id.clone()).or_default().0 += 1;
        Place { waiting: Arc::clone(waiting), whose: Whose::Account(account_id.clone(), most), bytes: 0 }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // Nothing here panics between two changes that belong together.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Room for so many more bytes, or why there is none.
    pub(super) fn grow(&mut self, more: u64) -> Result<(), UploadRefusal> {
        let mut line = self.waiting.line();
        let (bytes, most, full) = match &self.whose {
            Whose::Stranger(_) => (&mut line.bytes, self.waiting.most_bytes, UploadRefusal::Crowded),
            Whose::Account(account_id, most) => {
                (&mut line.accounts.entry(account_id.clone()).or_default().1, *most, UploadRefusal::AccountFull)
            }
        };
        let all = bytes.saturating_add(more);
        if all > most {
            return Err(full);
        }
        *bytes = all;
        self.bytes = self.bytes.saturating_add(more);
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut line = self.waiting.line();
        match &self.whose {
            Whose::Stranger(address) => {
                line.uploads = line.uploads.saturating_sub(1);
                line.bytes = line.bytes.saturating_sub(self.bytes);
                if let Some(from_there) = line.from.get_mut(address) {
                    *from_there = from_there.saturating_sub(1);
                    if *from_there == 0 {
                        line.from.remove(address);
                    }
                }
            }
            Whose::Account(account_id, _) => {
                if let Some((uploads, bytes)) = line.accounts.get_mut(account_id) {
                    *uploads = uploads.saturating_sub(1);
                    *bytes = bytes.saturating_sub(self.bytes);
                    if *uploads == 0 {
                        line.accounts.remove(account_id);
                    }
                }
            }
        }
    }
}

/// The latest tokens that came with a wrong signature or expiry.
#[derive(Debug, Default)]
pub(crate) struct SeenTokens(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    until: HashMap<(AccountId, [u8; 32]), Timestamp>,
    /// In the order in which they came.
    order: VecDeque<(AccountId, [u8; 32])>,
}

impl SeenTokens {
    /// Remembers a token until an instant, or until many others have come after it.
    pub(super) fn remember(&self, account_id: &AccountId, digest: [u8; 32], until: Timestamp, now: Timestamp) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Seen { until: known, order } = &mut *seen;
        while order.len() >= MOST_TOKENS
            || order.front().is_some_and(|oldest| known.get(oldest).is_none_or(|at| *at <= now))
        {
            match order.pop_front() {
                Some(oldest) => drop(known.remove(&oldest)),
                None => break,
            }
        }
        let token = (account_id.clone(), digest);
        if known.insert(token.clone(), until).is_none() {
            order.push_back(token);
        }
    }

    pub(super) fn contains(&self, account_id: &AccountId, digest: &[u8; 32], now: Timestamp) -> bool {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.until.get(&(account_id.clone(), *digest)).is_some_and(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;
    use domain::Timestamp;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn strangers_have_so_many_places_and_so_many_bytes() {
        let waiting = Arc::new(Waiting::new(100));
        let mut first = Waiting::enter(&waiting, Some(address("192.0.2.1"))).expect("a place");
        let mut second = Waiting::enter(&waiting, Some(address("192.0.2.2"))).expect("a place");
        assert_eq!((first.grow(60), second.grow(40)), (Ok(()), Ok(())));
        assert_eq!((first.grow(1), second.grow(1)), (Err(UploadRefusal::Crowded), Err(UploadRefusal::Crowded)));
        drop(second);
        assert_eq!((first.grow(40), first.grow(1)), (Ok(()), Err(UploadRefusal::Crowded)));
        drop(first);
        assert_eq!(waiting.line().bytes, 0);
        let places: Vec<_> = (0..MOST)
            .map(|n| Waiting::enter(&waiting, Some(address(&format!("192.0.2.{}", n / MOST_FROM_ONE)))))
            .collect();
        assert!(places.iter().all(Option::is_some));
        assert!(Waiting::enter(&waiting, Some(address("198.51.100.7"))).is_none());
        drop(places);
        assert!(waiting.line().from.is_empty() && waiting.line().uploads == 0);
    }

    #[test]
    fn an_account_has_as_much_under_way_as_it_may_have() {
        let waiting = Arc::new(Waiting::new(0));
        let account = |n| AccountId::mint(Timestamp::from_millis(n), &OsEntropy);
        let (ours, theirs) = (account(1), account(2));
        let mut first = Waiting::enter_account(&waiting, &ours, 100);
        let mut second = Waiting::enter_account(&waiting, &ours, 100);
        let mut other = Waiting::enter_account(&waiting, &theirs, 100);
        assert_eq!((first.grow(60), second.grow(41)), (Ok(()), Err(UploadRefusal::AccountFull)));
        assert_eq!((second.grow(40), other.grow(100)), (Ok(()), Ok(())));
        drop((first, second, other));
        assert!(waiting.line().accounts.is_empty());
    }

    #[test]
    fn one_client_does_not_take_every_place() {
        let waiting = Arc::new(Waiting::new(100));
        let own = |n: usize| address(&format!("2001:db8::{n:x}"));
        let places: Vec<_> = (0..MOST_FROM_ONE).map(|n| Waiting::enter(&waiting, Some(own(n)))).collect();
        assert!(places.iter().all(Option::is_some));
        assert!(Waiting::enter(&waiting, Some(own(99))).is_none());
        assert!(Waiting::enter(&waiting, Some(address("2001:db8:0:1::1"))).is_some());
        assert!(Waiting::enter(&waiting, None).is_some());
    }

    #[test]
    fn tokens_are_remembered_until_their_end_and_only_so_many() {
        let seen = SeenTokens::default();
        let at = Timestamp::from_millis;
        let account = AccountId::mint(at(0), &OsEntropy);
        let other = AccountId::mint(at(0), &OsEntropy);
        let digest = |n: usize| crate::files::token_digest(&n.to_string());
        seen.remember(&account, digest(0), at(10), at(0));
        assert!(seen.contains(&account, &digest(0), at(9)));
        assert!(!seen.contains(&account, &digest(0), at(10)) && !seen.contains(&other, &digest(0), at(9)));
        for n in 1..=MOST_TOKENS {
            seen.remember(&account, digest(n), at(1_000), at(1));
        }
        assert!(!seen.contains(&account, &digest(0), at(2)) && seen.contains(&account, &digest(1), at(2)));
        assert_eq!(seen.0.lock().expect("unpoisoned").until.len(), MOST_TOKENS);
        seen.remember(&account, digest(0), at(2_000), at(1_000));
        let left = seen.0.lock().expect("unpoisoned");
        assert_eq!((left.until.len(), left.order.len()), (1, 1), "those that are over are gone");
    }
}
