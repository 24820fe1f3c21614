//! An account that lets the pages of some origins upload, and no others.

use super::client::{Keys, UPLOAD_V2, expect, file, multipart, post, post_to, text, told, until_left, with_key};
use super::tokens::{form, nth_token};
use crate::world::{Answer, World};
use axum::body::Body;
use backend::accounts::CreatedAccount;
use bytes::Bytes;
use domain::upload::origin::Emptying;
use futures_util::stream;
use std::io;
use tokio::sync::mpsc;

const WWW: &str = "https://www.example.com";
const NOT_ALLOWED: &str = "Your request comes from a page whose origin is not allowed.";

/// Uploads as a page of this origin does, with a signature that nobody has used.
async fn from(world: &World, keys: &Keys, token: &str, headers: &[(&str, &str)]) -> Answer {
    let parts = [keys.signed(token), vec![text("fileName", "p.txt"), file("from a page")]].concat();
    post(world, headers, multipart(&parts)).await
}

async fn add(world: &World, account: &CreatedAccount, origin: &str) {
    world.backend.add_upload_origin(&World::operator(), &account.account_id, origin).await.unwrap();
}

async fn remove(world: &World, account: &CreatedAccount, origin: &str) {
    let operator = World::operator();
    let removed = world.backend.remove_upload_origin(&operator, &account.account_id, origin, Emptying::Meant);
    removed.await.unwrap();
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused_until_the_list_is_empty_again() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    let page = |origin| [("origin", origin)];
    assert_eq!(from(&world, &keys, "before", &page("https://any.example")).await.status, 200);
    add(&world, &account, WWW).await;
    add(&world, &account, "http://localhost:8080").await;

    for (n, origin) in [WWW, "http://localhost:8080"].into_iter().enumerate() {
        assert_eq!(from(&world, &keys, &format!("listed {n}"), &page(origin)).await.status, 200, "{origin}");
    }
    for (n, origin) in [
        "https://any.example",
        "http://www.example.com",
        "https://example.com",
        "https://a.www.example.com",
        "https://www.example.com.evil.example",
        "https://www.example.com:443",
        "https://www.example.com/",
        "HTTPS://WWW.EXAMPLE.COM",
        "http://localhost",
        "null",
        "",
    ]
    .into_iter()
    .enumerate()
    {
        let token = format!("other {n}");
        let refused = from(&world, &keys, &token, &page(origin)).await;
        expect(&refused, 403, "ORIGIN_NOT_ALLOWED", NOT_ALLOWED);
        assert_eq!(refused.header("access-control-allow-origin"), "*", "the page may read why: {origin}");
        assert!(!refused.body.contains("www.example.com"), "the list is told to nobody: {}", refused.body);
        // The token is used up, as by every other refusal.
        assert_eq!(told(&from(&world, &keys, &token, &page(WWW)).await).1, "TOKEN_USED");
    }
    until_left(&world, 3).await;

    remove(&world, &account, WWW).await;
    expect(&from(&world, &keys, "removed", &page(WWW)).await, 403, "ORIGIN_NOT_ALLOWED", NOT_ALLOWED);
    remove(&world, &account, "http://localhost:8080").await;
    assert_eq!(from(&world, &keys, "after", &page("https://any.example")).await.status, 200);
}

#[tokio::test]
async fn an_origin_named_twice_is_none() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    add(&world, &account, WWW).await;
    for (n, headers) in [[("origin", WWW), ("origin", WWW)], [("origin", WWW), ("origin", "https://evil.example")]]
        .into_iter()
        .enumerate()
    {
        let refused = from(&world, &keys, &format!("twice {n}"), &headers).await;
        expect(&refused, 403, "ORIGIN_NOT_ALLOWED", NOT_ALLOWED);
    }
}

/// The list is about pages. A program says of itself what it likes: its signature is what counts.
#[tokio::test]
async fn a_program_uploads_whatever_is_on_the_list_and_a_browser_that_hides_its_origin_does_not() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    add(&world, &account, WWW).await;
    assert_eq!(from(&world, &keys, "a program", &[]).await.status, 200);
    assert_eq!(from(&world, &keys, "node", &[("sec-fetch-mode", "cors")]).await.status, 200);
    for mark in [("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "empty")] {
        let refused = from(&world, &keys, mark.0, &[mark]).await;
        expect(&refused, 403, "ORIGIN_NOT_ALLOWED", NOT_ALLOWED);
    }
    let with_private_key = with_key(&world, &keys, &[file("x"), text("fileName", "x")]).await;
    assert_eq!(with_private_key.status, 200);
    // Nobody without a right signature learns that there is a list.
    let forged = Keys { public: keys.public.clone(), private: format!("{}x", keys.private) };
    let refused = from(&world, &forged, "forged", &[("origin", "https://any.example")]).await;
    assert_eq!(told(&refused).1, "SIGNATURE_INVALID");
}

