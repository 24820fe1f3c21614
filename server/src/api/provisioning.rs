//! `/admin/v1/accounts`: what the company's own systems do on accounts.
//!
//! Each handler is: whose request is it, what does it ask, one use case, the answer. What a system may do is decided in the
//! use cases, by the scopes of its key.

use super::credentials::presented_key;
use super::input::{Complaint, Members};
use super::openapi::ErrorBody;
use crate::middleware::{address_of, context_of};
use crate::problem::Problem;
use crate::router::Serving;
use app::paths;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use backend::accounts::NewAccount;
use backend::console::AccountFile;
use backend::installation_keys::InstallationVerdict;
use backend::keys::RollRequest;
use backend::provisioning::Provisioned;
use backend::{Caller, Error, RequestContext};
use domain::{AccountId, ExpireOld, KeyPair, PairId, Refusal, Role, SubmissionId, Timestamp};
use http::request::Parts;
use http::{StatusCode, header};
use serde::Serialize;
use std::borrow::Cow;
use utoipa::ToSchema;

/// Why a system is not answered what it asked for.
pub(crate) enum Wrong {
    Problem(Problem),
    Complaint(Complaint),
}

type Answer = Result<Response, Wrong>;

/// An id that may be no id at all: such a one answers like that of an account that is not there.
type AskedId = Result<Path<String>, PathRejection>;

/// Make an account, once for each external id
///
/// Scope: provision. The external id alone says which account is meant: a repeat answers the account as it is, also when its
/// owner has another address by now. The private key is in the first answer and in no other, and so is the link with which the
/// owner sets a password.
#[utoipa::path(
    post,
    path = "/admin/v1/accounts",
    operation_id = "createAccount",
    request_body = NewAccountBody,
    security(("installationKey" = []), ("installationKeyBearer" = [])),
    responses(
        (status = 201, description = "It was made now: with what is answered only this once.", body = CreatedAccount, headers(("Location" = String, description = "Where it is."))),
        (status = 200, description = "The account with this external id is there already, and is answered as it is.", body = Account),
        (status = 409, description = "Somebody has the address already, and the external id is new.", body = ErrorBody),
        (status = 422, description = "A member or parameter that is unknown, missing, repeated, cannot be read, or has a value that is refused. The answer names it.", body = ErrorBody),
    ),
)]
pub(crate) async fn create(State(serving): State<Serving>, parts: Parts, body: Bytes) -> Answer {
    let context = system(&serving, &parts).await?;
    let mut members = Members::of_body(&body, &["externalId", "email", "name"])?;
    let new = NewAccount {
        external_id: Some(members.text("externalId")?),
        email: members.text("email")?,
        name: members.optional_text("name")?.unwrap_or_default(),
        password: None,
    };
    match serving.backend.provision_account(&context, new).await? {
        Provisioned::Existing(file) => Ok(Json(Account::of(&file)).into_response()),
        Provisioned::Created(file, created) => {
            let private_key = created.first_pair.private_key.expose().to_owned();
            let page =
                |link: &backend::Token| format!("{}{}#{}", serving.site.public_url, paths::SET_PASSWORD, link.expose());
            let answer = CreatedAccount::of(&file, private_key, created.password_link.as_ref().map(page));
            let place = format!("/admin/v1/accounts/{}", created.account_id);
            Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(answer)).into_response())
        }
    }
}

