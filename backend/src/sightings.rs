//! Private keys seen where they should not be: in a browser, or in a URL.
//!
//! Whoever holds a key can make as many such requests as they like, so few of them are written down: one for each pair and
//! origin in an hour, and for each pair a few. What is written down is an audit record, which the owner reads with all
//! others, and which [`Backend::list_sightings`] and [`Backend::list_exposed_pairs`] pick out.

use crate::authenticate::{Authenticated, Verdict};
use crate::record::Happened;
use crate::{Backend, RequestContext, Result, usage};
use domain::audit::{Act, Actor, Detail, Event, EventFilter, EventPlace, Target};
use domain::key_format::without_private_keys;
use domain::usage::Outcome;
use domain::{AccountId, Duration, KeyPair, KeyPairState, PairId, Permission, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// For how long the same is not written down again.
const AGAIN_AFTER: Duration = Duration::hours(1);

/// How many origins of one pair are written down in that time.
const MOST_OF_A_PAIR: usize = 20;

/// How many pairs are kept in mind. Beyond that nothing is written down until the hour is over for some of them.
const MOST_PAIRS: usize = 10_000;

const ORIGIN_CHARS: usize = 200;

/// How many records of one pair are read to tell where its key was seen: a whole day of as many as can be made.
const MOST_READ: u32 = 500;

/// A pair that works and whose private key was seen where it should not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExposedPair {
    /// The pair.
    pub pair: KeyPair,
    /// Where, the latest first. Never empty.
    pub seen: Vec<SeenAt>,
    /// Whether there are older records than those told.
    pub before: bool,
}

/// One place where a private key was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenAt {
    /// What the browser named as its page's origin, empty if it named none; `None` for a URL.
    pub origin: Option<String>,
    /// When it was first written down.
    pub first: Timestamp,
    /// When it was last written down.
    pub last: Timestamp,
    /// How often it was written down, which is at most once an hour in each process.
    pub times: u32,
}

/// Where and when each pair's key was seen lately.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<HashMap<PairId, HashMap<Option<String>, Timestamp>>>);

impl Seen {
    /// Whether this is worth a record: it has none of the last hour, and there are not many others.
    fn is_news(&self, pair_id: &PairId, origin: Option<&str>, now: Timestamp) -> bool {
        let mut pairs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |at: &Timestamp| *at <= now && now < at.plus(AGAIN_AFTER);
        if pairs.len() >= MOST_PAIRS && !pairs.contains_key(pair_id) {
            pairs.retain(|_, origins| origins.values().any(fresh));
            if pairs.len() >= MOST_PAIRS {
                return false;
            }
        }
        let origins = pairs.entry(pair_id.clone()).or_default();
        origins.retain(|_, at| fresh(at));
        let origin = origin.map(str::to_owned);
        if origins.contains_key(&origin) || origins.len() >= MOST_OF_A_PAIR {
            return false;
        }
        origins.insert(origin, now);
        true
    }
}

impl Backend {
    /// Notes that a key that works came from a browser, with the origin it named, or in a URL for `None`. Whether or not it
    /// can be written down, the request is refused by whoever calls this.
    pub async fn note_sighting(&self, context: &RequestContext, caller: &Authenticated, origin: Option<&str>) {
        let origin = origin.map(|origin| self.tidy_origin(origin));
        let now = self.clock.now();
        if !self.sightings.is_news(&caller.pair_id, origin.as_deref(), now) {
            return;
        }
        let written: Result<()> = async {
            let mut tx = self.store.begin_write().await?;
            let targets = vec![Target::Pair(caller.pair_id.clone())];
            let happened = Happened::new(Act::KeySighting, Some(&caller.account_id), targets);
            let happened = happened.with_detail(Detail::Sighting { origin });
            self.record_as(tx.as_mut(), context, Actor::Pair { id: caller.pair_id.clone() }, now, happened).await?;
            Ok(tx.commit().await?)
        }
        .await;
        if let Err(error) = written {
            tracing::error!(pair = %caller.pair_id, %error, "could not write down that a private key was seen; its request was refused all the same");
        }
    }

