//! The origins whose pages may upload, and the private keys that were seen in pages.

use super::{Installation, Owner, person, refusal, stranger};
use backend::authenticate::{Authenticated, Verdict};
use backend::sightings::SeenAt;
use backend::store::Store;
use backend::{Backend, Caller, RequestContext, Seat, SignedIn};
use domain::audit::{Act, Detail};
use domain::upload::origin::{Emptying, MOST_ORIGINS};
use domain::{AccountId, Duration, ExpireOld, Refusal, Role};
use std::sync::Arc;

const WWW: &str = "https://www.example.com";
const SHOP: &str = "https://shop.example";

async fn add(here: &Installation, owner: &Owner, typed: &str) -> Option<Refusal> {
    refusal(here.backend.add_upload_origin(&owner.context, &owner.account, typed).await)
}

async fn remove(here: &Installation, owner: &Owner, origin: &str, emptying: Emptying) -> Option<Refusal> {
    refusal(here.backend.remove_upload_origin(&owner.context, &owner.account, origin, emptying).await)
}

async fn listed(here: &Installation, owner: &Owner) -> Vec<String> {
    let listed = here.backend.list_upload_origins(&owner.context, &owner.account).await.expect("lists");
    listed.into_iter().map(|listed| listed.origin.to_string()).collect()
}

/// The same person in another role.
fn as_a(role: Role, owner: &Owner) -> RequestContext {
    let seat = Seat { account_id: owner.account.clone(), role };
    RequestContext {
        caller: Caller::Person(SignedIn { seat: Some(seat), ..person(&owner.context).clone() }),
        ..stranger()
    }
}

/// Written as browsers write it, and on record with the list before and after.
pub async fn an_owner_lists_origins_and_removes_them(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    assert_eq!(listed(&here, &ada).await, Vec::<String>::new());
    let added = here.backend.add_upload_origin(&ada.context, &ada.account, " HTTPS://WWW.Example.com:443/ ").await;
    assert_eq!(added.expect("adds").as_str(), WWW);
    assert_eq!(add(&here, &ada, SHOP).await, None);
    assert_eq!(listed(&here, &ada).await, [WWW, SHOP]);
    assert_eq!(remove(&here, &ada, WWW, Emptying::NotMeant).await, None);
    assert_eq!(remove(&here, &ada, SHOP, Emptying::Meant).await, None);
    assert_eq!(listed(&here, &ada).await, Vec::<String>::new());

    let records = here.records(Act::UploadOriginsChange).await;
    let lists: Vec<_> = records.iter().rev().map(|event| (event.account_id.clone(), event.detail.clone())).collect();
    let texts = |list: &[&str]| list.iter().map(|origin| (*origin).to_owned()).collect::<Vec<_>>();
    let change = |from: &[&str], to: &[&str]| {
        (Some(ada.account.clone()), Some(Detail::Origins { from: texts(from), to: texts(to) }))
    };
    let expected =
        [change(&[], &[WWW]), change(&[WWW], &[WWW, SHOP]), change(&[WWW, SHOP], &[SHOP]), change(&[SHOP], &[])];
    assert_eq!(lists, expected);
}

/// And leaves a record, and the list as it was.
pub async fn an_origin_that_cannot_be_listed_is_refused_with_what_to_do(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    assert_eq!(add(&here, &ada, WWW).await, None);
    for (typed, expected) in [
        ("www.example.com", Refusal::OriginSchemeMissing),
        ("https://www.example.com/upload", Refusal::OriginHasMore),
        ("https://*.example.com", Refusal::OriginWildcard),
        ("null", Refusal::OriginNull),
        ("https://a b", Refusal::OriginInvalid),
        ("https://WWW.example.com/", Refusal::OriginListed),
    ] {
        assert_eq!(add(&here, &ada, typed).await, Some(expected), "{typed}");
        let refused = &here.records(Act::UploadOriginsChangeRefused).await[0];
        assert_eq!(refused.detail, Some(Detail::Refusal { code: expected }));
        assert_eq!(refused.account_id.as_ref(), Some(&ada.account));
    }
    for gone in [SHOP, "https://WWW.example.com", ""] {
        assert_eq!(remove(&here, &ada, gone, Emptying::Meant).await, Some(Refusal::NotFound), "{gone}");
    }
    assert_eq!(remove(&here, &ada, WWW, Emptying::NotMeant).await, Some(Refusal::OriginLast));
    assert_eq!(listed(&here, &ada).await, [WWW]);
    for n in 1..MOST_ORIGINS {
        assert_eq!(add(&here, &ada, &format!("https://{n}.example")).await, None);
    }
    assert_eq!(add(&here, &ada, SHOP).await, Some(Refusal::TooManyOrigins));
    assert_eq!(listed(&here, &ada).await.len(), MOST_ORIGINS);
}

/// Two tabs that each remove "the other one" do not leave the door open.
pub async fn of_two_removals_at_once_neither_empties_the_list_unasked(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    for origin in [WWW, SHOP] {
        assert_eq!(add(&here, &ada, origin).await, None);
    }
    let removal = |origin: &'static str| {
        let (here, ada) = (here.clone(), ada.clone());
        tokio::spawn(async move { remove(&here, &ada, origin, Emptying::NotMeant).await })
    };
    let (one, other) = (removal(WWW), removal(SHOP));
    let mut answers = [one.await.expect("answers"), other.await.expect("answers")];
    answers.sort_by_key(Option::is_some);
    assert_eq!(answers, [None, Some(Refusal::OriginLast)]);
    assert_eq!(listed(&here, &ada).await.len(), 1);
}