#[tokio::test]
async fn the_dashboard_uploads_whatever_is_on_the_list() {
    let world = World::at("https://keys.example").await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    add(&world, &account, WWW).await;
    assert_eq!(from(&world, &keys, "own", &[("origin", "https://keys.example")]).await.status, 200);
    for (n, origin) in ["http://keys.example", "https://keys.example:8443", "https://a.keys.example"].iter().enumerate()
    {
        let refused = from(&world, &keys, &format!("{n}"), &[("origin", origin)]).await;
        expect(&refused, 403, "ORIGIN_NOT_ALLOWED", NOT_ALLOWED);
    }
}

#[tokio::test]
async fn a_list_is_the_accounts_own() {
    let world = World::http().await;
    let account = world.account().await;
    let others = Keys::of(&super::client::other_account(&world).await);
    add(&world, &account, WWW).await;
    assert_eq!(from(&world, &others, "t", &[("origin", "https://any.example")]).await.status, 200);
}

#[tokio::test]
async fn a_signed_token_is_held_to_the_list_as_well() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    add(&world, &account, WWW).await;
    let send = async |token: &str, origin: &str| {
        post_to(&world, UPLOAD_V2, &[("origin", origin)], multipart(&form(token))).await
    };
    let token = nth_token(&keys, 1);
    expect(&send(&token, "https://any.example").await, 403, "ORIGIN_NOT_ALLOWED", NOT_ALLOWED);
    assert_eq!(told(&send(&token, WWW).await).1, "TOKEN_USED");
    assert_eq!(send(&nth_token(&keys, 2), WWW).await.status, 200);
}

/// As with a wrong signature: nothing of a file is staged for a page that may not upload it.
#[tokio::test]
async fn a_page_that_may_not_upload_is_told_before_its_file_is_taken_in() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    add(&world, &account, WWW).await;
    let parts = vec![text("fileName", "x"), file(&"x".repeat(600_000))];
    let whole = multipart(&[keys.signed("t"), parts].concat());
    let (send, mut receive) = mpsc::channel::<io::Result<Bytes>>(1);
    let body = Body::from_stream(stream::poll_fn(move |cx| receive.poll_recv(cx)));
    send.send(Ok(Bytes::copy_from_slice(&whole[..100_000]))).await.unwrap();
    let refused = post(&world, &[("origin", "https://any.example")], body).await;
    // The rest was neither sent nor waited for.
    drop(send);
    expect(&refused, 403, "ORIGIN_NOT_ALLOWED", NOT_ALLOWED);
    until_left(&world, 0).await;
}

/// What was typed is shown again; but a private key that somebody pasted into the wrong field is put nowhere.
#[tokio::test]
async fn a_private_key_typed_as_an_origin_stands_nowhere() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    let cookie = world.signed_in().await;
    let own = ("origin", "http://127.0.0.1:3000");
    let add = async |typed: &str| {
        let form = format!("account={}&origin={}", account.account_id, typed.replace(':', "%3A").replace('/', "%2F"));
        world.call("add_origin", &[("cookie", &cookie), own, ("accept", "text/html")], &form).await
    };
    let shown_again = add("www.example.com").await;
    assert_eq!(shown_again.status, 302);
    assert!(shown_again.header("location").starts_with("/dashboard/developers?"), "{:?}", shown_again.headers);
    assert!(shown_again.header("location").ends_with("#origins"));
    assert!(shown_again.header("set-cookie").contains("www%2Eexample%2Ecom"), "{:?}", shown_again.headers);
    for typed in
        [keys.private.clone(), format!("https://{}", keys.private), format!("https://x.example/{}", keys.private)]
    {
        let answer = add(&typed).await;
        assert_eq!(answer.status, 302);
        let body = keys.private.trim_start_matches("private_").to_lowercase();
        let said = format!("{:?} {}", answer.headers, answer.body).to_lowercase();
        assert!(!said.contains(&body), "{said}");
    }
    let listed = world.backend.list_upload_origins(&World::operator(), &account.account_id).await.unwrap();
    assert_eq!(listed, []);
}

/// Whoever has seen an origin leave the list sees nothing more arrive from it.
#[tokio::test]
async fn an_origin_that_leaves_the_list_while_the_file_is_on_its_way_uploads_nothing() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    for origin in [WWW, "https://stays.example"] {
        add(&world, &account, origin).await;
    }
    let parts = vec![text("fileName", "x"), file(&"x".repeat(600_000))];
    let whole = multipart(&[keys.signed("t"), parts].concat());
    let (begin, rest) = whole.split_at(500_000);
    let (send, mut receive) = mpsc::channel::<io::Result<Bytes>>(4);
    let body = Body::from_stream(stream::poll_fn(move |cx| receive.poll_recv(cx)));
    let meanwhile = async {
        send.send(Ok(Bytes::copy_from_slice(begin))).await.unwrap();
        // The signature is proved before a byte of the file is staged.
        super::refusals::begun(&world).await;
        remove(&world, &account, WWW).await;
        send.send(Ok(Bytes::copy_from_slice(rest))).await.unwrap();
        drop(send);
    };
    let (answer, ()) = tokio::join!(post(&world, &[("origin", WWW)], body), meanwhile);
    expect(&answer, 403, "ORIGIN_NOT_ALLOWED", NOT_ALLOWED);
    until_left(&world, 0).await;
}