/// Look accounts up by exactly one of externalId and email
///
/// Scope: read or provision. A list of one account, or of none.
#[utoipa::path(
    get,
    path = "/admin/v1/accounts",
    operation_id = "findAccounts",
    params(
        ("externalId" = Option<String>, Query, description = "The company's own customer id, whole."),
        ("email" = Option<String>, Query, min_length = 3, description = "The address of somebody in the account, whole."),
    ),
    security(("installationKey" = []), ("installationKeyBearer" = [])),
    responses((status = 200, description = "One account or none.", body = Accounts), (status = 422, description = "A member or parameter that is unknown, missing, repeated, cannot be read, or has a value that is refused. The answer names it.", body = ErrorBody),),
)]
pub(crate) async fn find(
    State(serving): State<Serving>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
    parts: Parts,
) -> Answer {
    let context = system(&serving, &parts).await?;
    let Query(given) = query.unwrap_or_default();
    let mut members = Members::of_query(given, &["externalId", "email"])?;
    let found = match (members.optional_text("externalId")?, members.optional_text("email")?) {
        (Some(external_id), None) => serving.backend.find_file_by_external_id(&context, &external_id).await?,
        (None, Some(email)) => serving.backend.find_file_by_email(&context, &email).await?,
        (Some(_), Some(_)) | (None, None) => {
            return Err(Wrong::Complaint(Complaint {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                code: "MEMBER_INVALID",
                message: "The query does not say which account.".to_owned(),
                help: "Send exactly one of the parameters `externalId` and `email`.".to_owned(),
            }));
        }
    };
    let accounts = found.iter().map(Account::of).collect();
    Ok(Json(Accounts { accounts }).into_response())
}

/// One account
///
/// Scope: read or provision.
#[utoipa::path(
    get,
    path = "/admin/v1/accounts/{accountId}",
    operation_id = "getAccount",
    params(("accountId" = String, Path, description = "`acct_` and 26 characters.")),
    security(("installationKey" = []), ("installationKeyBearer" = [])),
    responses((status = 200, description = "The account.", body = Account), (status = 404, description = "No such account.", body = ErrorBody),),
)]
pub(crate) async fn open(State(serving): State<Serving>, asked: AskedId, parts: Parts) -> Answer {
    let context = system(&serving, &parts).await?;
    let file = serving.backend.open_file(&context, &account_id(asked)?).await?;
    Ok(Json(Account::of(&file)).into_response())
}

/// Disable an account, or enable it again
///
/// Scope: provision. While it is disabled its keys authenticate nothing. One that is as asked already is left as it is.
#[utoipa::path(
    patch,
    path = "/admin/v1/accounts/{accountId}",
    operation_id = "switchAccount",
    params(("accountId" = String, Path, description = "`acct_` and 26 characters.")),
    request_body = SwitchBody,
    security(("installationKey" = []), ("installationKeyBearer" = [])),
    responses((status = 200, description = "The account as it is now.", body = Account), (status = 404, description = "No such account.", body = ErrorBody),(status = 422, description = "A member or parameter that is unknown, missing, repeated, cannot be read, or has a value that is refused. The answer names it.", body = ErrorBody),),
)]
pub(crate) async fn switch(State(serving): State<Serving>, asked: AskedId, parts: Parts, body: Bytes) -> Answer {
    let context = system(&serving, &parts).await?;
    let account_id = account_id(asked)?;
    let mut members = Members::of_body(&body, &["disabled", "reason"])?;
    let disabled = members.bool("disabled")?;
    let reason = members.optional_text("reason")?.unwrap_or_default();
    let file = serving.backend.provision_disabled(&context, &account_id, disabled, &reason).await?;
    Ok(Json(Account::of(&file)).into_response())
}

