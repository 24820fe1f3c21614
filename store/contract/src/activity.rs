//! An account's audit records through filters, a page at a time.

use crate::world::{NOW, World, at};
use backend::store::Store;
use domain::audit::{Act, Actor, ActorKind, Event, EventFilter, EventPlace};
use domain::{AccountId, EventId, Timestamp, UserId};
use std::sync::Arc;

const MOST: u32 = 1_000;

fn new_event(world: &World, account_id: &AccountId, actor: Actor, act: Act, at: Timestamp) -> Event {
    Event {
        id: world.event_id(),
        at,
        actor,
        act,
        account_id: Some(account_id.clone()),
        targets: Vec::new(),
        detail: None,
        address: None,
        user_agent: None,
        request_id: "req_1".to_owned(),
    }
}

async fn record(world: &World, events: &[Event]) {
    let written = world.write(async |tx| {
        for event in events {
            tx.insert_event(event).await?;
        }
        Ok(())
    });
    written.await.expect("recorded");
}

/// A record by the system, at [`NOW`].
async fn plain(world: &World, account_id: &AccountId) -> Event {
    let event = new_event(world, account_id, Actor::System, Act::KeyExpire, NOW);
    record(world, std::slice::from_ref(&event)).await;
    event
}

async fn list(world: &World, account_id: &AccountId, filter: &EventFilter, place: EventPlace) -> Vec<Event> {
    let listed = world.store.list_activity(account_id, filter, &place, MOST).await.expect("read");
    listed.expect("the place is the account's")
}

fn ids(events: &[Event]) -> Vec<&EventId> {
    events.iter().map(|event| &event.id).collect()
}

/// The store's filter lets through what [`EventFilter::matches`] does, in every combination.
pub async fn activity_is_filtered_as_the_rule_says(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await.id;
    let (ada, bob) = (world.new_person(), world.new_person());
    let pair = world.new_pair(&account, NOW).pair.id;
    let person = |id: &UserId, name: &str| Actor::Person { id: id.clone(), name: name.to_owned() };
    let actors = [
        Actor::Anonymous,
        person(&ada.id, "ada@example.org"),
        // She changed her address: the id finds both, an address finds its own.
        person(&ada.id, "ada@example.net"),
        person(&bob.id, "bob'%_@example.org"),
        // The same person in another capacity: the kinds tell them apart, the id finds both.
        Actor::Admin { id: ada.id.clone(), name: "ada@example.net".to_owned() },
        Actor::Operator { name: "Root".to_owned() },
        Actor::Installation { id: world.new_installation_key().id, name: "Billing".to_owned() },
        Actor::Pair { id: pair.clone() },
        Actor::System,
    ];
    let acts = [Act::KeyRoll, Act::SignInRefused, Act::KeyReveal];
    let mut events = Vec::new();
    for (nth, actor) in actors.iter().enumerate() {
        for (offset, act) in acts.into_iter().enumerate() {
            // Not in the order of writing: the clock steps back now and then.
            let at = at(i64::try_from((nth * 5 + offset * 3) % 7).expect("small"));
            events.push(new_event(&world, &account, actor.clone(), act, at));
        }
    }
    record(&world, &events).await;
    events.reverse();

    let mut whos: Vec<Option<String>> =
        ["ada@example.org", "ADA@example.ORG", "root", "bob'%_@example.org", "nobody", "%", ""]
            .map(|name| Some(name.to_owned()))
            .into();
    whos.extend([Some(ada.id.to_string()), Some(pair.to_string()), None]);
    let instants = [None, Some(at(0)), Some(at(3)), Some(at(7))];
    let mut counts = 0;
    for acts in [&[][..], &[Act::KeyRoll], &[Act::KeyRoll, Act::SignInRefused], &[Act::SignOut]] {
        for actor_kind in ActorKind::ALL.map(Some).into_iter().chain([None]) {
            for actor in &whos {
                for (from, until) in instants.into_iter().flat_map(|from| instants.map(|until| (from, until))) {
                    let actor = actor.clone();
                    let filter = EventFilter { acts: acts.to_vec(), actor_kind, actor, from, until };
                    let expected: Vec<Event> = events.iter().filter(|event| filter.matches(event)).cloned().collect();
                    assert_eq!(list(&world, &account, &filter, EventPlace::Newest).await, expected, "{filter:?}");
                    counts += usize::from(!expected.is_empty());
                }
            }
        }
    }
    // Enough of the combinations let something through.
    assert!(counts > 100, "{counts}");
}

/// From the first millisecond on, up to the last one and not including it.
pub async fn a_time_range_is_half_open_to_the_millisecond(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await.id;
    let events: Vec<Event> =
        [-1, 0, 1].map(|offset| new_event(&world, &account, Actor::System, Act::KeyExpire, at(offset))).into();
    record(&world, &events).await;
    let among = async |from, until| {
        let filter = EventFilter { from, until, ..EventFilter::default() };
        list(&world, &account, &filter, EventPlace::Newest).await.iter().map(|event| event.at).collect::<Vec<_>>()
    };
    assert_eq!(among(Some(at(0)), None).await, [at(1), at(0)]);
    assert_eq!(among(None, Some(at(0))).await, [at(-1)]);
    assert_eq!(among(Some(at(0)), Some(at(1))).await, [at(0)]);
    assert_eq!(among(Some(at(0)), Some(at(0))).await, []);
    assert_eq!(among(Some(at(1)), Some(at(-1))).await, []);
}

