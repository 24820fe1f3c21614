//! From what the use cases answer to what the tab is told.

use super::{
    Site, TYPED_SECONDS, add_cookie, answer_at, backend, decode, encode, is_plain_form, lead_back, or_sign_in, say,
    short_lived, site, take_said, usage,
};
use crate::error::AppError;
use crate::features::developers::{
    AddOrigin, DevelopersPageView, DevelopersTab, Exposed, OriginRow, OriginsSaid, OriginsView, PairView, RecentRoll,
    RemoveOrigin, RevealedKey, RolledPair, SeenAt, SeenPlace,
};
use crate::paths;
use crate::ui::Moment;
use backend::keys::{AN_ADMIN, AN_OPERATOR, AccountKeys, RollRequest, Rolled};
use backend::sightings::ExposedPair;
use backend::store::{RollRecord, UploadOriginRecord};
use backend::{Backend, RequestContext, Result, SignedIn, sessions};
use domain::key_format::contains_private_key;
use domain::key_pair::End;
use domain::upload::Origin;
use domain::upload::origin::{Emptying, MOST_ORIGINS};
use domain::{
    Duration, ExpireOld, KeyPair, KeyPairState, PairId, Password, Permission, Refusal, SubmissionId, Timestamp,
};

/// How long a roll is news when nothing is expiring any more.
const NEWS: Duration = Duration::hours(24);
/// The same for a roll by somebody who is not in the account: nobody there may have been looking for a while.
const NEWS_FROM_OUTSIDE: Duration = Duration::days(30);

/// The cookie for an origin that was refused, as it was typed.
const TYPED_ORIGIN: &str = "typed-origin";

/// A roll as the form sent it.
pub(crate) struct Asked {
    pub(crate) pair: PairId,
    pub(crate) submission: SubmissionId,
    pub(crate) expiry: Expiry,
    pub(crate) password: Password,
}

impl Asked {
    /// Where the plain form is shown again, with what was chosen.
    pub(crate) fn form_again(&self) -> String {
        format!("{}{}", paths::roll(&self.pair), self.expiry.query_again())
    }
}

/// When the old pair is to end, as a form sent it.
pub(crate) struct Expiry {
    /// A preset, an RFC 3339 instant, or `custom`.
    pub(crate) expire_old: String,
    /// With `custom`: a date and time in UTC.
    pub(crate) custom_utc: String,
}

impl Expiry {
    /// What was chosen, for the query of the plain form that is shown again.
    pub(crate) fn query_again(&self) -> String {
        match self.choice() {
            Ok(ExpireOld::At(_)) => format!("&expire_old=custom&custom_utc={}", self.custom_utc),
            Ok(preset) => format!("&expire_old={preset}"),
            Err(_) => String::new(),
        }
    }

    pub(super) fn choice(&self) -> std::result::Result<ExpireOld, Refusal> {
        match self.expire_old.as_str() {
            "" => Err(Refusal::ExpiryMissing),
            "custom" => read_utc(&self.custom_utc).map(ExpireOld::At).ok_or(Refusal::ExpiryInvalid),
            choice => choice.parse().map_err(|_| Refusal::ExpiryInvalid),
        }
    }
}

/// Reads `2026-11-24T09:02`, as a date and time field gives it, as UTC.
fn read_utc(text: &str) -> Option<Timestamp> {
    let seconds = if text.matches(':').count() == 1 { ":00" } else { "" };
    Timestamp::parse_rfc3339(&format!("{text}{seconds}Z"))
}

