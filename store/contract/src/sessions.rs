//! Sessions.

use crate::world::{World, assert_failed, at};
use backend::store::{AccountRecord, SessionRecord, SessionView, Store};
use domain::Role;
use std::sync::Arc;

async fn signed_in(world: &World) -> SessionView {
    let (person, account) = (world.person().await, world.account().await);
    let membership = world.join(&person, &account, Role::Developer).await;
    let session = world.new_session(&person.id);
    world.write(async |tx| tx.insert_session(&session).await).await.expect("stored");
    SessionView { session, email: person.email, membership: Some(membership), admin: false }
}

/// Every field comes back, with whose the session is and where they are a member.
pub async fn a_session_is_read_back_with_its_person(store: Arc<dyn Store>) {
    let world = World::new(store);
    let view = signed_in(&world).await;
    let second = SessionRecord { address: None, user_agent: None, ..world.new_session(&view.session.user_id) };
    world.write(async |tx| tx.insert_session(&second).await).await.expect("stored");
    signed_in(&world).await;
    for session in [second, view.session.clone()] {
        let found = world.store.find_session(&session.token_digest).await.expect("read");
        assert_eq!(found, Some(SessionView { session, ..view.clone() }));
    }
}

/// A secret that no session has finds nothing.
pub async fn an_unknown_session_is_not_found(store: Arc<dyn Store>) {
    let world = World::new(store);
    signed_in(&world).await;
    assert_eq!(world.store.find_session(&world.digest()).await.expect("read"), None);
}

/// Of several accounts, a session shows the first one its person joined.
pub async fn a_session_shows_the_first_account_joined(store: Arc<dyn Store>) {
    let world = World::new(store);
    let older = world.account().await;
    let view = signed_in(&world).await;
    let person = world.store.find_person(&view.session.user_id).await.expect("read").expect("there");
    world.join(&person, &older, Role::Owner).await;
    assert_eq!(world.store.find_session(&view.session.token_digest).await.expect("read"), Some(view));
}

/// The account chosen last, by this session and not by others; the first joined again once its person is out of it.
pub async fn a_session_shows_the_account_chosen_as_long_as_its_person_is_in_it(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (view, other) = (signed_in(&world).await, signed_in(&world).await);
    let person = world.store.find_person(&view.session.user_id).await.expect("read").expect("there");
    let (second, strange) = (world.account().await, world.account().await);
    let chosen = world.join(&person, &second, Role::Viewer).await;
    let own = world.new_session(&person.id);
    world.write(async |tx| tx.insert_session(&own).await).await.expect("stored");
    let choose = async |account: &AccountRecord| {
        let session = &view.session.id;
        assert!(world.write(async |tx| tx.set_session_account(session, &account.id).await).await.expect("stored"));
        world.store.find_session(&view.session.token_digest).await.expect("read").expect("there").membership
    };
    assert_eq!(choose(&second).await, Some(chosen));
    for session in [&own, &other.session] {
        let found = world.store.find_session(&session.token_digest).await.expect("read").expect("there");
        let first = if session.user_id == person.id { &view.membership } else { &other.membership };
        assert_eq!(&found.membership, first);
    }
    // An account they are not in is none to choose, whatever is stored and whoever else is in it.
    world.join(&world.person().await, &strange, Role::Owner).await;
    assert_eq!(choose(&strange).await, view.membership);
    choose(&second).await;
    world.write(async |tx| tx.delete_membership(&second.id, &person.id).await).await.expect("stored");
    let found = world.store.find_session(&view.session.token_digest).await.expect("read");
    assert_eq!(found.as_ref(), Some(&view));
    let gone = world.session_id();
    assert!(!world.write(async |tx| tx.set_session_account(&gone, &second.id).await).await.expect("stored"));
    let nowhere = world.new_account().id;
    assert_failed(&world.write(async |tx| tx.set_session_account(&view.session.id, &nowhere).await).await);
}

