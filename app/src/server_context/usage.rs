//! From what is counted of the use of pairs to what the pages are told.

use super::activity::ago;
use super::developers::{tab, view};
use super::{Site, answer_like};
use crate::error::AppError;
use crate::features::developers::{
    CallerRow, CallerView, CallersView, DayUse, DevelopersTab, PairUse, PairView, Seen, UseView,
};
use crate::paths;
use crate::ui::Moment;
use backend::usage::{CallerName, CallerRecord, Callers, DayUsage, PairUsage};
use backend::{Backend, RequestContext, Result};
use domain::{KeyPairState, PairId, Permission, Refusal, Timestamp};

/// How the pairs of the tab are used.
pub(super) async fn used(backend: &Backend, context: &RequestContext, tab: &DevelopersTab) -> Result<UseView> {
    let usage = backend.find_usage_of_account(context, &tab.account).await?;
    let (days, now) = (usage.pairs.first().map_or(0, |pair| pair.days.len()), usage.now);
    let mut pairs = Vec::new();
    for of in usage.pairs {
        if let Some(pair) = tab.pair(&of.pair_id) {
            let used = pair_use(pair, of, now);
            if is_worth_showing(&used) {
                pairs.push(used);
            }
        }
    }
    Ok(UseView {
        days: if usage.kept_days == 0 { 0 } else { u32::try_from(days).unwrap_or(u32::MAX) },
        may_see_callers: tab.role.may(Permission::ViewActivity),
        pairs,
    })
}

/// A pair that works, or that somebody went on with.
fn is_worth_showing(used: &PairUse) -> bool {
    match used.state {
        KeyPairState::Active | KeyPairState::Expiring { .. } => true,
        KeyPairState::Expired { .. } | KeyPairState::Revoked { .. } => {
            used.days.iter().any(|day| day.accepted > 0 || day.refused > 0)
        }
    }
}

fn pair_use(pair: &PairView, usage: PairUsage, now: Timestamp) -> PairUse {
    PairUse {
        id: pair.id.clone(),
        public_key: pair.public_key.clone(),
        state: pair.state,
        last_used: usage.last_used.map(|at| seen(at, now)),
        last_refused: usage.last_refused.map(|at| seen(at, now)),
        days: usage.days.into_iter().map(day_use).collect(),
    }
}

fn day_use(usage: DayUsage) -> DayUse {
    let DayUsage { day, accepted, refused } = usage;
    DayUse { day: date(day.start()), accepted, refused }
}

/// `23 November 2026`, in UTC.
fn date(at: Timestamp) -> String {
    let words = at.to_utc_words();
    words.split(',').next().unwrap_or(&words).to_owned()
}

/// When something was seen, in both ways.
pub(super) fn seen(at: Timestamp, now: Timestamp) -> Seen {
    Seen { ago: ago(at, now), at: Moment::from(at) }
}

/// A page of the callers of the pair that `pair` names, in the account that the person is in.
pub(crate) async fn callers(
    backend: &Backend,
    context: &RequestContext,
    site: &Site,
    pair: &str,
    page: &str,
) -> Result<CallersView> {
    let seat = context.person()?.seat()?;
    let page = if page.is_empty() { Ok(1) } else { page.parse() };
    let (Ok(pair_id), Ok(page @ 1..)) = (pair.parse::<PairId>(), page) else {
        // Whoever may not see any says so first.
        let allowed = seat.role.may(Permission::ViewActivity);
        return Err(if allowed { Refusal::NotFound } else { Refusal::NotAllowed }.into());
    };
    let Callers { pair, callers, page, more, kept_days, now } =
        backend.list_callers_of_pair(context, &seat.account_id, &pair_id, page).await?;
    let usage = backend.find_usage_of_account(context, &seat.account_id).await?;
    let usage = usage.pairs.into_iter().find(|of| of.pair_id == pair_id).ok_or(Refusal::NotFound)?;
    let DevelopersTab { product_name, account_name, email, role, .. } = tab(backend, context, site).await?;
    Ok(CallersView {
        product_name,
        account_name,
        email,
        role,
        now,
        is_counted: kept_days > 0,
        kept_days,
        pair: pair_use(&view(&pair, now), usage, now),
        callers: callers.into_iter().map(|caller| row(caller, now)).collect(),
        later: (page > 1).then(|| paths::callers_page(&pair_id, page - 1)),
        earlier: more.then(|| paths::callers_page(&pair_id, page.saturating_add(1))),
    })
}

fn row(caller: CallerRecord, now: Timestamp) -> CallerRow {
    CallerRow {
        caller: match caller.name {
            CallerName::Program { address, user_agent } => CallerView::Program { address, user_agent },
            CallerName::Others => CallerView::Others,
        },
        accepted: caller.accepted,
        refused: caller.refused,
        first: Moment::from(caller.first_at),
        last: seen(caller.last_at, now),
        last_route: caller.last_route,
        last_outcome: caller.last_outcome,
    }
}

/// Gives the page the status that says the same to a program.
pub(crate) fn about_callers(
    answer: std::result::Result<CallersView, AppError>,
) -> std::result::Result<CallersView, AppError> {
    match &answer {
        // On its way to the sign-in page, or to the console.
        Ok(_) | Err(AppError::Refused(Refusal::SignedOut | Refusal::NoAccount)) => {}
        Err(error) => answer_like(*error),
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_named_by_its_date_alone() {
        let at = Timestamp::parse_rfc3339("2026-11-23T00:00:00Z").expect("an instant");
        assert_eq!(date(at), "23 November 2026");
    }
}
