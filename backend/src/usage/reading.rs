//! What is read of the use of pairs.

use super::CallerRecord;
use crate::{Backend, RequestContext, Result};
use domain::usage::Day;
use domain::{AccountId, KeyPair, PairId, Permission, Refusal, Timestamp};
use std::collections::HashMap;

/// How many days a chart shows, today among them; fewer if fewer are kept.
pub const CHART_DAYS: u32 = 30;

/// How many callers are on a page.
pub const CALLERS_ON_A_PAGE: u32 = 50;

/// How often a pair was used on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayUsage {
    /// The day, in UTC.
    pub day: Day,
    /// How many requests were accepted.
    pub accepted: u64,
    /// How many were refused.
    pub refused: u64,
}

/// How a pair was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairUsage {
    /// The pair.
    pub pair_id: PairId,
    /// The first request that was accepted, ever; `None` if none was.
    pub first_used: Option<Timestamp>,
    /// The last one, ever.
    pub last_used: Option<Timestamp>,
    /// The last one that was refused, ever: somebody goes on with a pair that has ended, for example.
    pub last_refused: Option<Timestamp>,
    /// The days of the chart, each of them, the oldest first; the last one is today. As many for every pair.
    pub days: Vec<DayUsage>,
}

/// How an account's pairs were used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountUsage {
    /// Every pair of the account, the newest first, also those that were never used.
    pub pairs: Vec<PairUsage>,
    /// For how many days use is kept; 0 if it is not counted, and then nothing is known of it.
    pub kept_days: u32,
    /// The instant that "ago" counts from.
    pub now: Timestamp,
}

/// A page of a pair's callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callers {
    /// The pair.
    pub pair: KeyPair,
    /// Who, the last seen first; at most [`CALLERS_ON_A_PAGE`]. Counts are of all the days that are kept.
    pub callers: Vec<CallerRecord>,
    /// Which page it is, from 1.
    pub page: u32,
    /// Whether there is another one behind it.
    pub more: bool,
    /// For how many days use is kept; 0 if it is not counted.
    pub kept_days: u32,
    /// The instant that "ago" counts from.
    pub now: Timestamp,
}

impl Backend {
    /// When the account's pairs were used, and how often on each of the last days.
    pub async fn find_usage_of_account(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
    ) -> Result<AccountUsage> {
        context.authorize(account_id, Permission::ViewKeys)?;
        self.store.find_account(account_id).await?.ok_or(Refusal::NotFound)?;
        let (now, kept_days) = (self.clock.now(), self.policy.usage_days);
        // Today is one of them, and of the oldest day that is kept not all of it may be.
        let shown = CHART_DAYS.min(kept_days);
        let first = Day::of(now).minus(shown.saturating_sub(1));
        let mut uses: HashMap<_, _> =
            self.store.list_pair_uses(account_id).await?.into_iter().map(|of| (of.pair_id.clone(), of)).collect();
        let mut days: HashMap<PairId, HashMap<Day, (u64, u64)>> = HashMap::new();
        for of in self.store.list_day_uses(account_id, first).await? {
            days.entry(of.pair_id).or_default().insert(of.day, (of.accepted, of.refused));
        }
        let pairs = self.store.list_pairs(account_id).await?.into_iter().map(|pair| {
            let of = uses.remove(&pair.id);
            let counted = days.remove(&pair.id).unwrap_or_default();
            let day = |back| {
                let day = Day::of(now).minus(back);
                let (accepted, refused) = counted.get(&day).copied().unwrap_or_default();
                DayUsage { day, accepted, refused }
            };
            PairUsage {
                pair_id: pair.id,
                first_used: of.as_ref().and_then(|of| of.first_accepted_at),
                last_used: of.as_ref().and_then(|of| of.last_accepted_at),
                last_refused: of.as_ref().and_then(|of| of.last_refused_at),
                days: (0..shown).rev().map(day).collect(),
            }
        });
        Ok(AccountUsage { pairs: pairs.collect(), kept_days, now })
    }

    /// Who used the pair, the last seen first: the page of this number, from 1. Beyond the last one there is nobody.
    ///
    /// A pair of another account answers like one that is not there.
    pub async fn list_callers_of_pair(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        pair_id: &PairId,
        page: u32,
    ) -> Result<Callers> {
        context.authorize(account_id, Permission::ViewActivity)?;
        let pairs = self.read_pairs(account_id).await?;
        let pair = pairs.into_iter().find(|pair| pair.id == *pair_id).ok_or(Refusal::NotFound)?;
        let (page, most) = (page.max(1), CALLERS_ON_A_PAGE);
        // One more than a page tells whether there is another.
        let skip = (page - 1).saturating_mul(most);
        let mut callers = self.store.list_callers(account_id, pair_id, skip, most + 1).await?;
        let more = callers.len() > most as usize;
        callers.truncate(most as usize);
        // The pair that is answered says whether it works.
        self.before_telling().await;
        Ok(Callers { pair, callers, page, more, kept_days: self.policy.usage_days, now: self.clock.now() })
    }
}
