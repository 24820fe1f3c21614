//! `/admin/v1/accounts`: what the company's own systems do on accounts.
//!
//! Each handler is: whose request is it, what does it ask, one use case, the answer. What a system may do is decided in the
//! use cases, by the scopes of its key.

use super::credentials::presented_key;
use super::input::{Complaint, Members};
use crate::middleware::context_of;
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
use serde_json::{Value, json};

/// Why a system is not answered what it asked for.
pub(crate) enum Wrong {
    Problem(Problem),
    Complaint(Complaint),
}

type Answer = Result<Response, Wrong>;

/// An id that may be no id at all: such a one answers like that of an account that is not there.
type AskedId = Result<Path<String>, PathRejection>;

/// Makes an account, once for each external id: 201 the first time, 200 with the account as it is from then on.
///
/// The private key is in the first answer and in no other. So is the link with which the owner sets a password; without it
/// somebody with a shell would have to make one for each account.
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
        Provisioned::Existing(file) => Ok(Json(account(&file)).into_response()),
        Provisioned::Created(file, created) => {
            let mut answer = account(&file);
            answer["privateKey"] = created.first_pair.private_key.expose().into();
            if let Some(link) = &created.password_link {
                let page = format!("{}{}", serving.site.public_url, paths::SET_PASSWORD);
                answer["passwordLink"] = format!("{page}#{}", link.expose()).into();
            }
            let place = format!("/admin/v1/accounts/{}", created.account_id);
            Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(answer)).into_response())
        }
    }
}

/// Looks accounts up by exactly one of `externalId` and `email`: a list of one account, or of none.
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
    let accounts: Vec<_> = found.iter().map(account).collect();
    Ok(Json(json!({ "accounts": accounts })).into_response())
}

/// The description of all this, for programs that read it. It holds no secret and is the same everywhere, so that nobody has
/// to have a key to read what a key is for.
pub(crate) async fn describe() -> Response {
    const DOCUMENT: &str = include_str!("../../../docs/openapi.json");
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}

/// One account.
pub(crate) async fn open(State(serving): State<Serving>, asked: AskedId, parts: Parts) -> Answer {
    let context = system(&serving, &parts).await?;
    let file = serving.backend.open_file(&context, &account_id(asked)?).await?;
    Ok(Json(account(&file)).into_response())
}

/// Disables an account or enables it again; one that is so already stays so.
pub(crate) async fn switch(State(serving): State<Serving>, asked: AskedId, parts: Parts, body: Bytes) -> Answer {
    let context = system(&serving, &parts).await?;
    let account_id = account_id(asked)?;
    let mut members = Members::of_body(&body, &["disabled", "reason"])?;
    let disabled = members.bool("disabled")?;
    let reason = members.optional_text("reason")?.unwrap_or_default();
    let file = serving.backend.provision_disabled(&context, &account_id, disabled, &reason).await?;
    Ok(Json(account(&file)).into_response())
}

/// Rolls an account's keys. The new private key is not answered: its owner reveals it.
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
    let (new, old) = (pair(&rolled.new, now), pair(&rolled.old, now));
    Ok(Json(json!({ "accountId": account_id, "new": new, "old": old })).into_response())
}

/// Which system it is, as the context in which it acts.
async fn system(serving: &Serving, parts: &Parts) -> Result<RequestContext, Problem> {
    let presented = presented_key(&parts.headers).map_err(|problem| match problem {
        Problem::KeyMissing => Problem::InstallationKeyMissing,
        Problem::KeyUnknown => Problem::InstallationKeyUnknown,
        other => other,
    })?;
    let caller = match serving.backend.authenticate_installation(&presented).await {
        Ok(InstallationVerdict::Valid(caller)) => caller,
        Ok(InstallationVerdict::Unknown) => return Err(Problem::InstallationKeyUnknown),
        Ok(InstallationVerdict::PrivateKey) => return Err(Problem::NotThePrivateKey),
        Ok(InstallationVerdict::PublicKey) => return Err(Problem::NotThePublicKey),
        Ok(InstallationVerdict::Expired) => return Err(Problem::InstallationKeyExpired),
        Ok(InstallationVerdict::Revoked) => return Err(Problem::InstallationKeyRevoked),
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

fn account(file: &AccountFile) -> Value {
    let account = &file.keys.account;
    let owner = file.members.iter().find(|member| member.role == Role::Owner).map(|member| &member.email);
    let pairs: Vec<_> = file.keys.pairs.iter().map(|known| pair(known, file.keys.now)).collect();
    json!({
        "accountId": account.id,
        "externalId": account.external_id,
        "name": account.name,
        "email": owner,
        "disabled": account.disabled_at.is_some(),
        "createdAt": account.created_at.to_rfc3339(),
        "keyPairs": pairs,
    })
}

fn pair(pair: &KeyPair, now: Timestamp) -> Value {
    let state = pair.state(now);
    json!({
        "id": pair.id,
        "publicKey": pair.public_key,
        "status": state.as_str(),
        "createdAt": pair.created_at.to_rfc3339(),
        "expiresAt": state.expires_at().map(Timestamp::to_rfc3339),
    })
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
