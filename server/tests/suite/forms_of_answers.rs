//! What errors look like to a program and to a person.

use crate::world::{EMAIL, PASSWORD, World, server_function};
use axum::body::{Body, Bytes};
use http::Request;
use hyper::body::Frame;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::ServiceExt as _;

const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
const PROGRAM: (&str, &str) = ("accept", "application/json");

#[tokio::test]
async fn a_program_reads_json_and_a_person_a_page() {
    let world = World::http().await;
    let large = "a".repeat(20_000);
    let cross = ("sec-fetch-site", "cross-site");
    for (method, path, more, body, status, code) in [
        ("GET", "/nowhere", vec![], "", 404, "NOT_FOUND"),
        ("POST", "/nowhere", vec![], "", 404, "NOT_FOUND"),
        ("GET", "/pkg/nothing.js", vec![], "", 404, "NOT_FOUND"),
        ("POST", "/sign-in", vec![], "", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/sign-in", vec![], large.as_str(), 413, "BODY_TOO_LARGE"),
        ("POST", "/sign-in", vec![cross], "", 403, "CROSS_SITE"),
        ("POST", "/_srv/of_another_version", vec![], "", 404, "PAGE_OUTDATED"),
    ] {
        let mut headers = more.clone();
        headers.push(PROGRAM);
        let answer = world.send(method, path, &headers, body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (status, "application/json"),
            "{method} {path}"
        );
        assert_eq!(answer.json()["code"], code, "{method} {path}");

        headers.pop();
        headers.push(BROWSER);
        let answer = world.send(method, path, &headers, body).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(answer.header("content-type").starts_with("text/html"), "{method} {path}");
        assert!(answer.body.starts_with("<!DOCTYPE html>") && answer.body.contains("</html>"), "{}", answer.body);
        assert!(answer.body.contains("<link rel=\"stylesheet\"") || answer.body.contains(".css"), "{}", answer.body);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn a_method_that_is_not_answered_is_told_which_are() {
    let world = World::http().await;
    let answer = world.send("DELETE", "/v1/account", &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET,HEAD"));
    insta::assert_snapshot!(answer.body, @r#"{"code":"METHOD_NOT_ALLOWED","help":"The Allow header of this answer lists the methods it does answer.","message":"This address does not answer this method."}"#);
}

#[tokio::test]
async fn the_api_answers_json_whatever_a_client_accepts() {
    let world = World::http().await;
    for path in ["/v1", "/v1/nothing", "/api/auth"] {
        let answer = world.get(path, &[BROWSER]).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (404, &"NOT_FOUND".into()), "{path}");
    }
}

#[tokio::test]
async fn a_page_that_is_not_there_is_drawn_by_the_app_with_its_status() {
    let world = World::http().await;
    let answer = world.get("/dashboard/nothing", &[BROWSER]).await;
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("There is no page here"), "{}", answer.body);
}

#[tokio::test]
async fn the_page_of_a_problem_needs_nothing_that_could_be_broken() {
    let world = World::with(&[("LATCHKEY_PRODUCT_NAME", "<Acme>")]).await;
    let answer = world.send("POST", "/nowhere", &[BROWSER], "").await;
    assert!(answer.body.contains("– &lt;Acme&gt;</title>"), "{}", answer.body);
    for forbidden in ["<script", "style=", "<Acme>"] {
        assert!(!answer.body.contains(forbidden), "{forbidden}");
    }
}

#[tokio::test]
async fn a_body_is_bounded_whether_or_not_it_says_its_length() {
    let world = World::http().await;
    assert_eq!(world.send("POST", "/v1/account", &[], &"a".repeat(64 * 1024)).await.status, 405);
    assert_eq!(world.send("POST", "/v1/account", &[], &"a".repeat(64 * 1024 + 1)).await.status, 413);
    assert_eq!(world.send("POST", "/sign-in", &[], &"a".repeat(16 * 1024 + 1)).await.status, 413);
}

/// A body that does not say how long it is: so many frames of 1,000 bytes, or one that never comes.
struct Unsized {
    frames: Option<usize>,
}

impl hyper::body::Body for Unsized {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(left) = self.frames else {
            return Poll::Pending;
        };
        self.frames = left.checked_sub(1);
        Poll::Ready((left > 0).then(|| Ok(Frame::data(Bytes::from_static(&[b'a'; 1_000])))))
    }
}

#[tokio::test]
async fn a_body_of_unknown_length_is_bounded_and_one_that_never_comes_is_not_waited_for() {
    let world = World::http().await;
    // From here on no time passes but that which somebody waits for.
    tokio::time::pause();
    for (frames, status, seconds) in [(Some(64), 405, 0), (Some(66), 413, 0), (None, 408, 5)] {
        let request = Request::post("/v1/account").body(Body::new(Unsized { frames })).unwrap();
        let began = tokio::time::Instant::now();
        let answer = world.router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(began.elapsed().as_secs(), seconds);
    }
}

#[tokio::test]
async fn a_server_functions_error_has_the_status_that_says_the_same() {
    let world = World::http().await;
    world.account().await;
    let form = "email=ada%40example.org&password=not+the+password";
    let ours = [("sec-fetch-site", "same-origin")];
    let answer = world.call("sign_in", &ours, form).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (401, "\"SIGN_IN_FAILED\""));
    for _ in 0..10 {
        world.call("sign_in", &ours, form).await;
    }
    let answer = world.call("sign_in", &ours, form).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (429, "\"TOO_MANY_ATTEMPTS\""));
    assert_eq!(answer.header("retry-after"), "900");
    let answer = world.call("load_developers_tab", &ours, "").await;
    assert_eq!(answer.status, 401);
    let answer = world.call("sign_in", &ours, "nonsense").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (422, "\"INVALID_INPUT\""));
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn cookies_are_marked_by_the_public_url() {
    for (url, session, device) in [
        ("http://127.0.0.1:3000", "latchkey", "latchkey-device"),
        ("https://keys.example.com", "__Host-latchkey", "__Host-latchkey-device"),
    ] {
        let world = World::at(url).await;
        world.account().await;
        let form = format!("email={EMAIL}&password={}", PASSWORD.replace(' ', "+"));
        let answer = world.call("sign_in", &[("origin", url)], &form).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let cookies: Vec<_> =
            answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
        let marks = |name: &str| {
            let start = format!("{name}=");
            let cookie = cookies.iter().find(|cookie| cookie.starts_with(&start)).expect(name);
            cookie.split_once("; ").unwrap().1.to_owned()
        };
        let secure = if url.starts_with("https") { "; Secure" } else { "" };
        assert_eq!(marks(session), format!("Path=/; HttpOnly; SameSite=Lax{secure}"));
        assert_eq!(marks(device), format!("Path=/; HttpOnly; SameSite=Lax{secure}; Max-Age=15552000"));
    }
}

