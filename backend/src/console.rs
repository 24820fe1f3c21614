//! Acting on accounts that are not one's own: what the admin console and the operator's commands do.
//!
//! Every use case here begins with [`RequestContext::authorize_everywhere`]. The context is an operator's, or an admin's
//! by [`RequestContext::as_admin`].

use crate::keys::{AccountKeys, REASON_CHARS, RollRequest, Rolled};
use crate::record::Happened;
use crate::store::{AccountQuery, AccountRecord, AccountSummary, MemberRecord, PairWithAccount};
use crate::{Backend, RequestContext, Result};
use domain::audit::{Act, Detail, Target};
use domain::key_format::{installation_keys_in, private_keys_in, without_private_keys};
use domain::{
    AccountId, Brand, Email, InstallationKey, InstallationKeyId, KeyPair, PairId, Password, Permission, PrivateKey,
    PublicKey, Refusal, UserId,
};

/// How many accounts a page of the list has.
pub const PAGE: u32 = 50;

/// What somebody typed or pasted to find an account, taken for what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It names this account.
    Account(AccountId),
    /// It is, or names, a pair of this account: by its id, its public key or its private key.
    Pair(AccountId, PairId),
    /// It is what names, external ids or addresses may begin with: to be listed.
    Text(String),
    /// It is shaped like a private key, and no pair has or had it.
    UnknownPrivateKey,
    /// It has something of a private key about it, but is none.
    BrokenPrivateKey(Broken),
    /// It is an installation key, with which one of the company's own systems acts on accounts: this one.
    InstallationKey(InstallationKeyId),
    /// It is shaped like an installation key, and is none of this installation.
    UnknownInstallationKey,
    /// It is shaped like a public key or an id, and nothing has it.
    Nothing,
}

/// What is wrong with a text that should have been a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Fewer characters than a key has.
    TooShort,
    /// More of them.
    TooLong,
    /// The right number, but the checksum at its end does not fit the rest: mistyped, or made up.
    Checksum,
    /// It holds more than one key.
    Several,
}

impl Broken {
    /// What it looks like instead, and what to do.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::TooShort => "This begins like a private key, but the end is missing. Paste the whole of it.",
            Self::TooLong => "This begins like a private key, but goes on after its end. Paste nothing but the key.",
            Self::Checksum => "This is as long as a private key, but is none: its checksum is wrong. Look for a typo.",
            Self::Several => "There is more than one private key in this. Paste one at a time.",
        }
    }
}

/// A page of accounts.
#[derive(Debug)]
pub struct AccountPage {
    /// In the order asked for.
    pub accounts: Vec<AccountSummary>,
    /// Where the next page begins, if there is one.
    pub next: Option<AccountId>,
}

/// An account as its admin page shows it.
#[derive(Debug)]
pub struct AccountFile {
    /// The account, its pairs and its latest roll.
    pub keys: AccountKeys,
    /// Its members, in the order of joining.
    pub members: Vec<MemberRecord>,
}

/// A roll made for somebody else: nothing in it is secret, since the owner reveals the new key.
#[derive(Debug)]
pub struct RolledFor {
    /// The pair that is active now.
    pub new: KeyPair,
    /// The pair that was.
    pub old: KeyPair,
}

impl Backend {
    /// Takes a text for what it is, and finds the account or the pair it names.
    ///
    /// White space around it does not count, and a key may stand in a line of a file. A private key is looked up by its
    /// digest and never kept; that it was identified is on the account's trail, without it. So is an installation key,
    /// which is of no account: that is on the installation's record.
    pub async fn identify(&self, context: &RequestContext, text: &str) -> Result<Found> {
        context.authorize_everywhere(Permission::FindAccounts)?;
        let (found, by_private_key) = self.recognise(text).await?;
        if let (Found::Pair(account_id, pair_id), true) = (&found, by_private_key) {
            self.record_identified(context, &[(account_id.clone(), pair_id.clone())]).await?;
        }
        if let Found::InstallationKey(key_id) = &found {
            let mut tx = self.store.begin_write().await?;
            let now = self.clock.now();
            let happened = Happened::new(Act::KeyIdentify, None, vec![Target::InstallationKey(key_id.clone())]);
            self.record(tx.as_mut(), context, now, happened).await?;
            tx.commit().await?;
        }
        Ok(found)
    }

