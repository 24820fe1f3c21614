//! Attempts, known devices, and the removal of what is too old.

use crate::world::{NOW, World, assert_failed, at};
use backend::store::{InvitationRecord, PasswordLinkRecord, PurgeLimits, SessionRecord, Store};
use domain::{Role, Timestamp};
use std::sync::Arc;

async fn count(world: &World, bucket: &str, now: Timestamp, window_start: Timestamp) -> u32 {
    world.write(async |tx| tx.count_attempt(bucket, now, window_start).await).await.expect("counted")
}

/// Attempts count up, each bucket by itself, this one included.
pub async fn attempts_are_counted_bucket_by_bucket(store: Arc<dyn Store>) {
    let world = World::new(store);
    for expected in 1..=3 {
        assert_eq!(count(&world, "a", at(expected), at(-100)).await, u32::try_from(expected).expect("small"));
    }
    assert_eq!(count(&world, "b", NOW, at(-100)).await, 1);
    assert_eq!(count(&world, "a", at(4), at(-100)).await, 4);
}

/// A window is over at the very millisecond: one that began at `window_start` itself no longer counts.
pub async fn a_window_that_is_over_begins_anew(store: Arc<dyn Store>) {
    let world = World::new(store);
    assert_eq!(count(&world, "a", at(0), at(-100)).await, 1);
    assert_eq!(count(&world, "a", at(99), at(-1)).await, 2, "it began after the start of the window");
    assert_eq!(count(&world, "a", at(100), at(0)).await, 1, "it began at the start of the window");
    assert_eq!(count(&world, "a", at(199), at(99)).await, 2, "the new window began at 100");
    assert_eq!(count(&world, "a", at(500), at(400)).await, 1);
}

/// A window that begins in the future would never end: it is over as well.
pub async fn a_clock_that_steps_back_begins_a_window_anew(store: Arc<dyn Store>) {
    let world = World::new(store);
    assert_eq!(count(&world, "a", at(1_000), at(900)).await, 1);
    assert_eq!(count(&world, "a", at(1_000), at(900)).await, 2, "the same instant is not the future");
    assert_eq!(count(&world, "a", at(999), at(899)).await, 1);
    assert_eq!(count(&world, "a", at(1_000), at(900)).await, 2, "the new window began at 999");
}

/// Forgetting empties one bucket, and an empty one as well.
pub async fn attempts_are_forgotten_bucket_by_bucket(store: Arc<dyn Store>) {
    let world = World::new(store);
    for bucket in ["a", "a", "b"] {
        count(&world, bucket, NOW, at(-100)).await;
    }
    for bucket in ["a", "a", "never counted"] {
        world.write(async |tx| tx.clear_attempts(bucket).await).await.expect("forgotten");
    }
    assert_eq!(count(&world, "a", NOW, at(-100)).await, 1);
    assert_eq!(count(&world, "b", NOW, at(-100)).await, 2);
}

/// A device is known for the person who signed in on it, several times or once, and for nobody else.
pub async fn a_device_is_known_for_its_own_people(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (ada, ben, eve) = (world.person().await, world.person().await, world.person().await);
    let (shared, other) = (world.digest(), world.digest());
    for (device, person, now) in [(shared, &ada, at(0)), (shared, &ada, at(1)), (shared, &ben, at(2))] {
        world.write(async |tx| tx.remember_device(&device, &person.id, now).await).await.expect("stored");
    }
    let knows = async |device, email| world.store.knows_device(device, email).await.expect("read");
    assert!(knows(&shared, &ada.email).await);
    assert!(knows(&shared, &ben.email).await);
    assert!(!knows(&shared, &eve.email).await);
    assert!(!knows(&other, &ada.email).await);
    assert!(!knows(&shared, &world.new_person().email).await);
    let nobody = world.new_person().id;
    assert_failed(&world.write(async |tx| tx.remember_device(&shared, &nobody, NOW).await).await);
}

/// All of a person's devices but one, or all of them; nobody else's.
pub async fn the_other_devices_of_a_person_are_forgotten(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (ada, ben) = (world.person().await, world.person().await);
    let (first, second) = (world.digest(), world.digest());
    for (device, person) in [(&first, &ada), (&second, &ada), (&first, &ben)] {
        world.write(async |tx| tx.remember_device(device, &person.id, NOW).await).await.expect("stored");
    }
    let forget = async |kept| world.write(async |tx| tx.forget_devices(&ada.id, kept).await).await.expect("forgotten");
    let known = async || {
        let mut known = Vec::new();
        for (device, person) in [(&first, &ada), (&second, &ada), (&first, &ben)] {
            let knows = world.store.knows_device(device, &person.email).await;
            known.push(knows.expect("read"));
        }
        known
    };
    forget(Some(&second)).await;
    assert_eq!(known().await, [false, true, true]);
    forget(None).await;
    assert_eq!(known().await, [false, false, true]);
}

/// Limits that are so long ago that nothing is too old; each case below moves one of them.
fn nothing_is_too_old() -> PurgeLimits {
    let long_ago = Timestamp::from_millis(0);
    PurgeLimits {
        now: long_ago,
        sessions_used_before: long_ago,
        sessions_opened_before: long_ago,
        attempts_before: long_ago,
        devices_before: long_ago,
        drafts_before: long_ago,
    }
}

async fn purge(world: &World, limits: PurgeLimits) {
    world.write(async |tx| tx.purge(limits).await).await.expect("purged");
}

