//! Reading an account's audit trail, and taking it away.

use super::{Installation, Owner, done, password, person, refusal, stranger};
use backend::activity::{Activity, PAGE};
use backend::store::Store;
use backend::{Caller, RequestContext, Seat, SignedIn};
use domain::audit::{Act, Actor, ActorKind, Detail, Event, EventFilter, EventPlace, ExportFormat};
use domain::{AccountId, ExpireOld, Refusal, Role};
use std::sync::Arc;

async fn read(here: &Installation, owner: &Owner, filter: &EventFilter, place: EventPlace) -> Activity {
    here.backend.list_activity(&owner.context, &owner.account, filter, place).await.expect("reads")
}

async fn newest(here: &Installation, owner: &Owner) -> Activity {
    read(here, owner, &EventFilter::default(), EventPlace::Newest).await
}

fn acts(events: &[Event]) -> Vec<Act> {
    events.iter().map(|event| event.act).collect()
}

/// Whether these are records as they were written, newest first, none missing between the first and the last.
async fn is_in_order(here: &Installation, events: &[Event]) -> bool {
    let all = here.store.list_events(events[0].account_id.as_ref(), u32::MAX).await.expect("reads");
    let acts = acts(events);
    let all: Vec<Event> = all.into_iter().filter(|event| acts.contains(&event.act)).collect();
    all.windows(events.len()).any(|window| window == events)
}

fn as_role(owner: &Owner, role: Role) -> RequestContext {
    let caller = Caller::Person(SignedIn {
        seat: Some(Seat { account_id: owner.account.clone(), role }),
        ..person(&owner.context).clone()
    });
    RequestContext { caller, ..stranger() }
}

/// Writes many records that cost little: guesses that are not evaluated.
async fn fill(here: &Installation, owner: &Owner, count: u32) {
    for _ in 0..count {
        let past = ExpireOld::At(here.backend.now());
        assert_eq!(refusal(here.roll(owner, &owner.pair, past).await), Some(Refusal::ExpiryPast));
    }
}

/// Keys, sign-ins and failed sign-ins of the members, and what operators did: newest first, with the people named.
pub async fn an_owner_reads_what_happened_in_their_account(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    here.owner("bob@example.org").await;
    let wrong = here.backend.sign_in(&stranger(), &owner.email, password("not the password at all")).await;
    assert_eq!(refusal(wrong), Some(Refusal::SignInFailed));
    done(here.roll(&owner, &owner.pair, ExpireOld::In1Hour).await);

    let activity = newest(&here, &owner).await;
    assert_eq!(acts(&activity.events), [Act::KeyRoll, Act::SignInRefused, Act::SignIn, Act::AccountCreate]);
    assert!(activity.events.iter().all(|event| event.account_id.as_ref() == Some(&owner.account)));
    assert_eq!(activity.names.of(&person(&owner.context).user_id), Some("ada@example.org"));
    assert_eq!((activity.older, activity.newer), (None, None));

    let by_operators = EventFilter { actor_kind: Some(ActorKind::Operator), ..EventFilter::default() };
    assert_eq!(acts(&read(&here, &owner, &by_operators, EventPlace::Newest).await.events), [Act::AccountCreate]);
    let of_ada = EventFilter { actor: Some("Ada@Example.org".to_owned()), ..EventFilter::default() };
    assert_eq!(acts(&read(&here, &owner, &of_ada, EventPlace::Newest).await.events), [Act::KeyRoll, Act::SignIn]);
}

/// By the one table of roles.
pub async fn a_developer_reads_activity_and_a_viewer_does_not(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    for (role, expected) in [(Role::Owner, None), (Role::Developer, None), (Role::Viewer, Some(Refusal::NotAllowed))] {
        let context = as_role(&owner, role);
        let filter = EventFilter::default();
        let listed = here.backend.list_activity(&context, &owner.account, &filter, EventPlace::Newest).await;
        assert_eq!(refusal(listed), expected, "{role:?}");
        let exported = here.backend.export_activity(&context, &owner.account, filter, ExportFormat::Csv).await;
        assert_eq!(refusal(exported), expected, "{role:?}");
    }
    let (nobody, filter) = (stranger(), EventFilter::default());
    let listed = here.backend.list_activity(&nobody, &owner.account, &filter, EventPlace::Newest).await;
    assert_eq!(refusal(listed), Some(Refusal::SignedOut));
}