/// Roll an account's keys
///
/// Scope: roll. The new private key is not answered: its owner reveals it.
#[utoipa::path(
    post,
    path = "/admin/v1/accounts/{accountId}/roll",
    operation_id = "rollKeys",
    params(("accountId" = String, Path, description = "`acct_` and 26 characters.")),
    request_body = RollBody,
    security(("installationKey" = []), ("installationKeyBearer" = [])),
    responses(
        (status = 200, description = "The pair that is active now, and the one that was.", body = RolledPairs),
        (status = 404, description = "No such account.", body = ErrorBody),
        (status = 409, description = "Somebody else was quicker, or too many pairs work.", body = ErrorBody),
        (status = 422, description = "A member or parameter that is unknown, missing, repeated, cannot be read, or has a value that is refused. The answer names it.", body = ErrorBody),
    ),
)]
pub(crate) async fn roll(State(serving): State<Serving>, asked: AskedId, parts: Parts, body: Bytes) -> Answer {
    let context = system(&serving, &parts).await?;
    let account_id = account_id(asked)?;
    let mut members = Members::of_body(&body, &["expireOld", "reason", "keyPairId", "submission"])?;
    let Ok(expire_old) = members.text("expireOld")?.parse::<ExpireOld>() else {
        return Err(members
            .invalid("expireOld", "is immediately, 1h, 24h, 3d, 7d or an RFC 3339 date and time")
            .into());
    };
    let pair_id = members.optional_text("keyPairId")?.map(|text| text.parse::<PairId>()).transpose();
    let pair_id = pair_id.map_err(|_| members.invalid("keyPairId", "is the id of the pair to replace"))?;
    let submission = members.optional_text("submission")?.map(|text| text.parse::<SubmissionId>()).transpose();
    let submission =
        submission.map_err(|_| members.invalid("submission", "is sub_ and 26 of 0-9 and a-z without i, l, o and u"))?;
    let request = RollRequest {
        account_id: account_id.clone(),
        pair_id,
        expire_old,
        reason: Some(members.text("reason")?),
        message: None,
        submission_id: submission.unwrap_or_else(|| serving.backend.mint_submission()),
        password: None,
    };
    let rolled = serving.backend.provision_roll(&context, request).await?;
    let now = serving.backend.now();
    let (new, old) = (AccountPair::of(&rolled.new, now), AccountPair::of(&rolled.old, now));
    Ok(Json(RolledPairs { account_id: account_id.to_string(), new, old }).into_response())
}

/// Which system it is, as the context in which it acts.
async fn system(serving: &Serving, parts: &Parts) -> Result<RequestContext, Problem> {
    let presented = match presented_key(&parts.headers) {
        Err(Problem::KeyMissing) => return Err(Problem::InstallationKeyMissing),
        // Judged as what it is, no key, so that it is counted as that.
        Err(Problem::KeyUnknown) => Cow::Borrowed(""),
        other => other?,
    };
    let from = address_of(serving, &parts.extensions, &parts.headers);
    let caller = match serving.backend.authenticate_installation(&presented, from).await {
        Ok(InstallationVerdict::Valid(caller)) => caller,
        Ok(InstallationVerdict::Unknown) => return Err(Problem::InstallationKeyUnknown),
        Ok(InstallationVerdict::PrivateKey) => return Err(Problem::NotThePrivateKey),
        Ok(InstallationVerdict::PublicKey) => return Err(Problem::NotThePublicKey),
        Ok(InstallationVerdict::Expired) => return Err(Problem::InstallationKeyExpired),
        Ok(InstallationVerdict::Revoked) => return Err(Problem::InstallationKeyRevoked),
        Ok(InstallationVerdict::TooManyFailures(wait)) => return Err(Problem::TooManyFailures(wait)),
        Err(Error::Fault(fault)) => {
            tracing::error!(fault = fault.chain(), "an installation key could not be checked");
            return Err(Problem::from(&fault));
        }
        Err(Error::Refused(refusal)) => {
            tracing::error!(code = refusal.code(), "checking an installation key was refused");
            return Err(Problem::Fault);
        }
    };
    Ok(context_of(serving, &parts.extensions, &parts.headers, Caller::Installation(caller)))
}

fn account_id(asked: AskedId) -> Result<AccountId, Refusal> {
    let Path(text) = asked.map_err(|_| Refusal::NotFound)?;
    text.parse().map_err(|_| Refusal::NotFound)
}

/// What makes an account.
#[derive(ToSchema)]
#[schema(as = NewAccount, rename_all = "camelCase")]
#[expect(dead_code, reason = "a description: what is sent is read by `Members`, which names what is wrong")]
pub(super) struct NewAccountBody {
    /// The company's own customer id. Unique.
    #[schema(min_length = 1, max_length = 200)]
    external_id: String,
    /// The address its owner signs in with.
    #[schema(format = "email", max_length = 254)]
    email: String,
    /// What to call it; the owner's address by default.
    #[schema(max_length = 100)]
    name: Option<String>,
}

/// What disables an account.
#[derive(ToSchema)]
#[schema(as = Switch)]
#[expect(dead_code, reason = "a description, too")]
pub(super) struct SwitchBody {
    disabled: bool,
    /// The owner reads it.
    #[schema(max_length = 500)]
    reason: Option<String>,
}

