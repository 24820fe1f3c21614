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