/// Whether it exists or not; and so does a place in it.
pub async fn activity_of_a_strange_account_answers_like_a_missing_one(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let (ada, bob) = (here.owner("ada@example.org").await, here.owner("bob@example.org").await);
    let missing: AccountId = "acct_00000000000000000000000000".parse().expect("an id");
    let filter = EventFilter::default();
    for account in [&bob.account, &missing] {
        let listed = here.backend.list_activity(&ada.context, account, &filter, EventPlace::Newest).await;
        assert_eq!(refusal(listed), Some(Refusal::NotFound));
        let exported =
            here.backend.export_activity(&ada.context, account, filter.clone(), ExportFormat::JsonLines).await;
        assert_eq!(refusal(exported), Some(Refusal::NotFound));
    }
    // Her attempts are not on his trail.
    assert_eq!(acts(&newest(&here, &bob).await.events), [Act::SignIn, Act::AccountCreate]);
    let his = newest(&here, &bob).await.events[0].id.clone();
    for place in [EventPlace::OlderThan(his.clone()), EventPlace::NewerThan(his)] {
        let listed = here.backend.list_activity(&ada.context, &ada.account, &filter, place).await;
        assert_eq!(refusal(listed), Some(Refusal::NotFound));
    }
}

/// Down to the oldest and up to the newest, every record once.
pub async fn an_owner_turns_pages_while_records_arrive(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    fill(&here, &owner, 2 * PAGE + 5).await;
    let filter = EventFilter { acts: vec![Act::KeyRollRefused], ..EventFilter::default() };
    let mut page = read(&here, &owner, &filter, EventPlace::Newest).await;
    assert_eq!(page.newer, None);
    let top = page.events.clone();
    let mut down = top.clone();
    while let Some(older) = page.older.take() {
        fill(&here, &owner, 1).await;
        page = read(&here, &owner, &filter, older).await;
        assert!(page.newer.is_some());
        down.extend(page.events.clone());
    }
    assert_eq!(down.len(), usize::try_from(2 * PAGE + 5).expect("fits"));
    assert!(is_in_order(&here, &down).await);

    // Two records have arrived; the second page up is a whole one, and the first is the newest there is.
    page = read(&here, &owner, &filter, page.newer.take().expect("newer")).await;
    assert_eq!(page.events, down[50..100]);
    page = read(&here, &owner, &filter, page.newer.take().expect("newer")).await;
    assert_eq!(page.events, top);
    page = read(&here, &owner, &filter, page.newer.take().expect("two have arrived")).await;
    assert_eq!((page.events.len(), &page.events[2..], page.newer), (50, &top[..48], None));
}

/// Whoever goes up from the newest record, or comes back from beyond the oldest, lands at the top.
pub async fn a_page_newer_than_nothing_is_the_first(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let filter = EventFilter::default();
    let top = newest(&here, &owner).await.events;
    let page = read(&here, &owner, &filter, EventPlace::NewerThan(top[0].id.clone())).await;
    assert_eq!((page.events, page.newer), (top.clone(), None));
    let page = read(&here, &owner, &filter, EventPlace::OlderThan(top[1].id.clone())).await;
    assert_eq!((page.events.len(), page.older, page.newer), (0, None, Some(EventPlace::Newest)));
}

/// However many batches it takes, and whatever arrives meanwhile.
pub async fn an_export_holds_each_record_once_and_begins_with_its_own(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    fill(&here, &owner, 520).await;
    let mut export = here
        .backend
        .export_activity(&owner.context, &owner.account, EventFilter::default(), ExportFormat::JsonLines)
        .await
        .expect("begins");
    let mut exported = Vec::new();
    let mut batches = 0;
    while let Some((events, _)) = export.next().await.expect("reads") {
        exported.extend(events);
        fill(&here, &owner, 1).await;
        batches += 1;
    }
    assert!(batches > 1, "one batch proves nothing");
    // The export, 520 refusals, the sign-in and the account's birth.
    assert_eq!(exported.len(), 523);
    assert!(is_in_order(&here, &exported).await);
    assert_eq!(exported[0].act, Act::ActivityExport);
    assert_eq!(exported[0].detail, Some(Detail::Export { format: ExportFormat::JsonLines }));
    assert!(matches!(&exported[0].actor, Actor::Person { name, .. } if *name == owner.email));
}

/// A viewer's attempt is on the trail of their own account.
pub async fn a_refused_export_is_on_record(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let viewer = as_role(&owner, Role::Viewer);
    let exported =
        here.backend.export_activity(&viewer, &owner.account, EventFilter::default(), ExportFormat::Csv).await;
    assert_eq!(refusal(exported), Some(Refusal::NotAllowed));
    let records = here.records(Act::ActivityExportRefused).await;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].detail, Some(Detail::Refusal { code: Refusal::NotAllowed }));
    assert_eq!(records[0].account_id, Some(owner.account.clone()));
    assert_eq!(here.records(Act::ActivityExport).await, []);
}