    /// Writes down whose private keys somebody was told, in one transaction.
    pub(crate) async fn record_identified(
        &self,
        context: &RequestContext,
        pairs: &[(AccountId, PairId)],
    ) -> Result<()> {
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        for (account_id, pair_id) in pairs {
            let happened = Happened::new(Act::KeyIdentify, Some(account_id), vec![Target::Pair(pair_id.clone())]);
            self.record(tx.as_mut(), context, now, happened).await?;
        }
        Ok(tx.commit().await?)
    }

    /// What a text names, and whether it is a private key that named it. Whoever is told has to be authorized, and the
    /// telling has to be recorded.
    pub(crate) async fn recognise(&self, text: &str) -> Result<(Found, bool)> {
        let text = text.trim();
        let brand = &self.policy.brand;
        let mut keys: Vec<_> = private_keys_in(brand, text).collect();
        // A double click may have left the prefix out. What is left is as secret.
        keys.extend(PrivateKey::parse(brand, &format!("{}{text}", brand.private_prefix())));
        keys.dedup_by(|one, other| one.expose() == other.expose());
        if keys.len() > 1 {
            return Ok((Found::BrokenPrivateKey(Broken::Several), false));
        }
        if let (None, Some(key)) = (keys.first(), installation_keys_in(brand, text).next()) {
            return Ok((self.recognise_installation_key(&key, Found::UnknownInstallationKey).await?, false));
        }
        if let Some(key) = keys.pop() {
            let digests = self.sealer.digests(&key)?;
            let Some(PairWithAccount { pair, account }) = self.store.find_pair_by_digest(&digests).await? else {
                // Or it was the public key whose prefix is missing: that one is no secret.
                let public = PublicKey::parse(brand, &format!("{}{text}", brand.public_prefix()));
                let pair = match public {
                    Some(public) => self.store.find_pair_by_public_key(&public).await?,
                    None => None,
                };
                if let Some(pair) = pair {
                    return Ok((Found::Pair(pair.account_id, pair.id), false));
                }
                let installation = InstallationKey::parse(brand, &format!("{}{text}", brand.installation_prefix()));
                return Ok(match installation {
                    Some(key) => (self.recognise_installation_key(&key, Found::UnknownPrivateKey).await?, false),
                    None => (Found::UnknownPrivateKey, false),
                });
            };
            return Ok((Found::Pair(account.id, pair.id), true));
        }
        if let Some(broken) = broken_private_key(brand, text) {
            return Ok((Found::BrokenPrivateKey(broken), false));
        }
        Ok((self.recognise_name(text).await?, false))
    }

    /// Which installation key it is; `unknown` if none.
    async fn recognise_installation_key(&self, key: &InstallationKey, unknown: Found) -> Result<Found> {
        let digests = self.sealer.digests_installation_key(key)?;
        let known = self.store.find_installation_key_by_digest(&digests).await?;
        Ok(known.map_or(unknown, |key| Found::InstallationKey(key.id)))
    }