#[tokio::test]
async fn a_database_that_does_not_answer_signs_nobody_out() {
    let world = World::http().await;
    world.account().await;
    let cookie = world.signed_in().await;
    assert_eq!(world.get("/readyz", &[]).await.status, 200);
    world.break_database().await;
    let answer = world.get("/dashboard/developers", &[("cookie", &cookie), BROWSER]).await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after"), answer.header("location")), (503, "5", ""));
    assert_eq!(world.get("/readyz", &[]).await.status, 503);
    assert_eq!(world.get("/livez", &[]).await.status, 200);
}

/// A browser that asks for a page gets a redirect for every call of a function: what the call answered is not in it.
#[tokio::test]
async fn a_redirect_carries_no_private_key() {
    let world = World::http().await;
    let created = world.account().await;
    let cookie = world.signed_in().await;
    let body = serde_json::json!({ "pair": created.first_pair.pair.id }).to_string();
    let key = created.first_pair.private_key.expose();
    for (accept, status, carries) in [("application/json", 200, true), ("text/html", 302, false)] {
        let headers = [
            ("cookie", cookie.as_str()),
            ("accept", accept),
            ("content-type", "application/json"),
            ("origin", "http://127.0.0.1:3000"),
            ("sec-fetch-site", "same-origin"),
        ];
        let answer = world.send("POST", &server_function("reveal_key"), &headers, &body).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
        assert_eq!(answer.body.contains(key), carries, "{accept}");
    }
}