/// Going older and back newer meets every record once, though new ones arrive between any two pages.
pub async fn pages_of_activity_stay_while_records_arrive(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await.id;
    let mut written = Vec::new();
    for _ in 0..10 {
        written.push(plain(&world, &account).await);
    }
    let filter = EventFilter::default();
    let page = async |place| {
        let page = world.store.list_activity(&account, &filter, &place, 3).await.expect("read");
        plain(&world, &account).await;
        page.expect("the account's")
    };
    let mut seen = Vec::new();
    let mut place = EventPlace::Newest;
    loop {
        let events = page(place).await;
        let Some(last) = events.last() else {
            break;
        };
        place = EventPlace::OlderThan(last.id.clone());
        seen.extend(events);
    }
    let mut expected = written.clone();
    expected.reverse();
    assert_eq!(ids(&seen), ids(&expected));

    let newer = page(EventPlace::NewerThan(written[0].id.clone())).await;
    assert_eq!(ids(&newer), ids(&[written[3].clone(), written[2].clone(), written[1].clone()]));
    let newer = page(EventPlace::NewerThan(written[8].id.clone())).await;
    assert_eq!((newer.len(), &newer[2].id), (3, &written[9].id));
}

/// A filter looks past what it does not let through, and a page is full as long as there is enough to fill it.
pub async fn a_filtered_page_is_as_full_as_it_can_be(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await.id;
    let mut rolls = Vec::new();
    for _ in 0..4 {
        for _ in 0..5 {
            plain(&world, &account).await;
        }
        let roll = new_event(&world, &account, Actor::Anonymous, Act::KeyRoll, NOW);
        record(&world, std::slice::from_ref(&roll)).await;
        rolls.insert(0, roll);
    }
    let filter = EventFilter { acts: vec![Act::KeyRoll], ..EventFilter::default() };
    for (limit, full) in [(0, 0), (3, 3), (4, 4), (u32::MAX, 4)] {
        let listed = world.store.list_activity(&account, &filter, &EventPlace::Newest, limit).await.expect("read");
        assert_eq!(listed.expect("the account's"), rolls[..full]);
    }
    let older = list(&world, &account, &filter, EventPlace::OlderThan(rolls[1].id.clone())).await;
    assert_eq!(ids(&older), ids(&rolls[2..]));
    let newer = list(&world, &account, &filter, EventPlace::NewerThan(rolls[1].id.clone())).await;
    assert_eq!(ids(&newer), ids(&rolls[..1]));
}

/// Neither another account's record, nor one of no account, nor one that never was.
pub async fn a_place_the_account_does_not_have_is_no_place(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, other) = (world.account().await.id, world.account().await.id);
    let (own, foreign) = (plain(&world, &account).await, plain(&world, &other).await);
    let nobodys = Event { account_id: None, ..new_event(&world, &account, Actor::System, Act::KeyExpire, NOW) };
    record(&world, std::slice::from_ref(&nobodys)).await;
    for id in [foreign.id.clone(), nobodys.id, world.event_id()] {
        for place in [EventPlace::OlderThan(id.clone()), EventPlace::NewerThan(id)] {
            let listed = world.store.list_activity(&account, &EventFilter::default(), &place, MOST).await;
            assert_eq!(listed.expect("read"), None);
        }
    }
    assert_eq!(list(&world, &account, &EventFilter::default(), EventPlace::OlderThan(own.id.clone())).await, []);
    assert_eq!(list(&world, &account, &EventFilter::default(), EventPlace::Newest).await, [own]);
    assert_eq!(list(&world, &other, &EventFilter::default(), EventPlace::Newest).await, [foreign]);
    assert_eq!(list(&world, &world.new_account().id, &EventFilter::default(), EventPlace::Newest).await, []);
}

/// Of this pair and no other, of this account and no other, and nothing but sightings.
pub async fn the_sightings_of_a_pair_are_listed_newest_first(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, other) = (world.account().await.id, world.account().await.id);
    let (pair, old_pair) = (world.new_pair(&account, NOW).pair.id, world.new_pair(&account, NOW).pair.id);
    let of = |account: &AccountId, pair: &domain::PairId, act, at: Timestamp| {
        new_event(&world, account, Actor::Pair { id: pair.clone() }, act, at)
    };
    let sightings = [0, 5, 3].map(|offset| of(&account, &pair, Act::KeySighting, at(offset)));
    record(&world, &sightings).await;
    let others = [
        of(&account, &old_pair, Act::KeySighting, NOW),
        of(&other, &pair, Act::KeySighting, NOW),
        of(&account, &pair, Act::FileDelete, NOW),
    ];
    record(&world, &others).await;
    let [first, second, third] = sightings;
    let list = async |limit| world.store.list_sightings(&account, &pair, limit).await.expect("read");
    assert_eq!(list(100).await, [third.clone(), second.clone(), first]);
    assert_eq!(list(2).await, [third, second]);
}
