//! Writing audit records: inside the transaction of the change, or in one of its own for what was refused.

use crate::store::WriteTx;
use crate::{Backend, Caller, Error, RequestContext, Result};
use domain::audit::{Act, Actor, Detail, Event, Target};
use domain::{AccountId, EventId, Refusal, Timestamp};

/// What happened, without who and where: those come from the context.
#[derive(Clone)]
pub(crate) struct Happened {
    pub(crate) act: Act,
    pub(crate) account_id: Option<AccountId>,
    pub(crate) targets: Vec<Target>,
    pub(crate) detail: Option<Detail>,
}

impl Happened {
    pub(crate) fn new(act: Act, account_id: Option<&AccountId>, targets: Vec<Target>) -> Self {
        Self { act, account_id: account_id.cloned(), targets, detail: None }
    }

    pub(crate) fn with_detail(self, detail: Detail) -> Self {
        Self { detail: Some(detail), ..self }
    }
}

impl Backend {
    /// Writes the record in the transaction of the change itself.
    pub(crate) async fn record(
        &self,
        tx: &mut dyn WriteTx,
        context: &RequestContext,
        now: Timestamp,
        happened: Happened,
    ) -> Result<()> {
        self.record_as(tx, context, context.actor(), now, happened).await
    }

    /// The same with another actor than the caller: Latchkey itself, or the person a sign-in has just made the caller.
    pub(crate) async fn record_as(
        &self,
        tx: &mut dyn WriteTx,
        context: &RequestContext,
        actor: Actor,
        now: Timestamp,
        happened: Happened,
    ) -> Result<()> {
        debug_assert!(
            happened.account_id.is_none() || !happened.act.is_of_the_installation(),
            "{:?} is in an account's trail, whose filter does not offer it",
            happened.act
        );
        let event = Event {
            id: EventId::mint(now, self.entropy.as_ref()),
            at: now,
            actor,
            act: happened.act,
            account_id: happened.account_id,
            targets: happened.targets,
            detail: happened.detail,
            address: context.address.map(|address| address.to_string()),
            user_agent: context.user_agent.clone(),
            request_id: context.request_id.clone(),
        };
        Ok(tx.insert_event(&event).await?)
    }

    /// Passes a use case's answer on; a refusal leaves a record first.
    ///
    /// Not recorded here: callers who are nobody; [`Refusal::StepUpDue`], which only asks for the password, as every
    /// first click does; and what came of checking that password, which the step-up has recorded itself.
    pub(crate) async fn record_refusal<T>(
        &self,
        context: &RequestContext,
        happened: Happened,
        answer: Result<T>,
    ) -> Result<T> {
        let Err(Error::Refused(refusal)) = &answer else {
            return answer;
        };
        let recorded_elsewhere =
            matches!(refusal, Refusal::StepUpDue | Refusal::PasswordWrong | Refusal::TooManyAttempts | Refusal::Busy);
        if !recorded_elsewhere && !matches!(context.caller, Caller::Anonymous) {
            self.write_refusal(context, happened, *refusal).await?;
        }
        answer
    }

    /// Records a refusal in a transaction of its own, because the act's transaction was rolled back. Admins and operators
    /// can name an account that is not there: nothing can be filed under it.
    pub(crate) async fn write_refusal(
        &self,
        context: &RequestContext,
        mut happened: Happened,
        refusal: Refusal,
    ) -> Result<()> {
        let mut tx = self.store.begin_write().await?;
        if let Some(named) = &happened.account_id
            && tx.lock_account(named).await?.is_none()
        {
            happened.account_id = None;
        }
        let now = self.clock.now();
        self.record(tx.as_mut(), context, now, happened.with_detail(Detail::Refusal { code: refusal })).await?;
        Ok(tx.commit().await?)
    }
}