/// Sessions go once they were last used, or opened, before the limit; one at the limit itself stays.
pub async fn old_sessions_are_purged(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (person, account) = (world.person().await, world.account().await);
    world.join(&person, &account, Role::Owner).await;
    let stored = async |created_at, last_used_at| {
        let session = SessionRecord { created_at, last_used_at, ..world.new_session(&person.id) };
        world.write(async |tx| tx.insert_session(&session).await).await.expect("stored");
        session
    };
    let unused = stored(at(0), at(9)).await;
    let just_used = stored(at(0), at(10)).await;
    let old = stored(at(-1), at(50)).await;
    let there = async || {
        let mut there = Vec::new();
        for session in [&unused, &just_used, &old] {
            there.push(world.store.find_session(&session.token_digest).await.expect("read").is_some());
        }
        there
    };
    purge(&world, nothing_is_too_old()).await;
    assert_eq!(there().await, [true, true, true]);
    purge(&world, PurgeLimits { sessions_used_before: at(10), ..nothing_is_too_old() }).await;
    assert_eq!(there().await, [false, true, true]);
    purge(&world, PurgeLimits { sessions_opened_before: at(0), ..nothing_is_too_old() }).await;
    assert_eq!(there().await, [false, true, false]);
}

/// A link goes at the very millisecond at which it can no longer be used.
pub async fn expired_password_links_are_purged(store: Arc<dyn Store>) {
    let world = World::new(store);
    let mut links = Vec::new();
    for expires_at in [at(-1), at(0), at(1)] {
        let user_id = world.person().await.id;
        let link = PasswordLinkRecord { token_digest: world.digest(), user_id, expires_at };
        world.write(async |tx| tx.insert_password_link(&link).await).await.expect("stored");
        links.push(link);
    }
    purge(&world, PurgeLimits { now: NOW, ..nothing_is_too_old() }).await;
    let mut there = Vec::new();
    for link in links {
        let taken = world.write(async |tx| tx.take_password_link(&link.token_digest).await).await;
        there.push(taken.expect("read").is_some());
    }
    assert_eq!(there, [false, false, true]);
}

/// An invitation goes at the very millisecond at which it can no longer be used.
pub async fn expired_invitations_are_purged(store: Arc<dyn Store>) {
    let world = World::new(store);
    for expires_at in [at(-1), at(0), at(1)] {
        let invitation = InvitationRecord {
            id: world.invitation_id(),
            token_digest: world.digest(),
            email: None,
            created_by: "op".to_owned(),
            created_at: at(-9),
            expires_at,
            into: None,
        };
        world.write(async |tx| tx.insert_invitation(&invitation).await).await.expect("stored");
    }
    purge(&world, nothing_is_too_old()).await;
    assert_eq!(world.store.list_invitations().await.expect("read").len(), 3);
    purge(&world, PurgeLimits { now: NOW, ..nothing_is_too_old() }).await;
    let left = world.store.list_invitations().await.expect("read");
    assert_eq!(left.iter().map(|invitation| invitation.expires_at).collect::<Vec<_>>(), [at(1)]);
}

/// Windows begun before the limit go; one begun at the limit itself stays.
pub async fn old_attempts_are_purged(store: Arc<dyn Store>) {
    let world = World::new(store);
    count(&world, "old", at(-1), at(-100)).await;
    count(&world, "young", at(0), at(-100)).await;
    purge(&world, PurgeLimits { attempts_before: NOW, ..nothing_is_too_old() }).await;
    assert_eq!(count(&world, "old", NOW, at(-100)).await, 1);
    assert_eq!(count(&world, "young", NOW, at(-100)).await, 2);
}

/// Devices last signed in on before the limit are forgotten; signing in again keeps one.
pub async fn old_devices_are_purged(store: Arc<dyn Store>) {
    let world = World::new(store);
    let person = world.person().await;
    let (old, young, kept) = (world.digest(), world.digest(), world.digest());
    for (device, now) in [(&old, at(-1)), (&young, at(0)), (&kept, at(-9)), (&kept, at(0))] {
        world.write(async |tx| tx.remember_device(device, &person.id, now).await).await.expect("stored");
    }
    purge(&world, PurgeLimits { devices_before: NOW, ..nothing_is_too_old() }).await;
    for (device, expected) in [(&old, false), (&young, true), (&kept, true)] {
        let known = world.store.knows_device(device, &person.email).await.expect("read");
        assert_eq!(known, expected);
    }
}

/// What is not session, link, attempt or device is never purged, however old.
pub async fn a_purge_keeps_people_accounts_and_pairs(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (person, account) = (world.person().await, world.account().await);
    let membership = world.join(&person, &account, Role::Owner).await;
    let pair = world.active_pair(&account).await.pair;
    let far = Timestamp::from_millis(i64::MAX);
    purge(
        &world,
        PurgeLimits {
            now: far,
            sessions_used_before: far,
            sessions_opened_before: far,
            attempts_before: far,
            devices_before: far,
            drafts_before: far,
        },
    )
    .await;
    assert_eq!(world.store.find_person(&person.id).await.expect("read"), Some(person.clone()));
    assert_eq!(world.store.find_account(&account.id).await.expect("read"), Some(account.clone()));
    assert_eq!(world.store.find_membership(&person.id).await.expect("read"), Some(membership));
    assert_eq!(world.store.list_pairs(&account.id).await.expect("read"), [pair]);
}
