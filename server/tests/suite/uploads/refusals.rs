//! What is refused, and that nothing is left of it.

use super::client::{
    BOUNDARY, EXPIRE, Keys, Part, expect, file, left_on_disk, multipart, post, signed, text, told, with_key,
    without_key,
};
use crate::world::World;
use axum::body::Body;
use bytes::Bytes;
use domain::ExpireOld;
use futures_util::stream;
use std::io;
use std::time::Duration;
use tokio::sync::mpsc;

const BOTH: &str = "Your request contains both signature and basic auth parameter. Use only one method, you might be exposing your private API key.";
const TOO_LARGE: &str = "Your request contains invalid file parameter. The file size exceeds limits.";

#[tokio::test]
async fn each_refusal_says_what_is_wrong_and_leaves_nothing() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let name = || text("fileName", "x.txt");
    let long = text("description", "x".repeat(70_000));
    for (parts, code, message) in [
        (vec![name()], "PARAMETER_MISSING", "Your request is missing file parameter."),
        (vec![file("x")], "PARAMETER_MISSING", "Your request is missing fileName parameter."),
        (vec![Part::Bare(vec![]), name()], "PARAMETER_MISSING", "Your request is missing file parameter."),
        (
            vec![file("x"), file("y"), name()],
            "PARAMETER_REPEATED",
            "Your request contains file parameter more than once.",
        ),
        (
            vec![name(), name(), file("x")],
            "PARAMETER_REPEATED",
            "Your request contains fileName parameter more than once.",
        ),
        (
            vec![file("x"), name(), text("tags", "50%")],
            "PARAMETER_INVALID",
            "Your request contains invalid tags parameter.",
        ),
        (
            vec![file("x"), name(), text("isPrivateFile", "1")],
            "PARAMETER_INVALID",
            "Your request contains invalid isPrivateFile parameter.",
        ),
        (vec![file("x"), name(), long], "PARAMETER_INVALID", "Your request contains invalid description parameter."),
        (
            vec![file("x"), name(), text("isprivatefile", "true")],
            "PARAMETER_UNKNOWN",
            "Your request contains a parameter that is not known here.",
        ),
        (
            vec![file("x"), name(), text("transformation", "{}")],
            "PARAMETER_NOT_AVAILABLE",
            "Your request contains transformation parameter, which is not available here.",
        ),
        (
            vec![Part::Bare(b"data:text/plain,x".to_vec()), name()],
            "FILE_UNREADABLE",
            "Your request contains invalid file parameter. It is neither a file nor base 64 nor a base 64 data URI.",
        ),
    ] {
        expect(&with_key(&world, &keys, &parts).await, 400, code, message);
    }
    expect(
        &with_key(&world, &keys, &[keys.signed("both"), vec![file("x"), name()]].concat()).await,
        400,
        "KEY_AND_SIGNATURE",
        BOTH,
    );
    assert_eq!(
        told(&without_key(&world, &[keys.signed("both"), vec![file("x"), name()]].concat()).await).1,
        "TOKEN_USED"
    );
    expect(
        &without_key(&world, &[file("x"), name()]).await,
        401,
        "KEY_MISSING",
        "Your request does not contain private API key.",
    );
    for missing in 0..4 {
        let mut fields = keys.signed("incomplete");
        let Part::Text(parameter, _) = fields.remove(missing) else { panic!("a field") };
        let answer = without_key(&world, &[fields, vec![file("x"), name()]].concat()).await;
        expect(&answer, 400, "PARAMETER_MISSING", &format!("Your request is missing {parameter} parameter."));
    }
    settled(&world).await;
}

async fn settled(world: &World) {
    super::client::until_left(world, 0).await;
}

/// Waits until something of an upload is on the disk.
pub async fn begun(world: &World) {
    for _ in 0..2_000 {
        if !left_on_disk(world).is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("nothing has begun");
}

#[tokio::test]
async fn a_request_that_is_no_form_is_refused() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let key = keys.basic();
    for (content_type, body) in
        [("application/json", "{}"), ("multipart/form-data", "--x--"), ("application/x-www-form-urlencoded", "file=x")]
    {
        let answer = post(&world, &[("authorization", &key), ("content-type", content_type)], body).await;
        expect(&answer, 400, "PARAMETER_MISSING", "Your request is missing file parameter.");
    }
    let whole = multipart(&[file("content"), text("fileName", "x")]);
    for cut in [0, 1, 30, whole.len() / 2, whole.len() - 6] {
        let answer = post(&world, &[("authorization", &key)], whole[..cut].to_vec()).await;
        assert_eq!(told(&answer).1, "BODY_BROKEN", "{cut} bytes");
    }
    // Headers of a part that never end, and far more of them than any client sends.
    let endless =
        format!("--{BOUNDARY}\r\n{}", "X-Header: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(20_000));
    let pieces: Vec<_> = endless.into_bytes().chunks(16_000).map(|piece| Ok::<_, io::Error>(piece.to_vec())).collect();
    let answer = post(&world, &[("authorization", &key)], Body::from_stream(stream::iter(pieces))).await;
    assert_eq!(told(&answer).1, "BODY_TOO_LARGE");
    settled(&world).await;
}

#[tokio::test]
async fn a_wrong_key_is_refused_before_anything_is_taken_in() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let never = Body::from_stream(stream::pending::<io::Result<Bytes>>());
    let public = crate::world::basic(&keys.public);
    let answer = post(&world, &[("authorization", &public)], never).await;
    expect(&answer, 403, "KEY_IS_PUBLIC", "Your account cannot be authenticated.");
}

