//! The pages, as far as the server has a part in them.

use crate::world::{EMAIL, PASSWORD, World};

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
