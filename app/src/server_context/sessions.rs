//! From what the use cases answer to what a person's own page is told, and where its forms lead.

use super::{Site, answer_at, leave, remember_typed, take_said, typed};
use crate::error::AppError;
use crate::features::sessions::{
    ChangeEmail, ChangePassword, EndOtherSessions, EndSession, Said, SessionView, SignInTab, ago,
};
use crate::paths;
use crate::ui::Moment;
use backend::sessions::{ABSOLUTE, EndedSession, IDLE, step_up_due};
use backend::store::SessionRecord;
use backend::{Backend, RequestContext, Result};
use domain::time::in_words;
use domain::{SessionId, Timestamp, device};

pub(crate) async fn tab(backend: &Backend, context: &RequestContext, site: &Site) -> Result<SignInTab> {
    let person = context.person()?;
    let own = backend.list_sessions(context).await?;
    let mut sessions: Vec<SessionView> =
        own.sessions.into_iter().map(|session| view(session, &person.session_id, own.now)).collect();
    // Stable: the others stay in their order.
    sessions.sort_by_key(|session| !session.own);
    Ok(SignInTab {
        product_name: site.product_name.clone(),
        insecure: site.insecure,
        email: person.email.clone(),
        account_name: own.account_name.unwrap_or_else(|| person.email.clone()),
        role: person.seat.as_ref().map(|seat| seat.role),
        said: take_said(Said::parse),
        typed_email: typed().email,
        password_due: step_up_due(person.password_at, own.now),
        idle: in_words(IDLE),
        absolute: in_words(ABSOLUTE),
        sessions,
    })
}

fn view(session: SessionRecord, this: &SessionId, now: Timestamp) -> SessionView {
    SessionView {
        own: session.id == *this,
        id: session.id,
        device: device::in_words(session.user_agent.as_deref()),
        address: session.address,
        opened: Moment::from(session.created_at),
        last_seen: Moment::from(session.last_used_at),
        last_seen_ago: ago(now.since(session.last_used_at)),
    }
}

/// After ending one session: the page, or, if it was the person's own, the way out.
pub(crate) fn ended(ended: Result<EndedSession>, session: &SessionId) -> std::result::Result<(), AppError> {
    match ended {
        Ok(EndedSession::Own) => leave(Ok(())),
        other => answer_at::<EndSession>(
            other.map(|_| ()),
            &paths::end_session(session),
            paths::SESSIONS,
            Said::SessionEnded.as_str(),
        ),
    }
}

pub(crate) fn others_ended(ended: Result<u64>) -> std::result::Result<(), AppError> {
    answer_at::<EndOtherSessions>(ended.map(|_| ()), paths::END_SESSION, paths::SESSIONS, Said::OthersEnded.as_str())
}

pub(crate) fn email_changed(changed: Result<()>, email: &str) -> std::result::Result<(), AppError> {
    remember_typed(changed.is_err(), email, "");
    answer_at::<ChangeEmail>(changed, paths::SESSIONS, paths::SESSIONS, Said::EmailChanged.as_str())
}

pub(crate) fn password_changed(changed: Result<()>) -> std::result::Result<(), AppError> {
    answer_at::<ChangePassword>(changed, paths::SESSIONS, paths::SESSIONS, Said::PasswordChanged.as_str())
}