/// What rolls an account's keys.
#[derive(ToSchema)]
#[schema(as = Roll, rename_all = "camelCase")]
#[expect(dead_code, reason = "a description, too")]
pub(super) struct RollBody {
    /// When the old pair ends: immediately, 1h, 24h, 3d, 7d or an RFC 3339 date and time.
    expire_old: String,
    /// The owner reads it.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// The pair to replace; the active one by default.
    key_pair_id: Option<String>,
    /// `sub_` and 26 characters: a retry with the same one answers the roll that happened.
    submission: Option<String>,
}

/// An account, as a system sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Account {
    #[serde(rename = "accountId")]
    id: String,
    /// The company's own customer id.
    #[schema(required)]
    external_id: Option<String>,
    name: String,
    /// The address of its first owner.
    #[schema(required)]
    email: Option<String>,
    disabled: bool,
    #[schema(format = DateTime)]
    created_at: String,
    /// The newest first; exactly one is active.
    key_pairs: Vec<AccountPair>,
}
impl Account {
    fn of(file: &AccountFile) -> Self {
        let account = &file.keys.account;
        let owner = file.members.iter().find(|member| member.role == Role::Owner);
        Self {
            id: account.id.to_string(),
            external_id: account.external_id.clone(),
            name: account.name.clone(),
            email: owner.map(|member| member.email.to_string()),
            disabled: account.disabled_at.is_some(),
            created_at: account.created_at.to_rfc3339(),
            key_pairs: file.keys.pairs.iter().map(|pair| AccountPair::of(pair, file.keys.now)).collect(),
        }
    }
}

/// An account that was made now, with what is answered only this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreatedAccount {
    account_id: String,
    /// The company's own customer id.
    #[schema(required)]
    external_id: Option<String>,
    name: String,
    /// The address of its owner.
    #[schema(required)]
    email: Option<String>,
    disabled: bool,
    #[schema(format = DateTime)]
    created_at: String,
    /// The newest first; exactly one is active.
    key_pairs: Vec<AccountPair>,
    /// Of the first pair. Confidential; in no other answer.
    private_key: String,
    /// With it the owner sets a password, once, within an hour.
    #[schema(required, format = "uri")]
    password_link: Option<String>,
}

impl CreatedAccount {
    fn of(file: &AccountFile, private_key: String, password_link: Option<String>) -> Self {
        let Account { id: account_id, external_id, name, email, disabled, created_at, key_pairs } = Account::of(file);
        Self { account_id, external_id, name, email, disabled, created_at, key_pairs, private_key, password_link }
    }
}

/// What a search finds.
#[derive(Serialize, ToSchema)]
pub(super) struct Accounts {
    /// One or none.
    #[schema(max_items = 1)]
    accounts: Vec<Account>,
}

/// A pair, whether or not it works.
#[derive(Serialize, ToSchema)]
#[schema(as = KeyPair)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountPair {
    id: String,
    public_key: String,
    /// `active`, `expiring`, `expired` or `revoked`.
    #[schema(pattern = "^(active|expiring|expired|revoked)$")]
    status: &'static str,
    #[schema(format = DateTime)]
    created_at: String,
    /// Of an expiring pair: until when it works, exclusive.
    #[schema(required, format = DateTime)]
    expires_at: Option<String>,
}

impl AccountPair {
    fn of(pair: &KeyPair, now: Timestamp) -> Self {
        let state = pair.state(now);
        Self {
            id: pair.id.to_string(),
            public_key: pair.public_key.to_string(),
            status: state.as_str(),
            created_at: pair.created_at.to_rfc3339(),
            expires_at: state.expires_at().map(Timestamp::to_rfc3339),
        }
    }
}

/// The pairs of a roll.
#[derive(Serialize, ToSchema)]
#[schema(as = Rolled)]
#[serde(rename_all = "camelCase")]
pub(super) struct RolledPairs {
    account_id: String,
    /// The one that is active now.
    new: AccountPair,
    /// The one that was.
    old: AccountPair,
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Complaint(complaint) => complaint.into_response(),
        }
    }
}