pub(crate) async fn tab(backend: &Backend, context: &RequestContext, site: &Site) -> Result<DevelopersTab> {
    let person = context.person()?;
    let seat = person.seat()?;
    let keys = backend.list_keys(context, &seat.account_id).await?;
    let recent_roll = recent_roll(&keys, person);
    let AccountKeys { account, pairs, now, .. } = keys;
    Ok(DevelopersTab {
        product_name: site.product_name.clone(),
        insecure: site.insecure,
        email: person.email.clone(),
        account: account.id,
        account_name: account.name,
        disabled: account.disabled_at.is_some(),
        role: seat.role,
        may_change: seat.role.may(Permission::RollKeys),
        api_url: site.api_url.clone(),
        private_prefix: backend.policy().brand.private_prefix(),
        now,
        password_due_at: person.password_at.plus(sessions::STEP_UP),
        longest_overlap: backend.policy().longest_overlap,
        submission: backend.mint_submission(),
        pairs: pairs.iter().map(|pair| view(pair, now)).collect(),
        recent_roll,
    })
}

/// The tab, and what stands beside it.
pub(crate) async fn page(backend: &Backend, context: &RequestContext, site: &Site) -> Result<DevelopersPageView> {
    let tab = tab(backend, context, site).await?;
    let exposed = if tab.role.may(Permission::ViewActivity) {
        let exposed = backend.list_exposed_pairs(context, &tab.account).await?;
        exposed.into_iter().map(|exposed| self::exposed(exposed, tab.now)).collect()
    } else {
        Vec::new()
    };
    let used = usage::used(backend, context, &tab).await?;
    let listed = backend.list_upload_origins(context, &tab.account).await?;
    let origins = OriginsView {
        full: listed.len() >= MOST_ORIGINS,
        list: listed.into_iter().map(origin_row).collect(),
        typed: short_lived(TYPED_ORIGIN).map(|typed| decode(&typed)).unwrap_or_default(),
        said: take_said(OriginsSaid::parse),
    };
    Ok(DevelopersPageView { tab, exposed, used, origins })
}

fn exposed(exposed: ExposedPair, now: Timestamp) -> Exposed {
    let ExposedPair { pair, seen, before } = exposed;
    let PairView { id, public_key, state, ends, .. } = view(&pair, now);
    let seen_at = |seen: backend::sightings::SeenAt| SeenAt {
        place: match seen.origin.as_deref() {
            None => SeenPlace::Url,
            Some("") => SeenPlace::Unknown,
            Some("null") => SeenPlace::Nameless,
            Some(origin) => SeenPlace::Page(origin.to_owned()),
        },
        first: Moment::from(seen.first),
        last: Moment::from(seen.last),
        times: seen.times,
    };
    Exposed { id, public_key, state, ends, seen: seen.into_iter().map(seen_at).collect(), before }
}

fn origin_row(listed: UploadOriginRecord) -> OriginRow {
    OriginRow { origin: listed.origin.to_string(), added: Moment::from(listed.added_at) }
}

/// Leads back to the list; with what was typed, if it was refused. But not with a private key that somebody put there.
pub(crate) fn origin_added(added: Result<Origin>, typed: &str) -> std::result::Result<(), AppError> {
    let cookies = site().cookies;
    let name = cookies.short_lived(TYPED_ORIGIN);
    let answer = or_sign_in(added.map(|_| ()).map_err(AppError::from));
    match answer {
        Ok(()) => {
            add_cookie(cookies.set(&name, "", Some(0)));
            say(OriginsSaid::Added.as_str());
            leptos_axum::redirect(&paths::origins());
        }
        Err(AppError::Refused(Refusal::SignedOut)) => {}
        Err(error) if is_plain_form() => {
            let typed = if contains_private_key(&backend().policy().brand, typed) { "" } else { typed };
            add_cookie(cookies.set(&name, &encode(typed), Some(TYPED_SECONDS)));
            lead_back::<AddOrigin>(error, paths::DEVELOPERS, &format!("#{}", paths::ORIGINS));
        }
        Err(_) => {}
    }
    answer
}

/// What the form says about the list it leaves.
pub(crate) fn emptying(said: &str) -> Emptying {
    if said == "meant" { Emptying::Meant } else { Emptying::NotMeant }
}