    /// The same for a key that stood in a URL, which is counted as a use of its pair, whatever state that is in.
    pub async fn note_sighting_in_url(&self, context: &RequestContext, key: &domain::PrivateKey) {
        let checked = match self.check_key(key.expose(), || context.address).await {
            Ok(checked) => checked,
            Err(error) => return tracing::error!(%error, "a key in a URL could not be looked up"),
        };
        if let Some(pair_id) = checked.pair_id() {
            let user_agent = context.user_agent.as_deref().unwrap_or_default().as_bytes();
            let path = usage::PATH_WITH_KEY.as_bytes();
            let request = usage::Request { address: context.address, user_agent, method: b"", path };
            self.count_use(usage::Use { pair_id, outcome: Outcome::InUrl, request });
        }
        if let Verdict::Valid(caller) = checked.verdict {
            self.note_sighting(context, &caller, None).await;
        }
    }

    /// Where the account's private keys were seen that should be on servers only, newest first.
    pub async fn list_sightings(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        limit: u32,
    ) -> Result<Vec<Event>> {
        context.authorize(account_id, Permission::ViewActivity)?;
        let filter = EventFilter { acts: vec![Act::KeySighting], ..EventFilter::default() };
        let found = self.store.list_activity(account_id, &filter, &EventPlace::Newest, limit).await?;
        Ok(found.unwrap_or_default())
    }

    /// The account's pairs that work and whose private keys were seen, the newest pair first. A pair that has ended is of no
    /// use to whoever took its key from a page, and is not among them.
    pub async fn list_exposed_pairs(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
    ) -> Result<Vec<ExposedPair>> {
        context.authorize(account_id, Permission::ViewActivity)?;
        let pairs = self.read_pairs(account_id).await?;
        let now = self.clock.now();
        let mut exposed = Vec::new();
        for pair in pairs {
            if !matches!(pair.state(now), KeyPairState::Active | KeyPairState::Expiring { .. }) {
                continue;
            }
            let events = self.store.list_sightings(account_id, &pair.id, MOST_READ).await?;
            if !events.is_empty() {
                let before = events.len() >= MOST_READ as usize;
                exposed.push(ExposedPair { pair, seen: by_origin(&events), before });
            }
        }
        Ok(exposed)
    }

    /// An origin is what a stranger wrote: cut, printable, and without keys.
    fn tidy_origin(&self, origin: &str) -> String {
        let printable: String = origin.chars().filter(char::is_ascii_graphic).take(ORIGIN_CHARS).collect();
        without_private_keys(&self.policy.brand, &printable)
    }
}

/// Sums up records, which come newest first, by the place they tell.
fn by_origin(events: &[Event]) -> Vec<SeenAt> {
    let mut seen: Vec<SeenAt> = Vec::new();
    for event in events {
        let Some(Detail::Sighting { origin }) = &event.detail else {
            continue;
        };
        match seen.iter_mut().find(|known| known.origin == *origin) {
            // A clock may have stepped back between two records.
            Some(known) => {
                known.first = known.first.min(event.at);
                known.last = known.last.max(event.at);
                known.times += 1;
            }
            None => seen.push(SeenAt { origin: origin.clone(), first: event.at, last: event.at, times: 1 }),
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;

    #[test]
    fn the_same_is_news_once_an_hour_and_a_pair_a_few_times() {
        let seen = Seen::default();
        let at = Timestamp::from_millis;
        let pair = PairId::mint(at(0), &OsEntropy);
        let hour = AGAIN_AFTER.as_millis();
        assert!(seen.is_news(&pair, Some("https://a.example"), at(0)));
        assert!(!seen.is_news(&pair, Some("https://a.example"), at(hour - 1)));
        assert!(seen.is_news(&pair, None, at(1)));
        assert!(seen.is_news(&pair, Some("https://a.example"), at(hour)));
        let news = (0..100).filter(|n| seen.is_news(&pair, Some(&format!("https://{n}.example")), at(hour))).count();
        assert_eq!(news, MOST_OF_A_PAIR - 2, "beside the two of this hour");
    }
}
