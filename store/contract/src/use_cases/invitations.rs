//! Signing up by invitation.

use super::{Installation, PASSWORD, password, person, refusal, stranger};
use backend::accounts::NewAccount;
use backend::invitations::INVITATION_LIFE;
use backend::store::Store;
use backend::throttle::MOST_NEW_PER_ADDRESS;
use backend::{Policy, RequestContext, SignUp};
use domain::audit::{Act, Actor, Target};
use domain::{Duration, Refusal, Role};
use std::sync::Arc;

fn operator() -> RequestContext {
    RequestContext::operator("op".to_owned(), "req".to_owned())
}

fn by_invitation(store: Arc<dyn Store>) -> Installation {
    Installation::with_policy(store, Policy { sign_up: SignUp::Invite, ..Policy::default() })
}

fn new(email: &str) -> NewAccount {
    NewAccount {
        email: email.to_owned(),
        name: "Engines".to_owned(),
        external_id: None,
        password: Some(password(PASSWORD)),
    }
}

async fn invite(here: &Installation, email: Option<&str>) -> String {
    here.backend.create_invitation(&operator(), email).await.expect("makes").link.expose()
}

async fn use_up(here: &Installation, secret: &str, email: &str) -> Option<Refusal> {
    refusal(here.backend.sign_up_invited(&stranger(), secret, new(email)).await)
}

/// A person, an account, its pair and a session; the invitation's making and use are on record.
pub async fn an_invitation_makes_one_account(store: Arc<dyn Store>) {
    let here = by_invitation(store);
    let made = here.backend.create_invitation(&operator(), None).await.expect("makes");
    assert_eq!(made.invitation.expires_at, here.backend.now().plus(INVITATION_LIFE));
    let secret = made.link.expose();
    let opened = here.backend.sign_up_invited(&stranger(), &secret, new("Ada@example.org")).await.expect("signs up");
    let context = here.context_of(&opened).await;
    let seat = person(&context).seat().expect("in an account");
    assert_eq!((person(&context).email.as_str(), seat.role), ("ada@example.org", Role::Owner));
    let keys = here.backend.list_keys(&context, &seat.account_id).await.expect("lists");
    assert_eq!((keys.account.name.as_str(), keys.pairs.len()), ("Engines", 1));

    let (made_record, used) = (here.records(Act::InvitationCreate).await, here.records(Act::InvitationUse).await);
    assert_eq!((made_record.len(), used.len()), (1, 1));
    assert_eq!(made_record[0].actor, Actor::Operator { name: "op".to_owned() });
    assert_eq!(
        used[0].actor,
        Actor::Person { id: person(&context).user_id.clone(), name: "ada@example.org".to_owned() }
    );
    assert_eq!(used[0].targets[0], Target::Invitation(made.invitation.id));
    assert_eq!(used[0].account_id, Some(keys.account.id));

    assert_eq!(use_up(&here, &secret, "ben@example.org").await, Some(Refusal::InvitationInvalid));
    assert_eq!(here.records(Act::AccountCreate).await.len(), 1);
}

/// Used, revoked, too old, unknown, no code at all: one answer, wherever it is asked.
pub async fn every_dead_invitation_answers_alike(store: Arc<dyn Store>) {
    let here = by_invitation(store);
    let used = invite(&here, None).await;
    assert_eq!(use_up(&here, &used, "ada@example.org").await, None);
    let revoked = here.backend.create_invitation(&operator(), None).await.expect("makes");
    here.backend.revoke_invitation(&operator(), &revoked.invitation.id).await.expect("revokes");
    let old = invite(&here, None).await;
    here.pass(INVITATION_LIFE);
    let unknown = "A".repeat(43);
    for secret in [used.as_str(), &revoked.link.expose(), &old, &unknown, "", "no code"] {
        assert_eq!(use_up(&here, secret, "ben@example.org").await, Some(Refusal::InvitationInvalid));
        let opened = here.backend.open_invitation(&stranger(), secret).await;
        assert_eq!(refusal(opened), Some(Refusal::InvitationInvalid));
        assert_eq!(refusal(here.backend.find_invitation(secret).await), Some(Refusal::InvitationInvalid));
    }
    assert_eq!(here.records(Act::AccountCreate).await.len(), 1);
}

/// To the millisecond.
pub async fn an_invitation_is_dead_after_seven_days(store: Arc<dyn Store>) {
    let here = by_invitation(store);
    let start = here.backend.now();
    for (millis, email, expected) in
        [(-1, "ada@example.org", None), (0, "ben@example.org", Some(Refusal::InvitationInvalid))]
    {
        here.set_clock(start);
        let secret = invite(&here, None).await;
        let end = start.plus(Duration::days(7)).as_millis();
        here.set_clock(domain::Timestamp::from_millis(end + millis));
        assert_eq!(use_up(&here, &secret, email).await, expected);
    }
}

/// The address on it is the one that comes in, typed or not, and no other.
pub async fn an_invitation_for_an_address_is_for_nobody_else(store: Arc<dyn Store>) {
    let here = by_invitation(store);
    let secret = invite(&here, Some(" Ada@Example.org")).await;
    let opened = here.backend.open_invitation(&stranger(), &secret).await.expect("opens");
    assert_eq!(opened.email.as_ref().map(domain::Email::as_str), Some("ada@example.org"));
    assert_eq!(use_up(&here, &secret, "ben@example.org").await, Some(Refusal::InvitationForAnother));
    let opened = here.backend.sign_up_invited(&stranger(), &secret, new("")).await.expect("signs up");
    assert_eq!(person(&here.context_of(&opened).await).email, "ada@example.org");
}

