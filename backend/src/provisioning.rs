//! What the company's own systems do on accounts: make them, look them up, disable them, roll their keys.
//!
//! Every use case here begins with [`RequestContext::authorize_everywhere`], which asks the scopes of the installation key.

use crate::accounts::{CreatedAccount, NewAccount};
use crate::console::{AccountFile, RolledFor, check_reason};
use crate::keys::RollRequest;
use crate::record::Happened;
use crate::{Backend, Error, RequestContext, Result};
use domain::audit::Act;
use domain::{AccountId, Email, Permission, Refusal};

/// What came of asking for an account.
#[derive(Debug)]
pub enum Provisioned {
    /// It was made now. Its file, and what is answered only now.
    Created(AccountFile, Box<CreatedAccount>),
    /// The external id has its account already. What is answered only once is not here.
    Existing(AccountFile),
}

impl Backend {
    /// Makes an account with its owner and its first pair, once for each external id: a repeat answers the account as it
    /// is, also when its owner has another address by now. Of many at once exactly one makes it.
    ///
    /// Refusals: [`Refusal::EmailTaken`] when somebody has the address and the external id is new;
    /// [`Refusal::ExternalIdInvalid`] also when there is none; [`Refusal::EmailInvalid`] and [`Refusal::NameInvalid`].
    pub async fn provision_account(&self, context: &RequestContext, new: NewAccount) -> Result<Provisioned> {
        let answer = self.try_provision(context, new).await;
        self.record_refusal(context, Happened::new(Act::AccountCreateRefused, None, Vec::new()), answer).await
    }

    async fn try_provision(&self, context: &RequestContext, new: NewAccount) -> Result<Provisioned> {
        context.authorize_everywhere(Permission::CreateAccounts)?;
        Email::parse(&new.email).map_err(|_| Refusal::EmailInvalid)?;
        let external_id = new.external_id.clone().ok_or(Refusal::ExternalIdInvalid)?;
        if let Some(file) = self.find_file_by_external_id(context, &external_id).await? {
            return Ok(Provisioned::Existing(file));
        }
        match self.create_account(context, new).await {
            Ok(created) => {
                let file = self.open_file(context, &created.account_id).await?;
                Ok(Provisioned::Created(file, Box::new(created)))
            }
            // Somebody was quicker. Person and account are written together, so whichever of the two is met first, the
            // account is there by now if it is the same one.
            Err(Error::Refused(refusal @ (Refusal::EmailTaken | Refusal::ExternalIdTaken))) => {
                let file = self.find_file_by_external_id(context, &external_id).await?;
                Ok(Provisioned::Existing(file.ok_or(refusal)?))
            }
            Err(error) => Err(error),
        }
    }

    /// The account with this external id.
    pub async fn find_file_by_external_id(
        &self,
        context: &RequestContext,
        external_id: &str,
    ) -> Result<Option<AccountFile>> {
        context.authorize_everywhere(Permission::FindAccounts)?;
        match self.store.find_account_by_external_id(external_id).await? {
            Some(account) => Ok(Some(self.open_file(context, &account.id).await?)),
            None => Ok(None),
        }
    }

    /// The account in which whoever has this address is. [`Refusal::EmailInvalid`] if it is none.
    pub async fn find_file_by_email(&self, context: &RequestContext, email: &str) -> Result<Option<AccountFile>> {
        context.authorize_everywhere(Permission::FindAccounts)?;
        let email = Email::parse(email).map_err(|_| Refusal::EmailInvalid)?;
        let Some(person) = self.store.find_person_by_email(&email).await? else {
            return Ok(None);
        };
        match self.store.find_membership(&person.id).await? {
            Some(membership) => Ok(Some(self.open_file(context, &membership.account_id).await?)),
            None => Ok(None),
        }
    }

    /// Disables or enables an account; one that is so already is left as it is, and nothing is recorded.
    pub async fn provision_disabled(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        disabled: bool,
        reason: &str,
    ) -> Result<AccountFile> {
        let refused = if disabled { Act::AccountDisableRefused } else { Act::AccountEnableRefused };
        self.permit(context, Permission::DisableAccount, refused).await?;
        let as_asked = |file: &AccountFile| file.keys.account.disabled_at.is_some() == disabled;
        let file = self.open_file(context, account_id).await?;
        // Also where there is nothing to do: what is refused does not depend on what is so already.
        check_reason(context, Some(reason.trim()))?;
        if as_asked(&file) {
            return Ok(file);
        }
        match self.set_account_disabled(context, account_id, disabled, reason, None).await {
            Ok(_) | Err(Error::Refused(Refusal::DisabledAlready | Refusal::EnabledAlready)) => {
                self.open_file(context, account_id).await
            }
            Err(error) => Err(error),
        }
    }

    /// Rolls an account's keys. The owner reveals the new private key: a system that could read it would only be one more
    /// place for it to leak from. [`Refusal::ReasonMissing`] without a reason, since the owner reads it.
    pub async fn provision_roll(&self, context: &RequestContext, request: RollRequest) -> Result<RolledFor> {
        self.permit(context, Permission::RollKeys, Act::KeyRollRefused).await?;
        if request.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
            return Err(Refusal::ReasonMissing.into());
        }
        self.roll_for(context, request).await
    }

    /// Authorizes a system, and writes down that one tried what its key is not for: whoever watches the records learns of
    /// a key in the wrong hands. Under no account: a system without a scope has no business with the one it names.
    async fn permit(&self, context: &RequestContext, permission: Permission, refused: Act) -> Result<()> {
        let answer = context.authorize_everywhere(permission);
        self.record_refusal(context, Happened::new(refused, None, Vec::new()), answer).await
    }
}