    /// The same for what is no secret.
    async fn recognise_name(&self, text: &str) -> Result<Found> {
        let brand = &self.policy.brand;
        let of_pair = |pair: Option<KeyPair>| pair.map_or(Found::Nothing, |pair| Found::Pair(pair.account_id, pair.id));
        if let Some(key) = PublicKey::parse(brand, text) {
            return Ok(of_pair(self.store.find_pair_by_public_key(&key).await?));
        }
        if let Ok(id) = text.parse::<PairId>() {
            return Ok(of_pair(self.store.find_pair(&id).await?));
        }
        let account = if let Ok(id) = text.parse::<AccountId>() {
            self.store.find_account(&id).await?.map(|account| account.id)
        } else if let Ok(id) = text.parse::<UserId>() {
            match self.store.list_own_accounts(&id).await?.as_slice() {
                [] => None,
                [only] => Some(only.account.id.clone()),
                _ => {
                    return Ok(self
                        .store
                        .find_person(&id)
                        .await?
                        .map_or(Found::Nothing, |p| Found::Text(p.email.into())));
                }
            }
        } else if let Some(account) = self.store.find_account_by_external_id(text).await? {
            Some(account.id)
        } else if let Ok(email) = Email::parse(text) {
            match self.store.find_person_by_email(&email).await? {
                Some(person) => match self.store.list_own_accounts(&person.id).await?.as_slice() {
                    [] => None,
                    [only] => Some(only.account.id.clone()),
                    // The list of accounts shows every one of theirs.
                    _ => return Ok(Found::Text(person.email.into())),
                },
                None => return Ok(Found::Text(text.to_owned())),
            }
        } else {
            return Ok(Found::Text(text.to_owned()));
        };
        Ok(account.map_or(Found::Nothing, Found::Account))
    }

    /// A page of the accounts that match, at most [`PAGE`].
    pub async fn list_accounts(&self, context: &RequestContext, query: &AccountQuery) -> Result<AccountPage> {
        context.authorize_everywhere(Permission::FindAccounts)?;
        // One more than a page tells whether there is anything beyond it.
        let mut accounts = self.store.list_accounts(query, PAGE + 1).await?;
        let most = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let beyond = accounts.len() > most;
        accounts.truncate(most);
        let next = accounts.last().map(|last| last.account.id.clone()).filter(|_| beyond);
        Ok(AccountPage { accounts, next })
    }

    /// One account with its members and pairs.
    pub async fn open_file(&self, context: &RequestContext, account_id: &AccountId) -> Result<AccountFile> {
        context.authorize_everywhere(Permission::FindAccounts)?;
        let keys = self.list_keys(context, account_id).await?;
        let members = self.store.list_members(account_id).await?;
        Ok(AccountFile { keys, members })
    }

    /// Rolls an account's keys for its owner. The new private key is answered to nobody: the owner reveals it.
    ///
    /// An admin gives a reason, and sees which pair they replace: of two who roll at once, one wins and the other is
    /// [`Refusal::PairAlreadyRolled`].
    pub async fn roll_for(&self, context: &RequestContext, request: RollRequest) -> Result<RolledFor> {
        context.authorize_everywhere(Permission::RollKeys)?;
        Ok(match self.roll(context, request).await? {
            Rolled::Done { new, old } => RolledFor { new: new.pair, old },
            Rolled::Already { new, old } => RolledFor { new, old },
        })
    }

    /// Stops the account's keys from authenticating, or lets them again. Pairs and their expiry go on as they were, and
    /// its members sign in as before.
    pub async fn set_account_disabled(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        disabled: bool,
        reason: &str,
        password: Option<&Password>,
    ) -> Result<AccountRecord> {
        let reason = without_private_keys(&self.policy.brand, reason.trim());
        let answer = self.try_set_disabled(context, account_id, disabled, reason, password).await;
        let act = if disabled { Act::AccountDisableRefused } else { Act::AccountEnableRefused };
        let known = context.authorize_everywhere(Permission::DisableAccount).is_ok().then_some(account_id);
        self.record_refusal(context, Happened::new(act, known, Vec::new()), answer).await
    }

