//! An account's audit trail, for the people of the account: a page at a time, or all of it as a file.
//!
//! On an account's trail is every record that names the account: what its members and its operators did to its keys, and
//! also who signed in as one of its members, or tried to. What names no account (a sign-in of nobody, a stranger's
//! attempt on the account) is the installation's business.

use crate::record::Happened;
use crate::store::AccountRecord;
use crate::{Backend, RequestContext, Result};
use domain::audit::{Act, Detail, Event, EventFilter, EventPlace, ExportFormat, Target};
use domain::{AccountId, EventId, Permission, Refusal, Timestamp, UserId};
use std::collections::HashMap;

/// How many records a page holds.
pub const PAGE: u32 = 50;
/// How many records an export reads at a time.
const BATCH: u32 = 500;

/// What the people named as targets are called now. Records name them by id only.
#[derive(Debug, Clone, Default)]
pub struct Names(HashMap<UserId, String>);

impl Names {
    /// The address of this person, if they are still here.
    pub fn of(&self, user_id: &UserId) -> Option<&str> {
        self.0.get(user_id).map(String::as_str)
    }
}

/// One page of the trail.
#[derive(Debug)]
pub struct Activity {
    /// Whose trail it is.
    pub account: AccountRecord,
    /// The records, newest first; at most [`PAGE`].
    pub events: Vec<Event>,
    /// Whom they name.
    pub names: Names,
    /// Where the next older page is; `None` on the last one.
    pub older: Option<EventPlace>,
    /// Where the next newer page is; `None` on the first one.
    pub newer: Option<EventPlace>,
    /// The instant that "ago" counts from.
    pub now: Timestamp,
}

/// The whole of a filtered trail, read in batches, newest first.
///
/// It begins at the newest record there was when it began. Records never change and never go, so however slowly it is
/// read it holds each record once.
pub struct Export {
    backend: Backend,
    account_id: AccountId,
    filter: EventFilter,
    /// Where the next batch begins; `None` after the last one.
    place: Option<EventPlace>,
    names: Names,
}

impl Backend {
    /// The page of the account's trail at this place, through the filter.
    ///
    /// A place that the account does not have is [`Refusal::NotFound`]. The page just newer than a place near the top
    /// would be a short one; the newest page is answered instead.
    pub async fn list_activity(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        filter: &EventFilter,
        place: EventPlace,
    ) -> Result<Activity> {
        context.authorize(account_id, Permission::ViewActivity)?;
        let account = self.store.find_account(account_id).await?.ok_or(Refusal::NotFound)?;
        let most = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let mut place = place;
        // One more than a page tells whether there is anything beyond it.
        let mut events = self.read_activity(account_id, filter, &place, PAGE + 1).await?;
        if matches!(place, EventPlace::NewerThan(_)) && events.len() <= most {
            place = EventPlace::Newest;
            events = self.read_activity(account_id, filter, &place, PAGE + 1).await?;
        }
        let beyond = events.len() > most;
        match place {
            EventPlace::NewerThan(_) => events.drain(..events.len().saturating_sub(most)).for_each(drop),
            EventPlace::Newest | EventPlace::OlderThan(_) => events.truncate(most),
        }
        let (has_newer, has_older) = match place {
            EventPlace::Newest => (false, beyond),
            EventPlace::OlderThan(_) => (true, beyond),
            EventPlace::NewerThan(_) => (true, true),
        };
        let id = |event: Option<&Event>| event.map(|event| event.id.clone());
        let older = id(events.last()).filter(|_| has_older).map(EventPlace::OlderThan);
        let newer = match id(events.first()) {
            Some(first) => has_newer.then_some(EventPlace::NewerThan(first)),
            // Beyond the end there is nothing to be newer than: back to the top.
            None => has_newer.then_some(EventPlace::Newest),
        };
        let mut names = Names::default();
        self.learn_names(&mut names, &events).await?;
        Ok(Activity { account, events, names, older, newer, now: self.clock.now() })
    }

    /// Begins to take the filtered trail away as a file. It is on record before the first line is answered, so the
    /// newest record of an unfiltered export is that of the export itself.
    pub async fn export_activity(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        filter: EventFilter,
        format: ExportFormat,
    ) -> Result<Export> {
        let answer = self.try_export_activity(context, account_id, filter, format).await;
        let own_account = context.authorize(account_id, Permission::ViewKeys).is_ok().then_some(account_id);
        let refused = Happened::new(Act::ActivityExportRefused, own_account, Vec::new());
        self.record_refusal(context, refused, answer).await
    }

    async fn try_export_activity(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        filter: EventFilter,
        format: ExportFormat,
    ) -> Result<Export> {
        context.authorize(account_id, Permission::ViewActivity)?;
        let mut tx = self.store.begin_write().await?;
        tx.lock_account(account_id).await?.ok_or(Refusal::NotFound)?;
        let now = self.clock.now();
        let happened =
            Happened::new(Act::ActivityExport, Some(account_id), Vec::new()).with_detail(Detail::Export { format });
        self.record(tx.as_mut(), context, now, happened).await?;
        tx.commit().await?;
        Ok(Export {
            backend: self.clone(),
            account_id: account_id.clone(),
            filter,
            place: Some(EventPlace::Newest),
            names: Names::default(),
        })
    }

    async fn read_activity(
        &self,
        account_id: &AccountId,
        filter: &EventFilter,
        place: &EventPlace,
        limit: u32,
    ) -> Result<Vec<Event>> {
        Ok(self.store.list_activity(account_id, filter, place, limit).await?.ok_or(Refusal::NotFound)?)
    }

    async fn learn_names(&self, names: &mut Names, events: &[Event]) -> Result<()> {
        for target in events.iter().flat_map(|event| &event.targets) {
            let Target::Person(id) = target else {
                continue;
            };
            if names.of(id).is_none()
                && let Some(person) = self.store.find_person(id).await?
            {
                names.0.insert(id.clone(), person.email.to_string());
            }
        }
        Ok(())
    }
}

impl Export {
    /// The next records, and the names of everybody named so far; `None` after the last one.
    pub async fn next(&mut self) -> Result<Option<(Vec<Event>, &Names)>> {
        let Some(place) = self.place.take() else {
            return Ok(None);
        };
        let events = self.backend.read_activity(&self.account_id, &self.filter, &place, BATCH).await?;
        let last: Option<&EventId> = events.last().map(|event| &event.id);
        let Some(last) = last else {
            return Ok(None);
        };
        self.place = Some(EventPlace::OlderThan(last.clone()));
        self.backend.learn_names(&mut self.names, &events).await?;
        Ok(Some((events, &self.names)))
    }
}
