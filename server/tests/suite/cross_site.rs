//! No other site changes anything, and none is led to.

use crate::world::{EMAIL, PASSWORD, World, server_function};

const OURS: &str = "http://127.0.0.1:3000";

#[tokio::test]
async fn only_our_own_pages_may_change_something_for_a_signed_in_person() {
    let world = World::http().await;
    world.account().await;
    for (headers, refused) in [
        (vec![("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], true),
        (vec![("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:4000")], true),
        (vec![("sec-fetch-site", "cross-site")], true),
        (vec![("origin", "null")], true),
        (vec![("origin", "https://evil.example")], true),
        (vec![("origin", "http://127.0.0.1:3000.evil.example")], true),
        (vec![], true),
        (vec![("sec-fetch-site", "")], true),
        (vec![("origin", "")], true),
        (vec![("sec-fetch-site", "same-origin"), ("origin", OURS)], false),
        (vec![("sec-fetch-site", "same-origin"), ("origin", "null")], false),
        (vec![("sec-fetch-site", "none")], false),
        (vec![("origin", OURS)], false),
    ] {
        let cookie = world.signed_in().await;
        let mut all = headers.clone();
        all.push(("cookie", &cookie));
        let answer = world.call("sign_out", &all, "").await;
        let ended = world.get("/dashboard/developers", &[("cookie", &cookie)]).await.status == 302;
        if refused {
            assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (403, &"CROSS_SITE".into()), "{headers:?}");
        } else {
            assert_eq!(answer.status, 200, "{headers:?} {}", answer.body);
        }
        assert_eq!(ended, !refused, "{headers:?}");
    }
}

#[tokio::test]
async fn a_page_behind_a_proxy_is_known_by_the_public_url() {
    let world = World::at("https://keys.example.com").await;
    world.account().await;
    let cookie = world.signed_in().await;
    // The proxy gave the request a host of its own.
    let from_ours = [("cookie", cookie.as_str()), ("origin", "https://keys.example.com")];
    assert_eq!(world.call("sign_out", &from_ours, "").await.status, 200);
    let from_http = [("cookie", cookie.as_str()), ("origin", "http://keys.example.com")];
    assert_eq!(world.call("sign_out", &from_http, "").await.status, 403);
}

#[tokio::test]
async fn another_site_cannot_sign_its_visitor_in_as_somebody_else() {
    let world = World::http().await;
    world.account().await;
    let form = format!("email={EMAIL}&password={}", PASSWORD.replace(' ', "+"));
    let answer =
        world.call("sign_in", &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], &form).await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.header("set-cookie"), "");
}

#[tokio::test]
async fn server_functions_answer_nothing_but_post() {
    for (path, method) in server::routes::server_functions() {
        assert!(path.starts_with("/_srv/"), "{path}");
        assert_eq!(method, "POST", "{path}");
    }
    let world = World::http().await;
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let answer = world.send(method, &server_function("sign_out"), &[("sec-fetch-site", "same-origin")], "").await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "POST"), "{method}");
    }
}

#[tokio::test]
async fn a_form_without_wasm_is_never_led_to_another_site() {
    let world = World::http().await;
    let plain = "text/html,application/xhtml+xml";
    for (referer, expected) in [
        (Some("https://evil.example/sign-in"), "/"),
        (Some("http://127.0.0.1:3000.evil.example/"), "/"),
        (Some("http://127.0.0.1:3000@evil.example/"), "/"),
        (Some("//evil.example/"), "/"),
        (Some("javascript:alert(1)"), "/"),
        (None, "/"),
        (Some("http://127.0.0.1:3000/sign-in"), "http://127.0.0.1:3000/sign-in"),
    ] {
        let mut headers = vec![("accept", plain), ("sec-fetch-site", "same-origin")];
        headers.extend(referer.map(|referer| ("referer", referer)));
        let answer = world.call("sign_in", &headers, "email=a%40example.org&password=wrong").await;
        let location = answer.header("location");
        let target = location.split('?').next().unwrap();
        assert_eq!(answer.status, 302, "{referer:?} {}", answer.body);
        assert_eq!(target, expected, "{referer:?} {location}");
    }
}
