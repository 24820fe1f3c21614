//! Audit records.

use crate::world::{NOW, World, assert_failed, at};
use backend::store::Store;
use domain::audit::{Act, Actor, Detail, Event, Target};
use domain::{AccountId, ExpireOld, Refusal};
use std::sync::Arc;

fn new_event(world: &World, account_id: Option<&AccountId>) -> Event {
    Event {
        id: world.event_id(),
        at: NOW,
        actor: Actor::System,
        act: Act::KeyExpire,
        account_id: account_id.cloned(),
        targets: Vec::new(),
        detail: None,
        address: None,
        user_agent: None,
        request_id: "req_1".to_owned(),
    }
}

fn details() -> [Detail; 6] {
    let roll = |expire_old, expires_at, reason: Option<&str>| Detail::Roll {
        expire_old,
        expires_at,
        reason: reason.map(str::to_owned),
        message: None,
    };
    [
        roll(ExpireOld::At(at(1)), Some(at(1)), Some("=1+1\r\n\u{202e}\0, \"x\"")),
        roll(ExpireOld::Immediately, None, None),
        Detail::Expiry { expires_at: at(-1) },
        Detail::Refusal { code: Refusal::PairEnded },
        Detail::SessionsEnded { count: u64::MAX },
        Detail::Reason { reason: "somebody's key, \"leaked\"\r\n".to_owned() },
    ]
}

async fn record(world: &World, event: &Event) {
    world.write(async |tx| tx.insert_event(event).await).await.expect("recorded");
}

/// Every kind of actor and target, every act and every field comes back.
pub async fn an_event_is_read_back(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (person, account) = (world.person().await, world.account().await);
    let pair = world.active_pair(&account).await.pair;
    let session = world.new_session(&person.id);
    let key = world.new_installation_key().id;
    let name = person.email.to_string();
    let actors = [
        Actor::Anonymous,
        Actor::Person { id: person.id.clone(), name: name.clone() },
        Actor::Admin { id: person.id.clone(), name },
        Actor::Operator { name: "root".to_owned() },
        Actor::Installation { id: key.clone(), name: "billing".to_owned() },
        Actor::Pair { id: pair.id.clone() },
        Actor::System,
    ];
    let targets = vec![
        Target::Account(account.id.clone()),
        Target::Pair(pair.id),
        Target::Person(person.id),
        Target::Session(session.id),
        Target::InstallationKey(key),
    ];
    for actor in actors {
        let plain = Event { actor: actor.clone(), ..new_event(&world, None) };
        let full = Event {
            actor,
            act: Act::KeyRoll,
            targets: targets.clone(),
            detail: Some(Detail::Note { text: "24h, \"leaked\" ✗".to_owned() }),
            address: Some("2001:db8::1".to_owned()),
            user_agent: Some("é".repeat(300)),
            ..new_event(&world, Some(&account.id))
        };
        for event in [plain, full] {
            record(&world, &event).await;
            assert_eq!(world.store.list_events(None, 1).await.expect("read"), [event]);
        }
    }
    for detail in details() {
        let event = Event { detail: Some(detail), ..new_event(&world, None) };
        record(&world, &event).await;
        assert_eq!(world.store.list_events(None, 1).await.expect("read"), [event]);
    }
    for act in Act::ALL.iter().copied() {
        let event = Event { act, ..new_event(&world, None) };
        record(&world, &event).await;
        assert_eq!(world.store.list_events(None, 1).await.expect("read"), [event]);
    }
}

/// Newest first in the order of writing, even when the clock has stepped back, and at most as many as asked for.
pub async fn events_are_listed_newest_first(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await;
    let mut expected = Vec::new();
    for instant in [at(0), at(0), at(9), at(-9)] {
        let event = Event { at: instant, ..new_event(&world, Some(&account.id)) };
        record(&world, &event).await;
        expected.insert(0, event);
    }
    for account_id in [None, Some(&account.id)] {
        for limit in [0, 1, 3, 4, 100, u32::MAX] {
            let listed = world.store.list_events(account_id, limit).await.expect("read");
            let most = usize::try_from(limit).expect("fits").min(expected.len());
            assert_eq!(listed, expected[..most]);
        }
    }
}

/// An account's records are its own; the whole installation's are all of them.
pub async fn events_are_listed_by_account(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, other) = (world.account().await, world.account().await);
    let of_account = new_event(&world, Some(&account.id));
    let of_other = new_event(&world, Some(&other.id));
    let of_nobody = new_event(&world, None);
    for event in [&of_account, &of_other, &of_nobody] {
        record(&world, event).await;
    }
    assert_eq!(world.store.list_events(Some(&account.id), 10).await.expect("read"), std::slice::from_ref(&of_account));
    assert_eq!(world.store.list_events(Some(&other.id), 10).await.expect("read"), std::slice::from_ref(&of_other));
    assert_eq!(world.store.list_events(None, 10).await.expect("read"), [of_nobody, of_other, of_account]);
    assert_eq!(world.store.list_events(Some(&world.new_account().id), 10).await.expect("read"), []);
}

/// A change and its record happen together or not at all.
pub async fn an_event_goes_with_the_change_it_describes(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.new_account();
    let event = new_event(&world, Some(&account.id));
    let mut tx = world.store.begin_write().await.expect("begins");
    tx.insert_account(&account).await.expect("written");
    tx.insert_event(&event).await.expect("written");
    drop(tx);
    assert_eq!(world.store.list_events(None, 10).await.expect("read"), []);
}

/// A record is written once.
pub async fn an_event_written_twice_fails(store: Arc<dyn Store>) {
    let world = World::new(store);
    let event = new_event(&world, None);
    record(&world, &event).await;
    assert_failed(&world.write(async |tx| tx.insert_event(&event).await).await);
    assert_eq!(world.store.list_events(None, 10).await.expect("read"), [event]);
}