/// Leads to the list, or back to the question. What is no origin is put into no address.
pub(crate) fn origin_removed(removed: Result<Vec<Origin>>, origin: &str) -> std::result::Result<(), AppError> {
    let emptied = removed.as_ref().is_ok_and(Vec::is_empty);
    let said = if emptied { OriginsSaid::Emptied } else { OriginsSaid::Removed };
    let form = match Origin::parse_stored(origin) {
        Some(origin) => paths::remove_origin(origin.as_str()),
        None => paths::REMOVE_ORIGIN.to_owned(),
    };
    answer_at::<RemoveOrigin>(removed.map(|_| ()), &form, &paths::origins(), said.as_str())
}

pub(crate) async fn roll(backend: &Backend, context: &RequestContext, asked: Asked) -> Result<RolledPair> {
    let account_id = context.person()?.seat()?.account_id.clone();
    let expire_old = asked.expiry.choice()?;
    let rolled = backend
        .roll(
            context,
            RollRequest {
                account_id,
                pair_id: Some(asked.pair),
                expire_old,
                reason: None,
                message: None,
                submission_id: asked.submission,
                password: Some(asked.password),
            },
        )
        .await?;
    let now = backend.now();
    Ok(match rolled {
        Rolled::Done { new, old } => RolledPair {
            new: view(&new.pair, now),
            old: view(&old, now),
            private_key: Some(RevealedKey::new(new.private_key.expose().to_owned())),
        },
        Rolled::Already { new, old } => RolledPair { new: view(&new, now), old: view(&old, now), private_key: None },
    })
}

pub(crate) async fn expire(
    backend: &Backend,
    context: &RequestContext,
    pair: &PairId,
    password: &Password,
) -> Result<PairView> {
    let account_id = context.person()?.seat()?.account_id.clone();
    let pair = backend.revoke(context, &account_id, pair, Some(password)).await?;
    Ok(view(&pair, backend.now()))
}

pub(super) fn view(pair: &KeyPair, now: Timestamp) -> PairView {
    let state = pair.state(now);
    let rolled_at = match pair.end {
        End::Scheduled { rolled_at, .. } => Some(rolled_at),
        End::None | End::Passed { .. } | End::Revoked { .. } => None,
    };
    let ends = match state {
        KeyPairState::Active => None,
        KeyPairState::Expiring { until } => Some(until),
        KeyPairState::Expired { since } | KeyPairState::Revoked { since } => Some(since),
    };
    PairView {
        id: pair.id.clone(),
        public_key: pair.public_key.to_string(),
        created: Moment::from(pair.created_at),
        state,
        ends: ends.map(Moment::from),
        rolled_at,
    }
}

/// A roll is news while an old pair still works, and for a day after.
fn recent_roll(keys: &AccountKeys, person: &SignedIn) -> Option<RecentRoll> {
    let roll: &RollRecord = keys.latest_roll.as_ref()?;
    let expiring = keys.pairs.iter().any(|pair| matches!(pair.state(keys.now), KeyPairState::Expiring { .. }));
    let (by, lasts) = match (roll.rolled_by.as_str(), &roll.rolled_by_user) {
        (AN_ADMIN, _) => ("An admin", NEWS_FROM_OUTSIDE),
        (AN_OPERATOR, None) => ("An operator", NEWS_FROM_OUTSIDE),
        (_, Some(user)) if *user == person.user_id => ("You", NEWS),
        (address, _) => (address, NEWS),
    };
    let news = expiring || keys.now.since(roll.rolled_at) < lasts;
    news.then(|| RecentRoll {
        at: Moment::from(roll.rolled_at),
        by: by.to_owned(),
        new_pair: roll.new_pair_id.clone(),
        reason: roll.reason.clone(),
        message: roll.message.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_form_field_is_read_as_utc_with_and_without_seconds() {
        let at = Timestamp::parse_rfc3339("2026-11-24T09:02:00Z");
        assert_eq!(read_utc("2026-11-24T09:02"), at);
        assert_eq!(read_utc("2026-11-24T09:02:00"), at);
        for text in ["", "tomorrow", "2026-11-24", "2026-11-24T09:02Z", "2026-13-24T09:02"] {
            assert_eq!(read_utc(text), None, "{text:?}");
        }
    }
}