/// Somebody in no account has a session too: whether there is anything to show them is a rule, not a query.
pub async fn a_session_of_somebody_in_no_account_shows_none(store: Arc<dyn Store>) {
    let world = World::new(store);
    let person = world.person().await;
    let session = world.new_session(&person.id);
    world.write(async |tx| tx.insert_session(&session).await).await.expect("stored");
    signed_in(&world).await;
    let found = world.store.find_session(&session.token_digest).await.expect("read").expect("there");
    assert_eq!(found, SessionView { session, email: person.email, membership: None, admin: false });
}

/// Being an admin shows in every session of that person, in an account or not, from the next read on, and stops with it.
pub async fn a_session_shows_whether_its_person_is_an_admin(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (member, stranger) = (signed_in(&world).await, signed_in(&world).await);
    let nowhere = world.person().await;
    let session = world.new_session(&nowhere.id);
    world.write(async |tx| tx.insert_session(&session).await).await.expect("stored");
    let nowhere = SessionView { session, email: nowhere.email, membership: None, admin: false };
    for view in [member, nowhere] {
        let find = async || world.store.find_session(&view.session.token_digest).await.expect("read");
        let admin = world.new_admin(&view.session.user_id, &view.email);
        world.write(async |tx| tx.insert_admin(&admin).await).await.expect("stored");
        assert_eq!(find().await, Some(SessionView { admin: true, ..view.clone() }));
        let found = world.store.find_session(&stranger.session.token_digest).await.expect("read");
        assert_eq!(found.as_ref(), Some(&stranger));
        world.write(async |tx| tx.delete_admin(&admin.user_id).await).await.expect("stored");
        assert_eq!(find().await.as_ref(), Some(&view));
    }
}

/// An admin in several accounts is shown in the first one joined, as everybody is.
pub async fn an_admins_session_shows_the_first_account_joined(store: Arc<dyn Store>) {
    let world = World::new(store);
    let older = world.account().await;
    let view = signed_in(&world).await;
    let person = world.store.find_person(&view.session.user_id).await.expect("read").expect("there");
    world.join(&person, &older, Role::Owner).await;
    world.admin().await;
    let admin = world.new_admin(&person.id, &person.email);
    world.write(async |tx| tx.insert_admin(&admin).await).await.expect("stored");
    let found = world.store.find_session(&view.session.token_digest).await.expect("read");
    assert_eq!(found, Some(SessionView { admin: true, ..view }));
}

/// There is no session of nobody, and no two with one secret.
pub async fn a_session_needs_its_person_and_its_own_secret(store: Arc<dyn Store>) {
    let world = World::new(store);
    let of_nobody = world.new_session(&world.new_person().id);
    let view = signed_in(&world).await;
    let same_secret = SessionRecord { id: world.session_id(), ..view.session.clone() };
    for session in [of_nobody, same_secret] {
        assert_failed(&world.write(async |tx| tx.insert_session(&session).await).await);
    }
    assert_eq!(world.store.find_session(&view.session.token_digest).await.expect("read"), Some(view));
}

/// Use and step-up are noted in their session and in no other.
pub async fn what_happens_in_a_session_is_noted_there(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (mut view, other) = (signed_in(&world).await, signed_in(&world).await);
    assert!(world.write(async |tx| tx.touch_session(&view.session.id, at(60_000)).await).await.expect("stored"));
    view.session.last_used_at = at(60_000);
    assert_eq!(world.store.find_session(&view.session.token_digest).await.expect("read").as_ref(), Some(&view));
    let noted = world.write(async |tx| tx.set_session_password_at(&view.session.id, at(70_000)).await).await;
    assert!(noted.expect("stored"));
    view.session.password_at = at(70_000);
    assert_eq!(world.store.find_session(&view.session.token_digest).await.expect("read").as_ref(), Some(&view));
    assert_eq!(world.store.find_session(&other.session.token_digest).await.expect("read"), Some(other));
}

/// A session that ended while a request was under way is no failure of that request, and does not come back.
pub async fn noting_something_in_an_ended_session_does_nothing(store: Arc<dyn Store>) {
    let world = World::new(store);
    let session = signed_in(&world).await.session;
    let ended = world.write(async |tx| tx.delete_session(&session.id).await).await.expect("stored");
    assert!(ended);
    let touched = world.write(async |tx| tx.touch_session(&session.id, at(5)).await).await;
    assert!(!touched.expect("nothing to do"));
    let noted = world.write(async |tx| tx.set_session_password_at(&session.id, at(5)).await).await;
    assert!(!noted.expect("nothing to do"));
    assert_eq!(world.store.find_session(&session.token_digest).await.expect("read"), None);
}