#[tokio::test]
async fn a_file_may_be_so_large_and_all_files_of_an_account_together() {
    let world = World::with(&[("LATCHKEY_LARGEST_UPLOAD_MB", "1"), ("LATCHKEY_ACCOUNT_FILES_MB", "2")]).await;
    let keys = Keys::of(&world.account().await);
    let upload = async |bytes: usize, name: &str| {
        let parts = [Part::File(vec![b'x'; bytes]), text("fileName", name), text("useUniqueFileName", "false")];
        with_key(&world, &keys, &parts).await
    };
    assert_eq!(upload(1_000_000, "a").await.status, 200);
    expect(&upload(1_000_001, "b").await, 400, "FILE_TOO_LARGE", TOO_LARGE);
    assert_eq!(upload(999_999, "b").await.status, 200);
    expect(&upload(2, "c").await, 403, "ACCOUNT_FULL", "Upload Limit Exceeded.");
    assert_eq!(upload(1, "c").await.status, 200);
    assert_eq!(upload(1_000_000, "a").await.status, 200, "what is replaced makes room for its own successor");
    assert_eq!(left_on_disk(&world).len(), 3);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let (send, mut receive) = mpsc::channel::<io::Result<Bytes>>(4);
    let body = Body::from_stream(stream::poll_fn(move |cx| receive.poll_recv(cx)));
    let whole = multipart(&[Part::File(vec![b'x'; 600_000]), text("fileName", "x")]);
    let key = keys.basic();
    let headers = [("authorization", key.as_str())];
    let answering = post(&world, &headers, body);
    let sending = async {
        send.send(Ok(whole[..500_000].to_vec().into())).await.unwrap();
        begun(&world).await;
        send.send(Err(io::ErrorKind::ConnectionReset.into())).await.unwrap();
    };
    let (answer, ()) = tokio::join!(answering, sending);
    assert_eq!(told(&answer).1, "BODY_BROKEN");
    settled(&world).await;
    assert_eq!(world.get("/v1/files", &headers).await.body, "[]");
}

#[tokio::test]
async fn a_pair_that_ends_while_the_file_is_on_its_way_uploads_nothing() {
    for (by_key, choice, code) in [
        (true, ExpireOld::Immediately, "KEY_REVOKED"),
        (false, ExpireOld::Immediately, "KEY_REVOKED"),
        (true, ExpireOld::In1Hour, "KEY_EXPIRED"),
        (false, ExpireOld::In1Hour, "KEY_EXPIRED"),
    ] {
        let world = World::http().await;
        let account = world.account().await;
        let keys = Keys::of(&account);
        let (send, mut receive) = mpsc::channel::<io::Result<Bytes>>(4);
        let body = Body::from_stream(stream::poll_fn(move |cx| receive.poll_recv(cx)));
        let mut parts = vec![Part::File(vec![b'x'; 600_000]), text("fileName", "x")];
        if !by_key {
            parts = [signed(&keys.public, &keys.private, "on-its-way", EXPIRE), parts].concat();
        }
        let whole = multipart(&parts);
        let key = keys.basic();
        let headers = if by_key { vec![("authorization", key.as_str())] } else { vec![] };
        let answering = post(&world, &headers, body);
        let sending = async {
            send.send(Ok(whole[..500_000].to_vec().into())).await.unwrap();
            begun(&world).await;
            world.roll(&account.account_id, choice).await;
            world.clock.set(crate::world::NOW + 3_600_000);
            send.send(Ok(whole[500_000..].to_vec().into())).await.unwrap();
            drop(send);
        };
        let (answer, ()) = tokio::join!(answering, sending);
        assert_eq!((answer.status.as_u16(), told(&answer).1.as_str()), (403, code), "{by_key} {choice:?}");
        settled(&world).await;
    }
}

/// Strangers can send the file before anything that says who they are.
#[tokio::test]
async fn strangers_do_not_fill_the_disk() {
    let world = World::with(&[("LATCHKEY_WAITING_UPLOADS_MB", "1")]).await;
    let keys = Keys::of(&world.account().await);
    let stranger = [Part::File(vec![b'x'; 1_000_001]), text("fileName", "x")];
    expect(&without_key(&world, &stranger).await, 503, "BUSY", "Too many uploads are under way.");
    settled(&world).await;
    assert_eq!(with_key(&world, &keys, &stranger).await.status, 200, "whoever is known is not a stranger");
    let signed_first = [keys.signed("known"), stranger.to_vec()].concat();
    assert_eq!(without_key(&world, &signed_first).await.status, 200);
}