    async fn try_set_disabled(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        disabled: bool,
        reason: String,
        password: Option<&Password>,
    ) -> Result<AccountRecord> {
        context.authorize_everywhere(Permission::DisableAccount)?;
        check_reason(context, Some(&reason))?;
        self.step_up(context, password).await?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        let mut account = tx.lock_account(account_id).await?.ok_or(Refusal::NotFound)?;
        match (account.disabled_at, disabled) {
            (Some(_), true) => return Err(Refusal::DisabledAlready.into()),
            (None, false) => return Err(Refusal::EnabledAlready.into()),
            (None, true) | (Some(_), false) => {}
        }
        account.disabled_at = disabled.then_some(now);
        tx.set_account_disabled(account_id, account.disabled_at).await?;
        let act = if disabled { Act::AccountDisable } else { Act::AccountEnable };
        let mut happened = Happened::new(act, Some(account_id), vec![Target::Account(account_id.clone())]);
        if !reason.is_empty() {
            happened = happened.with_detail(Detail::Reason { reason });
        }
        self.record(tx.as_mut(), context, now, happened).await?;
        tx.commit().await?;
        self.before_telling().await;
        Ok(account)
    }

    /// Ends all sessions of a member of this account. Answers how many there were. Whoever is no member of it answers
    /// like somebody who is not there: the account is what the admin has read and means.
    pub async fn end_sessions_of(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        user_id: &UserId,
        password: Option<&Password>,
    ) -> Result<u64> {
        context.authorize_everywhere(Permission::EndSessions)?;
        let members = self.store.list_members(account_id).await?;
        let answer = if members.iter().any(|member| member.user_id == *user_id) {
            self.try_end_sessions_of(context, Some(account_id), user_id, password).await
        } else {
            Err(Refusal::NotFound.into())
        };
        let refused = Happened::new(Act::SessionEndRefused, Some(account_id), Vec::new());
        self.record_refusal(context, refused, answer).await
    }

    async fn try_end_sessions_of(
        &self,
        context: &RequestContext,
        account: Option<&AccountId>,
        user_id: &UserId,
        password: Option<&Password>,
    ) -> Result<u64> {
        self.step_up(context, password).await?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        tx.find_person(user_id).await?.ok_or(Refusal::NotFound)?;
        let count = tx.delete_sessions_of(user_id).await?;
        if count > 0 {
            let happened = Happened::new(Act::SessionEnd, account, vec![Target::Person(user_id.clone())])
                .with_detail(Detail::SessionsEnded { count });
            self.record(tx.as_mut(), context, now, happened).await?;
        }
        tx.commit().await?;
        Ok(count)
    }

    /// Ends all sessions of whoever has this address.
    pub async fn end_sessions_of_email(&self, context: &RequestContext, email: &str) -> Result<u64> {
        context.authorize_everywhere(Permission::EndSessions)?;
        let email = Email::parse(email).map_err(|_| Refusal::EmailInvalid)?;
        let person = self.store.find_person_by_email(&email).await?.ok_or(Refusal::NotFound)?;
        let membership = self.store.find_membership(&person.id).await?;
        let account = membership.as_ref().map(|membership| &membership.account_id);
        self.try_end_sessions_of(context, account, &person.id, None).await
    }
}

/// The characters of a key behind its prefix.
const KEY_CHARS: usize = 36;

/// Whatever has the prefix of a private key is never searched for as a text: it would end up in a URL. Without the brand
/// too: it may be a key of another installation, and is as secret there.
fn broken_private_key(brand: &Brand, text: &str) -> Option<Broken> {
    const PREFIX: &str = "private_";
    let at = text.find(PREFIX)?;
    let body = text.strip_prefix(brand.private_prefix().as_str()).unwrap_or(&text[at + PREFIX.len()..]);
    Some(match body.chars().count().cmp(&KEY_CHARS) {
        std::cmp::Ordering::Less => Broken::TooShort,
        std::cmp::Ordering::Greater => Broken::TooLong,
        std::cmp::Ordering::Equal => Broken::Checksum,
    })
}

/// An admin says why, since the owner reads it; operators and members may. Nobody writes a book.
pub(crate) fn check_reason(context: &RequestContext, reason: Option<&str>) -> Result<()> {
    let reason = reason.unwrap_or_default();
    if reason.chars().count() > REASON_CHARS {
        return Err(Refusal::ReasonTooLong.into());
    }
    if matches!(context.caller, crate::Caller::Admin(_)) && reason.trim().is_empty() {
        return Err(Refusal::ReasonMissing.into());
    }
    Ok(())
}