/// Of many additions at once as many get in as the list may have.
pub async fn of_many_origins_at_once_no_more_are_listed_than_may_be(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let mut adding = tokio::task::JoinSet::new();
    for n in 0..MOST_ORIGINS + 10 {
        let (here, ada) = (here.clone(), ada.clone());
        adding.spawn(async move { add(&here, &ada, &format!("https://{n}.example")).await });
    }
    let answers = adding.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_none()).count(), MOST_ORIGINS);
    assert_eq!(listed(&here, &ada).await.len(), MOST_ORIGINS);
}

/// As docs/ROLES.md says; somebody else's account answers like a missing one.
pub async fn who_may_choose_the_origins_is_as_the_table_says(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let (ada, eve) = (here.owner("ada@example.org").await, here.owner("eve@example.org").await);
    assert_eq!(add(&here, &ada, WWW).await, None);
    let all = async |context: &RequestContext, account: &AccountId| {
        let backend: &Backend = &here.backend;
        [
            refusal(backend.list_upload_origins(context, account).await),
            refusal(backend.add_upload_origin(context, account, SHOP).await),
            refusal(backend.remove_upload_origin(context, account, SHOP, Emptying::NotMeant).await),
        ]
    };
    let not_allowed = Some(Refusal::NotAllowed);
    assert_eq!(all(&as_a(Role::Developer, &ada), &ada.account).await, [None; 3]);
    assert_eq!(all(&as_a(Role::Viewer, &ada), &ada.account).await, [None, not_allowed, not_allowed]);
    assert_eq!(all(&eve.context, &ada.account).await, [Some(Refusal::NotFound); 3]);
    assert_eq!(all(&stranger(), &ada.account).await, [Some(Refusal::SignedOut); 3]);
    let admin = SignedIn { admin: true, ..person(&eve.context).clone() };
    let admin = RequestContext { caller: Caller::Person(admin), ..stranger() }.as_admin().expect("an admin");
    assert_eq!(all(&admin, &ada.account).await, [not_allowed; 3]);
    assert_eq!(listed(&here, &ada).await, [WWW]);
    // Nothing of it is on the record of an account that is not theirs.
    let refused = here.records(Act::UploadOriginsChangeRefused).await;
    let of_ada = refused.iter().filter(|event| event.account_id.as_ref() == Some(&ada.account)).count();
    assert_eq!((refused.len(), of_ada), (6, 2), "a viewer's two");
}

async fn authenticated(here: &Installation, owner: &Owner) -> Authenticated {
    match here.backend.authenticate(&owner.key).await.expect("reads") {
        Verdict::Valid(caller) => caller,
        other => panic!("{other:?}"),
    }
}

/// Where, since when and how often; until the pair has ended.
pub async fn a_pair_that_works_and_was_seen_is_exposed(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let exposed = async || here.backend.list_exposed_pairs(&ada.context, &ada.account).await.expect("lists");
    assert!(exposed().await.is_empty());
    let caller = authenticated(&here, &ada).await;
    let begin = here.backend.now();
    let see = async |origin| here.backend.note_sighting(&stranger(), &caller, origin).await;
    see(Some(SHOP)).await;
    see(None).await;
    here.pass(Duration::hours(1));
    see(Some("")).await;
    see(Some(SHOP)).await;
    see(Some(SHOP)).await;
    let now = here.backend.now();

    let found = exposed().await;
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].pair.id, found[0].before), (&ada.pair, false));
    let at = |origin: Option<&str>, first, times| SeenAt {
        origin: origin.map(str::to_owned),
        first,
        last: if times == 2 { now } else { first },
        times,
    };
    assert_eq!(found[0].seen, [at(Some(SHOP), begin, 2), at(Some(""), now, 1), at(None, begin, 1)]);

    // While it expires it still works, and the pair that took over was seen by nobody.
    assert!(here.roll(&here.fresh(&ada), &ada.pair, ExpireOld::In1Hour).await.is_ok());
    let expiring = exposed().await;
    assert_eq!(expiring.iter().map(|one| &one.pair.id).collect::<Vec<_>>(), [&ada.pair]);
    here.pass(Duration::hours(1));
    assert!(exposed().await.is_empty(), "at the very millisecond of its end");
}

/// Whoever may read the activity may: the origins are in it.
pub async fn exposed_pairs_are_for_those_who_read_the_activity(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let (ada, eve) = (here.owner("ada@example.org").await, here.owner("eve@example.org").await);
    let list = async |context: &RequestContext| refusal(here.backend.list_exposed_pairs(context, &ada.account).await);
    let answers = [
        list(&ada.context).await,
        list(&as_a(Role::Developer, &ada)).await,
        list(&as_a(Role::Viewer, &ada)).await,
        list(&eve.context).await,
        list(&stranger()).await,
    ];
    let expected = [None, None, Some(Refusal::NotAllowed), Some(Refusal::NotFound), Some(Refusal::SignedOut)];
    assert_eq!(answers, expected);
}