/// Ending a session ends that one, once.
pub async fn a_session_is_ended_once(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (view, other) = (signed_in(&world).await, signed_in(&world).await);
    let end = async || world.write(async |tx| tx.delete_session(&view.session.id).await).await.expect("stored");
    assert!(end().await);
    assert!(!end().await);
    assert_eq!(world.store.find_session(&view.session.token_digest).await.expect("read"), None);
    assert_eq!(world.store.find_session(&other.session.token_digest).await.expect("read"), Some(other));
}

/// Ending a person's sessions ends all of theirs and nobody else's.
pub async fn all_sessions_of_a_person_are_ended(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (view, other) = (signed_in(&world).await, signed_in(&world).await);
    let user_id = view.session.user_id.clone();
    let second = world.new_session(&user_id);
    world.write(async |tx| tx.insert_session(&second).await).await.expect("stored");
    let end = async || world.write(async |tx| tx.delete_sessions_of(&user_id).await).await.expect("stored");
    assert_eq!(end().await, 2);
    assert_eq!(end().await, 0);
    for gone in [view.session.token_digest, second.token_digest] {
        assert_eq!(world.store.find_session(&gone).await.expect("read"), None);
    }
    assert_eq!(world.store.find_session(&other.session.token_digest).await.expect("read"), Some(other));
}

/// A person's sessions are theirs only, the last used first.
pub async fn the_sessions_of_a_person_are_listed_last_used_first(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (view, _other) = (signed_in(&world).await, signed_in(&world).await);
    let user_id = view.session.user_id.clone();
    let later = SessionRecord { last_used_at: at(500), ..world.new_session(&user_id) };
    let earlier = SessionRecord { last_used_at: at(-500), address: None, ..world.new_session(&user_id) };
    for session in [&later, &earlier] {
        world.write(async |tx| tx.insert_session(session).await).await.expect("stored");
    }
    let listed = world.store.list_sessions(&user_id).await.expect("read");
    assert_eq!(listed, [later, view.session, earlier]);
    assert_eq!(world.store.list_sessions(&world.new_person().id).await.expect("read"), []);
}

/// Somebody else's session is not there for a person who names it.
pub async fn a_session_is_ended_for_its_own_person_only(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (view, other) = (signed_in(&world).await, signed_in(&world).await);
    let end = async |user_id, session_id| {
        world.write(async |tx| tx.delete_session_of(user_id, session_id).await).await.expect("stored")
    };
    assert!(!end(&view.session.user_id, &other.session.id).await);
    assert_eq!(world.store.find_session(&other.session.token_digest).await.expect("read").as_ref(), Some(&other));
    assert!(end(&other.session.user_id, &other.session.id).await);
    assert!(!end(&other.session.user_id, &other.session.id).await);
    assert_eq!(world.store.find_session(&other.session.token_digest).await.expect("read"), None);
    assert_eq!(world.store.find_session(&view.session.token_digest).await.expect("read"), Some(view));
}

/// All but the one named, and nobody else's.
pub async fn the_other_sessions_of_a_person_are_ended(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (view, stranger) = (signed_in(&world).await, signed_in(&world).await);
    let user_id = view.session.user_id.clone();
    let mut others = Vec::new();
    for _ in 0..2 {
        let session = world.new_session(&user_id);
        world.write(async |tx| tx.insert_session(&session).await).await.expect("stored");
        others.push(session.id);
    }
    let end = async || {
        let ended = world.write(async |tx| tx.delete_other_sessions(&user_id, &view.session.id).await).await;
        let mut ended = ended.expect("stored");
        ended.sort();
        ended
    };
    others.sort();
    assert_eq!(end().await, others);
    assert_eq!(end().await, []);
    assert_eq!(world.store.list_sessions(&user_id).await.expect("read"), [view.session]);
    assert_eq!(world.store.find_session(&stranger.session.token_digest).await.expect("read"), Some(stranger));
}
