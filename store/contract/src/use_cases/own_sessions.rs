//! A person's own sessions: seen, and ended from another one.

use super::{Installation, Owner, PASSWORD, password, person, refusal, stranger};
use backend::sessions::{self, EndedSession};
use backend::sign_in::SignedInSession;
use backend::store::Store;
use backend::{RequestContext, Token};
use domain::audit::{Act, Target};
use domain::{Duration, Refusal, SessionId};
use std::sync::Arc;

async fn sign_in(here: &Installation, email: &str) -> (SignedInSession, RequestContext) {
    let opened = here.backend.sign_in(&stranger(), email, password(PASSWORD)).await.expect("signs in");
    let context = here.context_of(&opened).await;
    (opened, context)
}

fn own(owner: &Owner) -> SessionId {
    person(&owner.context).session_id.clone()
}

async fn lives(here: &Installation, session: &Token) -> bool {
    here.backend.find_signed_in(session).await.expect("reads").is_some()
}

/// With where and when they were opened, those that are over left out, and nobody else's.
pub async fn a_person_sees_their_own_sessions_that_live(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    here.owner("ben@example.org").await;
    let opened_at = here.backend.now();
    here.pass(Duration::minutes(10));
    let (second, context) = sign_in(&here, "ada@example.org").await;
    let listed = here.backend.list_sessions(&context).await.expect("lists");
    let ids: Vec<_> = listed.sessions.iter().map(|session| session.id.clone()).collect();
    assert_eq!(ids, [person(&context).session_id.clone(), own(&ada)]);
    let first = &listed.sessions[1];
    assert_eq!((first.created_at, first.last_used_at), (opened_at, opened_at));
    assert_eq!((first.address.as_deref(), first.user_agent.as_deref()), (Some("192.0.2.1"), Some("Contract/1")));

    // Used, the second is seen to the minute; the first is over half an hour after its last use.
    here.pass(Duration::minutes(20));
    assert!(lives(&here, &second.session).await);
    let listed = here.backend.list_sessions(&context).await.expect("lists");
    assert_eq!(listed.sessions.len(), 1);
    assert_eq!(listed.sessions[0].last_used_at, here.backend.now());
    let nobody = here.backend.list_sessions(&stranger()).await;
    assert_eq!(refusal(nobody), Some(Refusal::SignedOut));
}

/// The very next request with its cookie is nobody's.
pub async fn a_session_ended_from_another_one_is_over(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let (lost, lost_context) = sign_in(&here, "ada@example.org").await;
    let id = person(&lost_context).session_id.clone();
    let ended = here.backend.end_session(&ada.context, &id, None).await.expect("ends");
    assert_eq!(ended, EndedSession::Other);
    assert!(!lives(&here, &lost.session).await);
    let records = here.records(Act::SessionEnd).await;
    assert_eq!(records.len(), 1);
    assert_eq!(
        (records[0].targets.clone(), records[0].account_id.clone()),
        (vec![Target::Session(id.clone())], Some(ada.account.clone()))
    );
    assert_eq!(refusal(here.backend.end_session(&ada.context, &id, None).await), Some(Refusal::NotFound));

    // What was under way in it changes nothing any more.
    let late = here.backend.end_session(&lost_context, &own(&ada), None).await;
    assert_eq!(refusal(late), Some(Refusal::SignedOut));
    let late = here.backend.end_other_sessions(&lost_context, None).await;
    assert_eq!(refusal(late), Some(Refusal::SignedOut));
    assert_eq!(here.backend.list_sessions(&ada.context).await.expect("lists").sessions.len(), 1);
}

/// Nothing tells whether it exists, and it goes on.
pub async fn somebody_elses_session_answers_like_a_missing_one(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    here.owner("ben@example.org").await;
    let (bens, bens_context) = sign_in(&here, "ben@example.org").await;
    let theirs = person(&bens_context).session_id.clone();
    let missing: SessionId = "sess_00000000000000000000000000".parse().expect("an id");
    for id in [theirs, missing] {
        assert_eq!(refusal(here.backend.end_session(&ada.context, &id, None).await), Some(Refusal::NotFound));
    }
    assert!(lives(&here, &bens.session).await);
    let refused = here.records(Act::SessionEndRefused).await;
    assert_eq!(refused.len(), 2);
    assert!(refused.iter().all(|event| event.targets.is_empty() && event.account_id == Some(ada.account.clone())));
    assert_eq!(here.records(Act::SessionEnd).await.len(), 0);
}

/// This one stays.
pub async fn all_other_sessions_end_at_once(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    here.owner("ben@example.org").await;
    let (bens, _) = sign_in(&here, "ben@example.org").await;
    let (one, _) = sign_in(&here, "ada@example.org").await;
    let (two, _) = sign_in(&here, "ada@example.org").await;
    assert_eq!(here.backend.end_other_sessions(&ada.context, None).await.expect("ends"), 2);
    assert!(!lives(&here, &one.session).await && !lives(&here, &two.session).await);
    assert!(lives(&here, &bens.session).await);
    assert_eq!(here.backend.list_sessions(&ada.context).await.expect("lists").sessions.len(), 1);
    assert_eq!(here.records(Act::SessionEnd).await[0].targets.len(), 2);
    // None left: nothing happens, and nothing is recorded.
    assert_eq!(here.backend.end_other_sessions(&ada.context, None).await.expect("ends"), 0);
    assert_eq!(here.records(Act::SessionEnd).await.len(), 1);
}

/// It asks for no password and is recorded as what it is.
pub async fn ending_ones_own_session_signs_out(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    here.owner("ada@example.org").await;
    let (opened, context) = sign_in(&here, "ada@example.org").await;
    here.pass(sessions::STEP_UP);
    let id = person(&context).session_id.clone();
    assert_eq!(here.backend.end_session(&context, &id, None).await.expect("ends"), EndedSession::Own);
    assert!(!lives(&here, &opened.session).await);
    assert_eq!((here.records(Act::SignOut).await.len(), here.records(Act::SessionEnd).await.len()), (1, 0));
}

/// Whoever found an unlocked screen does not throw the owner out (ASVS 5.0, 7.5.2).
pub async fn ending_other_sessions_asks_for_the_password_when_it_is_due(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let (other, other_context) = sign_in(&here, "ada@example.org").await;
    let id = person(&other_context).session_id.clone();
    here.pass(sessions::STEP_UP);
    let (wrong, right) = (password("wrong wrong wrong"), password(PASSWORD));
    let end = async |typed| refusal(here.backend.end_session(&ada.context, &id, typed).await);
    assert_eq!(end(None).await, Some(Refusal::StepUpDue));
    assert_eq!(end(Some(&wrong)).await, Some(Refusal::PasswordWrong));
    assert_eq!(refusal(here.backend.end_other_sessions(&ada.context, None).await), Some(Refusal::StepUpDue));
    assert!(lives(&here, &other.session).await);
    assert_eq!(end(Some(&right)).await, None);
    assert!(!lives(&here, &other.session).await);
}
