//! The security headers are on every kind of answer.

use crate::world::{Answer, World, send_to};
use axum::Router;
use axum::routing::get;
use server::middleware::{self, Around};
use server::routes::Kind;
use std::collections::HashSet;

fn check(answer: &Answer, status: u16, https: bool) {
    assert_eq!(answer.status, status);
    assert_eq!(wrong_headers(answer, https), Vec::<String>::new(), "{status}");
}

/// What is wrong with the headers that every answer carries.
pub fn wrong_headers(answer: &Answer, https: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    let csp = answer.header("content-security-policy");
    let nonce = csp.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\'')).map_or("", |(nonce, _)| nonce);
    let policy = csp.replace(&format!("'nonce-{nonce}'"), "'nonce-N'");
    let for_program =
        csp == "default-src 'none'; frame-ancestors 'none'" && !answer.header("content-type").starts_with("text/html");
    let for_page = nonce.len() == 22
        && policy
            == "default-src 'none'; script-src 'self' 'nonce-N' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
                font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
                manifest-src 'self'";
    if !for_program && !for_page {
        wrong.push(format!("content-security-policy: {csp}"));
    }
    let permissions = answer.header("permissions-policy");
    if !permissions.starts_with("clipboard-write=(self), clipboard-read=(), ") {
        wrong.push(format!("permissions-policy: {permissions}"));
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cross-origin-resource-policy", "same-origin"),
        ("strict-transport-security", if https { "max-age=63072000; includeSubDomains" } else { "" }),
        ("cross-origin-opener-policy", if https { "same-origin" } else { "" }),
    ] {
        let times = answer.headers.get_all(name).iter().count();
        if answer.header(name) != value || times != usize::from(!value.is_empty()) {
            wrong.push(format!("{name}: {} ({times} times)", answer.header(name)));
        }
    }
    let id = answer.header("x-request-id");
    if !(id.starts_with("req_") && id.len() == 30) {
        wrong.push(format!("x-request-id: {id}"));
    }
    wrong
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    for (url, https) in [("http://127.0.0.1:3000", false), ("https://keys.example.com", true)] {
        let world = World::at(url).await;
        world.account().await;
        let cookie = world.signed_in().await;
        std::fs::write(world.directory.path().join("site/favicon.svg"), "<svg/>").unwrap();
        let large = "a".repeat(20_000);
        check(&world.get("/livez", &[]).await, 200, https);
        check(&world.get("/sign-in", &[]).await, 200, https);
        check(&world.get("/favicon.svg", &[]).await, 200, https);
        check(&world.get("/", &[]).await, 302, https);
        check(&world.get("/v1/account?key=private_x", &[]).await, 400, https);
        check(&world.get("/v1/account", &[]).await, 401, https);
        check(&world.send("POST", "/_srv/x", &[("cookie", &cookie)], "").await, 403, https);
        check(&world.get("/nowhere", &[]).await, 404, https);
        check(&world.get("/pkg/nothing.js", &[]).await, 404, https);
        check(&world.send("POST", "/v1/account", &[], "").await, 405, https);
        check(&world.send("POST", "/_srv/x", &[], &large).await, 413, https);
        let routes = Router::new().route("/panic", get(async || -> () { panic!("on purpose") }));
        let around = Around::new(Kind::Page, &world.serving);
        let panicking = middleware::wrap(routes, &around).with_state(world.serving.clone());
        let answer = send_to(&panicking, "GET", "/panic", &[("accept", "application/json")], "").await;
        check(&answer, 500, https);
        assert_eq!(answer.json()["code"], "FAULT");
        assert!(!answer.body.contains("on purpose"));
    }
}

#[tokio::test]
async fn a_request_id_and_a_nonce_are_never_the_clients_and_never_repeat() {
    let world = World::http().await;
    let mut seen = HashSet::new();
    for _ in 0..20 {
        let answer = world.get("/sign-in", &[("x-request-id", "req_mine")]).await;
        assert_ne!(answer.header("x-request-id"), "req_mine");
        assert!(seen.insert(answer.header("x-request-id").to_owned()));
        assert!(seen.insert(answer.header("content-security-policy").to_owned()));
    }
}

#[tokio::test]
async fn the_scripts_of_a_page_carry_the_nonce_of_its_header() {
    let world = World::http().await;
    let answer = world.get("/sign-in", &[]).await;
    let csp = answer.header("content-security-policy");
    let nonce = csp.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\'')).expect("a nonce").0;
    let scripts: Vec<&str> = answer.body.match_indices("<script").map(|(at, _)| &answer.body[at..]).collect();
    assert!(!scripts.is_empty());
    for script in scripts {
        let tag = script.split_once('>').unwrap().0;
        assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{tag}");
    }
    assert!(!answer.body.contains("style="), "an inline style would be blocked");
}

#[tokio::test]
async fn only_hashed_assets_are_kept_by_browsers() {
    let world = World::http().await;
    let site = world.directory.path().join("site");
    std::fs::write(site.join("favicon.svg"), "<svg/>").unwrap();
    std::fs::write(site.join("pkg/latchkey.js"), "let plain;").unwrap();
    std::fs::write(site.join("pkg/latchkey.js.br"), "let br;").unwrap();
    let icon = world.get("/favicon.svg", &[]).await;
    assert_eq!(icon.header("cache-control"), "no-cache");
    let again = world.get("/favicon.svg", &[("if-none-match", icon.header("etag"))]).await;
    assert_eq!((again.status.as_u16(), again.body.as_str()), (304, ""));
    assert_eq!((again.header("vary"), again.header("cache-control")), ("accept-encoding", "no-cache"));
    let changed = world.get("/favicon.svg", &[("if-match", "\"another\"")]).await;
    assert_eq!((changed.status.as_u16(), changed.body.as_str()), (412, ""));
    let compressed = world.get("/pkg/latchkey.js", &[("accept-encoding", "gzip, br")]).await;
    assert_eq!((compressed.header("content-encoding"), compressed.body.as_str()), ("br", "let br;"));
    assert_eq!(world.get("/sign-in", &[]).await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn no_path_leads_out_of_the_site() {
    let world = World::http().await;
    for path in [
        "/../latchkey.db",
        "/%2e%2e/latchkey.db",
        "/pkg/..%2f..%2flatchkey.db",
        "/pkg/%2e%2e/%2e%2e/latchkey.db",
        "//etc/passwd",
    ] {
        let answer = world.get(path, &[]).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.contains("SQLite format"), "{path}");
    }
}
