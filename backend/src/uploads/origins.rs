//! The origins whose pages may upload into an account with a signature: the account's own list of them.
//!
//! The list keeps other sites' pages out, and nothing else: a program says of itself what it likes, and says nothing if it
//! likes. What authenticates an upload is its signature.

use super::UploadResult;
use crate::record::Happened;
use crate::store::{UploadOriginRecord, WriteTx};
use crate::{Backend, RequestContext, Result};
use domain::audit::{Act, Detail};
use domain::key_format::contains_private_key;
use domain::upload::UploadRefusal;
use domain::upload::origin::{Emptying, Origin, lets_in, with, without};
use domain::{AccountId, Permission, Refusal};

/// Who sends an upload, as its request tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// A program: no browser says where it comes from.
    Program,
    /// A page of the dashboard itself.
    Dashboard,
    /// A page in a browser, which names this origin. Empty for one that names none.
    Page(String),
}

impl Sender {
    /// What has to be on an account's list, if the account has one.
    fn origin(&self) -> Option<&str> {
        match self {
            Self::Program | Self::Dashboard => None,
            Self::Page(origin) => Some(origin),
        }
    }
}

impl Backend {
    /// The origins whose pages may upload into the account, in the order of coming; none if every page may. For the
    /// account's own people, as its files are.
    pub async fn list_upload_origins(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
    ) -> Result<Vec<UploadOriginRecord>> {
        context.authorize(account_id, Permission::ViewFiles)?;
        Ok(self.store.list_upload_origins(account_id).await?)
    }

    /// Adds an origin, as it was typed, to the account's list, and answers it as browsers write it. From then on pages of
    /// origins that are not on the list upload nothing, not even what is on its way.
    ///
    /// Refusals: those of reading it ([`Origin::read`]), [`Refusal::OriginListed`], [`Refusal::TooManyOrigins`].
    pub async fn add_upload_origin(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        typed: &str,
    ) -> Result<Origin> {
        let answer = self.try_add_upload_origin(context, account_id, typed).await;
        self.record_origins_refusal(context, account_id, answer).await
    }

    async fn try_add_upload_origin(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        typed: &str,
    ) -> Result<Origin> {
        context.authorize(account_id, Permission::ChangeOrigins)?;
        // As a host it would be an origin like any other, and stand on the list and on record.
        if contains_private_key(&self.policy.brand, typed) {
            return Err(Refusal::OriginInvalid.into());
        }
        let origin = Origin::read(typed)?;
        let (mut tx, listed) = self.lock_origins(account_id).await?;
        let now = self.clock.now();
        let list = with(&listed, &origin)?;
        tx.insert_upload_origin(account_id, &UploadOriginRecord { origin: origin.clone(), added_at: now }).await?;
        self.record(tx.as_mut(), context, now, changed(account_id, &listed, &list)).await?;
        tx.commit().await?;
        Ok(origin)
    }

    /// Removes an origin from the account's list. `emptying` says whether whoever removes it was told that it is the last
    /// one, without which every page may upload again. Answers the list from then on.
    ///
    /// Refusals: [`Refusal::NotFound`] for what is not on the list, [`Refusal::OriginLast`].
    pub async fn remove_upload_origin(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        origin: &str,
        emptying: Emptying,
    ) -> Result<Vec<Origin>> {
        let answer = self.try_remove_upload_origin(context, account_id, origin, emptying).await;
        self.record_origins_refusal(context, account_id, answer).await
    }

    async fn try_remove_upload_origin(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        origin: &str,
        emptying: Emptying,
    ) -> Result<Vec<Origin>> {
        context.authorize(account_id, Permission::ChangeOrigins)?;
        let origin = Origin::parse_stored(origin).ok_or(Refusal::NotFound)?;
        let (mut tx, listed) = self.lock_origins(account_id).await?;
        let now = self.clock.now();
        let list = without(&listed, &origin, emptying)?;
        tx.delete_upload_origin(account_id, &origin).await?;
        self.record(tx.as_mut(), context, now, changed(account_id, &listed, &list)).await?;
        tx.commit().await?;
        Ok(list)
    }

    /// Begins a change of the list: nobody else changes it meanwhile.
    async fn lock_origins(&self, account_id: &AccountId) -> Result<(Box<dyn WriteTx>, Vec<Origin>)> {
        let mut tx = self.store.begin_write().await?;
        tx.lock_account(account_id).await?.ok_or(Refusal::NotFound)?;
        let listed = tx.list_upload_origins(account_id).await?;
        Ok((tx, listed.into_iter().map(|listed| listed.origin).collect()))
    }

    async fn record_origins_refusal<T>(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        answer: Result<T>,
    ) -> Result<T> {
        let own = context.person().ok().and_then(|person| person.account_id()) == Some(account_id);
        let refused = Happened::new(Act::UploadOriginsChangeRefused, own.then_some(account_id), Vec::new());
        self.record_refusal(context, refused, answer).await
    }

    /// Whether the account lets this sender upload with a signature.
    pub(super) async fn check_sender(&self, account_id: &AccountId, sender: &Sender) -> UploadResult<()> {
        let Some(origin) = sender.origin() else { return Ok(()) };
        allows(&self.store.list_upload_origins(account_id).await?, origin)
    }

    /// The same once more, in the transaction of the file's row.
    pub(super) async fn check_sender_again(
        tx: &mut dyn WriteTx,
        account_id: &AccountId,
        sender: &Sender,
    ) -> UploadResult<()> {
        let Some(origin) = sender.origin() else { return Ok(()) };
        allows(&tx.list_upload_origins(account_id).await?, origin)
    }
}

fn allows(listed: &[UploadOriginRecord], origin: &str) -> UploadResult<()> {
    let let_in = lets_in(listed.iter().map(|listed| &listed.origin), origin);
    if let_in { Ok(()) } else { Err(UploadRefusal::OriginNotAllowed.into()) }
}

fn changed(account_id: &AccountId, from: &[Origin], to: &[Origin]) -> Happened {
    let texts = |list: &[Origin]| list.iter().map(Origin::to_string).collect();
    let detail = Detail::Origins { from: texts(from), to: texts(to) };
    Happened::new(Act::UploadOriginsChange, Some(account_id), Vec::new()).with_detail(detail)
}