impl From<Problem> for Wrong {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Complaint> for Wrong {
    fn from(complaint: Complaint) -> Self {
        Self::Complaint(complaint)
    }
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::Fault(fault) => {
                tracing::error!(fault = fault.chain(), "a system was not answered");
                Self::Problem(Problem::from(&fault))
            }
        }
    }
}

impl From<Refusal> for Wrong {
    /// The one table of refusals and statuses of this API.
    fn from(refusal: Refusal) -> Self {
        let about = |member: &str| {
            let help = format!("Nothing was changed. The member `{member}` is to be corrected.");
            (StatusCode::UNPROCESSABLE_ENTITY, refusal.sentence(), help)
        };
        let conflict = |message: &'static str, help: &str| (StatusCode::CONFLICT, message, help.to_owned());
        let (status, message, help) = match refusal {
            Refusal::EmailInvalid => about("email"),
            Refusal::ExternalIdInvalid => about("externalId"),
            Refusal::NameInvalid => about("name"),
            Refusal::ReasonMissing | Refusal::ReasonTooLong => about("reason"),
            Refusal::ExpiryPast | Refusal::ExpiryTooFar | Refusal::ExpiryMissing | Refusal::ExpiryInvalid => {
                about("expireOld")
            }
            Refusal::InvalidInput => about("submission"),
            Refusal::NotAllowed => return Self::Problem(Problem::ScopeMissing),
            Refusal::Busy => return Self::Problem(Problem::Unavailable),
            Refusal::NotFound => {
                let help = "Nothing was changed. Check the id: it is in the answer that made the account or found it.";
                (StatusCode::NOT_FOUND, refusal.sentence(), help.to_owned())
            }
            Refusal::EmailTaken => conflict(
                "Somebody here has this e-mail address already.",
                "Nothing was made. Look the account up by the address, or send another.",
            ),
            Refusal::PairAlreadyRolled => {
                conflict(refusal.sentence(), "Look the account up: the active pair is another one by now.")
            }
            Refusal::TooManyWorkingPairs => conflict(
                "Five pairs of this account already work.",
                "Nothing was changed. Roll with `expireOld` immediately, or wait until one has expired.",
            ),
            Refusal::PairEnded | Refusal::PairIsActive => {
                conflict(refusal.sentence(), "Nothing was changed. Look the account up for the state of its pairs.")
            }
            // Of other use cases: met here, something of ours is wrong.
            Refusal::SignedOut
            | Refusal::SignInFailed
            | Refusal::TooManyAttempts
            | Refusal::SignUpClosed
            | Refusal::InvitationNeeded
            | Refusal::InvitationInvalid
            | Refusal::InvitationForAnother
            | Refusal::EmailUnchanged
            | Refusal::ExternalIdTaken
            | Refusal::PasswordTooShort
            | Refusal::PasswordTooLong
            | Refusal::PasswordCommon
            | Refusal::StepUpDue
            | Refusal::PasswordWrong
            | Refusal::LinkInvalid
            | Refusal::NoAccount
            | Refusal::DisabledAlready
            | Refusal::EnabledAlready
            | Refusal::AdminAlready
            | Refusal::MemberAlready
            | Refusal::LastOwner
            | Refusal::RoleUnchanged
            | Refusal::RoleMissing
            | Refusal::TooManyInvitations
            | Refusal::TooManyLines
            | Refusal::MessageTooLong
            | Refusal::BulkRollOver
            | Refusal::OriginSchemeMissing
            | Refusal::OriginHasMore
            | Refusal::OriginWildcard
            | Refusal::OriginNull
            | Refusal::OriginInvalid
            | Refusal::OriginListed
            | Refusal::TooManyOrigins
            | Refusal::OriginLast
            | Refusal::NothingToRoll => {
                tracing::error!(code = refusal.code(), "a system was refused by what does not concern it");
                return Self::Problem(Problem::Fault);
            }
        };
        Self::Complaint(Complaint { status, code: refusal.code(), message: message.to_owned(), help })
    }
}