/// Another password or address can be tried with the same invitation.
pub async fn a_refused_sign_up_leaves_the_invitation_as_it_was(store: Arc<dyn Store>) {
    let here = by_invitation(store);
    here.owner("ben@example.org").await;
    let secret = invite(&here, None).await;
    let short = NewAccount { password: Some(password("short")), ..new("ada@example.org") };
    let answer = here.backend.sign_up_invited(&stranger(), &secret, short).await;
    assert_eq!(refusal(answer), Some(Refusal::PasswordTooShort));
    assert_eq!(use_up(&here, &secret, "ben@example.org").await, Some(Refusal::EmailTaken));
    assert_eq!(use_up(&here, &secret, "ada@example.org").await, None);
    assert_eq!(here.records(Act::InvitationUse).await.len(), 1);
}

/// Exactly one account comes of it, and the others are told so.
pub async fn of_many_uses_of_one_invitation_at_once_one_wins(store: Arc<dyn Store>) {
    let here = by_invitation(store);
    let secret = invite(&here, None).await;
    let uses: Vec<_> = (0..4)
        .map(|nth| {
            let (here, secret) = (here.clone(), secret.clone());
            tokio::spawn(async move { use_up(&here, &secret, &format!("ada{nth}@example.org")).await })
        })
        .collect();
    let mut won = 0;
    for used in uses {
        match used.await.expect("joins") {
            None => won += 1,
            Some(Refusal::InvitationInvalid | Refusal::Busy) => {}
            Some(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!((here.records(Act::AccountCreate).await.len(), here.records(Act::InvitationUse).await.len()), (1, 1));
}

/// A closed installation is closed to whoever was invited before; an open one takes them as well.
pub async fn an_invitation_opens_nothing_where_sign_up_is_closed(store: Arc<dyn Store>) {
    let secret = invite(&by_invitation(Arc::clone(&store)), None).await;
    let closed = Installation::with_policy(Arc::clone(&store), Policy { sign_up: SignUp::Closed, ..Policy::default() });
    assert_eq!(use_up(&closed, &secret, "ada@example.org").await, Some(Refusal::SignUpClosed));
    assert_eq!(refusal(closed.backend.open_invitation(&stranger(), &secret).await), Some(Refusal::SignUpClosed));
    assert_eq!(refusal(closed.backend.find_invitation(&secret).await), Some(Refusal::SignUpClosed));
    assert_eq!(closed.records(Act::AccountCreate).await.len(), 0);
    let open = Installation::new(store);
    assert_eq!(use_up(&open, &secret, "ada@example.org").await, None);
}

/// As sign-ups and one-time links are.
pub async fn codes_are_not_tried_without_end(store: Arc<dyn Store>) {
    let here = by_invitation(store);
    let secret = invite(&here, None).await;
    for _ in 0..MOST_NEW_PER_ADDRESS {
        let guess = here.backend.open_invitation(&stranger(), &"A".repeat(43)).await;
        assert_eq!(refusal(guess), Some(Refusal::InvitationInvalid));
    }
    assert_eq!(use_up(&here, &secret, "ada@example.org").await, Some(Refusal::TooManyAttempts));
    assert_eq!(refusal(here.backend.open_invitation(&stranger(), &secret).await), Some(Refusal::TooManyAttempts));
}

/// Listed while it can be used; made for nobody who is here already, and for no address that is none.
pub async fn an_operator_makes_lists_and_revokes_invitations(store: Arc<dyn Store>) {
    let here = by_invitation(store);
    here.owner("ben@example.org").await;
    let make = async |email| here.backend.create_invitation(&operator(), email).await;
    assert_eq!(refusal(make(Some("ben@example.org")).await), Some(Refusal::EmailTaken));
    assert_eq!(refusal(make(Some("nobody")).await), Some(Refusal::EmailInvalid));
    let first = make(Some("ada@example.org")).await.expect("makes").invitation;
    here.pass(Duration::days(1));
    let second = make(None).await.expect("makes").invitation;
    let list = async || here.backend.list_invitations(&operator()).await.expect("lists");
    assert_eq!(list().await, [second.clone(), first.clone()]);
    here.pass(Duration::days(6));
    assert_eq!(list().await, std::slice::from_ref(&second));

    // Too old is as good as gone, swept or not.
    let revoke = async |id| refusal(here.backend.revoke_invitation(&operator(), id).await);
    assert_eq!(revoke(&first.id).await, Some(Refusal::NotFound));
    here.backend.sweep().await.expect("sweeps");
    assert_eq!(here.store.list_invitations().await.expect("reads"), std::slice::from_ref(&second));
    assert_eq!(revoke(&second.id).await, None);
    assert_eq!(revoke(&second.id).await, Some(Refusal::NotFound));
    assert_eq!(list().await, []);
    assert_eq!(here.records(Act::InvitationRevoke).await.len(), 1);
}

/// Neither an owner nor a stranger.
pub async fn nobody_but_an_operator_invites(store: Arc<dyn Store>) {
    let here = by_invitation(store);
    let ada = here.owner("ada@example.org").await;
    let id = here.backend.create_invitation(&operator(), None).await.expect("makes").invitation.id;
    for (context, expected) in [(&ada.context, Refusal::NotAllowed), (&stranger(), Refusal::SignedOut)] {
        assert_eq!(refusal(here.backend.create_invitation(context, None).await), Some(expected));
        assert_eq!(refusal(here.backend.list_invitations(context).await), Some(expected));
        assert_eq!(refusal(here.backend.revoke_invitation(context, &id).await), Some(expected));
    }
}
