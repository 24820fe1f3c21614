//! The pages, as far as the server has a part in them.

use crate::world::{EMAIL, NOW, PASSWORD, World, basic};
use backend::keys::Rolled;
use domain::{ExpireOld, PairId};

#[tokio::test]
async fn the_addresses_people_type_lead_to_the_developers_tab() {
    let world = World::http().await;
    for path in ["/", "/dashboard"] {
        let answer = world.get(path, &[]).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (302, "/dashboard/developers"), "{path}");
    }
}

#[tokio::test]
async fn a_person_signs_in_and_sees_their_keys_and_never_the_private_one() {
    let world = World::http().await;
    let account = world.account().await;
    let answer = world.get("/dashboard/developers", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (302, "/sign-in"));

    let form = format!("email={EMAIL}&password={}", PASSWORD.replace(' ', "+"));
    let answer = world.call("sign_in", &[("sec-fetch-site", "same-origin")], &form).await;
    let cookies: Vec<_> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().unwrap().split(';').next().unwrap())
        .collect();
    let answer = world.get("/dashboard/developers", &[("cookie", &cookies.join("; "))]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains(account.first_pair.pair.public_key.as_str()));
    assert!(!answer.body.contains(account.first_pair.private_key.expose()));
}

#[tokio::test]
async fn somebody_elses_cookie_is_nobodys() {
    let world = World::http().await;
    world.account().await;
    for value in ["", "x", &"A".repeat(43)] {
        let cookie = format!("{}={value}", world.cookies().session());
        let answer = world.get("/dashboard/developers", &[("cookie", &cookie)]).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (302, "/sign-in"), "{value}");
    }
}

/// Leptos switches loading off in the whole process while it collects routes; a page drawn meanwhile would never end.
#[tokio::test]
async fn pages_are_drawn_while_another_router_is_built() {
    let world = World::http().await;
    let serving = world.serving.clone();
    let building = std::thread::spawn(move || (0..300).for_each(|_| drop(server::router::build(serving.clone()))));
    let mut drawn = 0;
    while !building.is_finished() || drawn < 20 {
        let page = tokio::time::timeout(std::time::Duration::from_secs(10), world.get("/sign-in", &[])).await;
        assert_eq!(page.expect("the page is drawn").status, 200);
        drawn += 1;
    }
    building.join().unwrap();
}

/// Counts and callers are strangers' texts, and belong to one account.
#[tokio::test]
async fn a_person_reads_who_uses_their_pair_and_nobody_elses() {
    let world = World::http().await;
    let account = world.account().await;
    let pair = &account.first_pair.pair;
    let key = basic(account.first_pair.private_key.expose());
    let cookie = world.signed_in().await;
    let read = async |path: &str| world.get(path, &[("cookie", &cookie), ("accept", "text/html")]).await;
    let unused = read("/dashboard/developers").await.body;
    assert!(unused.contains("Not used in the last 30 days.") && !unused.contains("role=\"img\""), "{unused}");

    for agent in ["billing/1.0", "billing/1.0", "<b>shop</b>"] {
        world.get("/v1/account", &[("authorization", &key), ("user-agent", agent)]).await;
    }
    world.backend.flush_usage().await.unwrap();
    let tab = read("/dashboard/developers").await.body;
    assert!(tab.contains("role=\"img\"") && tab.contains("3 accepted") && tab.contains("0 refused"), "{tab}");
    // The content security policy lets no element bring its own style.
    assert!(!tab.contains(" style="), "{tab}");
    let callers = format!("/dashboard/developers/callers?pair={}", pair.id);
    assert!(tab.contains(&format!("href=\"{callers}\"")), "{tab}");
    let page = read(&callers).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("2 accepted") && page.body.contains("&lt;b"), "{}", page.body);
    assert!(!page.body.contains("<b>shop") && !page.body.contains(account.first_pair.private_key.expose()));

    // Beyond the last page there is nobody; what is no page, and no pair of theirs, is not there.
    let beyond = read(&format!("{callers}&page=2")).await;
    assert_eq!((beyond.status.as_u16(), beyond.body.contains("billing/1.0")), (200, false));
    for wrong in ["&page=0", "&page=-1", "&page=x", "&page=99999999999"] {
        assert_eq!(read(&format!("{callers}{wrong}")).await.status, 404, "{wrong}");
    }
    let nobodys = PairId::mint(world.clock_now(), &backend::OsEntropy);
    for pair in ["", "x", nobodys.as_str()] {
        let path = format!("/dashboard/developers/callers?pair={pair}");
        assert_eq!(read(&path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_pair_that_has_ended_is_shown_with_its_use_as_long_as_there_is_some() {
    let world = World::http().await;
    let account = world.account().await;
    let used = account.first_pair.pair.public_key.as_str().to_owned();
    let key = basic(account.first_pair.private_key.expose());
    world.get("/v1/account", &[("authorization", &key)]).await;
    world.backend.flush_usage().await.unwrap();
    let Rolled::Done { new, .. } = world.roll(&account.account_id, ExpireOld::Immediately).await else {
        panic!("rolled")
    };
    world.roll(&account.account_id, ExpireOld::Immediately).await;
    let never_used = new.pair.public_key.as_str();
    let shown = async || {
        let cookie = world.signed_in().await;
        let page = world.get("/dashboard/developers", &[("cookie", &cookie), ("accept", "text/html")]).await.body;
        let (_, section) = page.split_once("id=\"use-heading\"").expect("the section");
        [used.as_str(), never_used].map(|public_key| section.contains(&format!(">{public_key}<")))
    };
    assert_eq!(shown().await, [true, false]);
    world.clock.set(NOW + 30 * 24 * 3_600_000);
    assert_eq!(shown().await, [false, false]);
}
