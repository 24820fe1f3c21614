//! Uploads: by private key, by signature, in whatever shape real clients send them.

pub mod client;
mod dashboard;
mod listing;
mod origins;
mod refusals;
mod sightings;
mod signatures;
mod tokens;
#[cfg(target_os = "linux")]
mod whole_program;

use crate::world::World;
use client::{Keys, Part, file, left_on_disk, multipart, post, text, told, with_key, without_key};
use serde_json::json;

#[tokio::test]
async fn a_server_uploads_with_its_private_key() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let answer = with_key(
        &world,
        &keys,
        &[
            file("hi"),
            text("fileName", "a b.txt"),
            text("folder", "/docs/"),
            text("tags", "a,b"),
            text("useUniqueFileName", "false"),
            text("responseFields", "tags,isPrivateFile"),
        ],
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let body = answer.json();
    let id = body["fileId"].as_str().unwrap();
    assert!(id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(
        body,
        json!({
            "fileId": id,
            "name": "a_b.txt",
            "size": 2,
            "versionInfo": { "id": id, "name": "Version 1" },
            "filePath": "/docs/a_b.txt",
            "url": format!("http://127.0.0.1:3000/files/{id}/a_b.txt"),
            "fileType": "non-image",
            "AITags": null,
            "tags": ["a", "b"],
            "isPrivateFile": false,
        })
    );
    let stored = world.get(&format!("/files/{id}/a_b.txt"), &[]).await;
    assert_eq!((stored.status.as_u16(), stored.body.as_str()), (200, "hi"));
    assert_eq!(stored.header("content-disposition"), "attachment; filename=\"a_b.txt\"");
    assert_eq!(stored.header("x-content-type-options"), "nosniff");
    assert_eq!(stored.header("content-security-policy"), "default-src 'none'; sandbox; frame-ancestors 'none'");
    assert_eq!(stored.header("content-type"), "application/octet-stream");
    assert_eq!(stored.header("content-length"), "2");
    assert_eq!(stored.headers.get_all("content-security-policy").iter().count(), 1);
}

#[tokio::test]
async fn a_page_uploads_with_a_signature_in_any_order_of_fields() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let rest = [file("from a page"), text("fileName", "p.txt")];
    let fields_first = [keys.signed("token-1"), rest.to_vec()].concat();
    let file_first = [rest.to_vec(), keys.signed("token-2")].concat();
    let mut mixed = keys.signed("token-3");
    mixed.insert(2, rest[0].clone());
    mixed.insert(0, rest[1].clone());
    for parts in [fields_first, file_first, mixed] {
        let answer = without_key(&world, &parts).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let body = answer.json();
        let name = body["name"].as_str().unwrap();
        let unguessable = name.strip_prefix("p_").and_then(|rest| rest.strip_suffix(".txt"));
        assert_eq!(unguessable.map(str::len), Some(9), "{name}");
        let path = body["url"].as_str().unwrap().replace("http://127.0.0.1:3000", "");
        assert_eq!(world.get(&path, &[]).await.body, "from a page");
    }
}

#[tokio::test]
async fn a_file_is_a_part_with_or_without_a_name_or_a_text() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    for (part, size, kind) in [
        (file("plain"), 5, "non-image"),
        (Part::Bare(b"\x89PNG\r\n\x1a\n....".to_vec()), 12, "image"),
        (Part::Bare(b"aGkgdGhlcmU=".to_vec()), 8, "non-image"),
        (Part::Bare(b"data:image/gif;base64,R0lGODlhAQABAAAAACw=".to_vec()), 14, "image"),
        (file(""), 0, "non-image"),
    ] {
        let answer = with_key(&world, &keys, &[part.clone(), text("fileName", "x")]).await;
        let body = answer.json();
        assert_eq!((&body["size"], &body["fileType"]), (&json!(size), &json!(kind)), "{part:?}: {body}");
    }
    let url = [Part::Bare(b"https://example.com/a.png".to_vec()), text("fileName", "x")];
    let answer = with_key(&world, &keys, &url).await;
    assert_eq!(
        told(&answer),
        (
            400,
            "FILE_IS_URL".to_owned(),
            "Your request contains invalid file parameter. A URL is not fetched here.".to_owned()
        )
    );
}

#[tokio::test]
async fn an_images_answer_says_how_large_it_is_and_any_others_does_not() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x03\xe8\0\0\x01\xf4\x08\x06\0\0\0".to_vec();
    let camera =
        [&b"\xff\xd8\xff\xe1\xff\xff"[..], &vec![0xc0; 65_533], b"\xff\xc0\x00\x11\x08\x00\x02\x00\x03", &[0; 40]];
    let sizes = |body: &serde_json::Value| (body.get("width").cloned(), body.get("height").cloned());
    let sized = |width: u32, height: u32| (Some(json!(width)), Some(json!(height)));
    for (content, expected) in [
        (png.clone(), sized(1_000, 500)),
        (camera.concat(), sized(3, 2)),
        (b"data:image/gif;base64,R0lGODlhAQABAAAAACw=".to_vec(), sized(1, 1)),
        // A replaced image takes nothing over from the one before it; nor does what only says that it is one.
        (png[..20].to_vec(), (None, None)),
        (b"width=3".to_vec(), (None, None)),
    ] {
        let parts = [Part::Bare(content), text("fileName", "same"), text("useUniqueFileName", "false")];
        let answer = with_key(&world, &keys, &parts).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let body = answer.json();
        assert_eq!(sizes(&body), expected, "{body}");
        let id = body["fileId"].as_str().unwrap();
        for uri in [format!("/v1/files/{id}/details"), "/v1/files".to_owned()] {
            let details = world.get(&uri, &[("authorization", &keys.basic())]).await.json();
            let details = details.get(0).unwrap_or(&details);
            assert_eq!(sizes(details), expected, "{uri}: {details}");
        }
    }
}

#[tokio::test]
async fn a_file_of_the_same_name_is_replaced_kept_beside_or_refused() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let upload = async |content: &str, more: &[Part]| {
        let parts =
            [vec![file(content), text("fileName", "same.txt"), text("useUniqueFileName", "false")], more.to_vec()];
        with_key(&world, &keys, &parts.concat()).await
    };
    let first = upload("first", &[text("tags", "old")]).await.json();
    let id = first["fileId"].clone();
    let second = upload("the second", &[text("responseFields", "tags"), text("overwriteTags", "false")]).await.json();
    assert_eq!((&second["fileId"], &second["size"], &second["tags"]), (&id, &json!(10), &json!(["old"])));
    assert_eq!(second["versionInfo"]["name"], "Version 2");
    assert_ne!(second["versionInfo"]["id"], id);
    let third = upload("3", &[text("responseFields", "tags")]).await.json();
    assert_eq!((&third["fileId"], &third["tags"]), (&id, &json!(null)));
    let taken = upload("4", &[text("overwriteFile", "false")]).await;
    assert_eq!(told(&taken).1, "NAME_TAKEN");
    assert_eq!(left_on_disk(&world).len(), 1, "the versions before are gone");
    let stored = world.get(&format!("/files/{}/same.txt", id.as_str().unwrap()), &[]).await;
    assert_eq!(stored.body, "3");
}

#[tokio::test]
async fn private_and_unpublished_files_are_there_for_their_own_account_only() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let others = Keys::of(&client::other_account(&world).await);
    for (field, value) in [("isPrivateFile", "true"), ("isPublished", "false")] {
        let parts = [file("mine"), text("fileName", "m.txt"), text(field, value)];
        let body = with_key(&world, &keys, &parts).await.json();
        let path = body["url"].as_str().unwrap().replace("http://127.0.0.1:3000", "");
        assert_eq!(told(&world.get(&path, &[]).await).1, "FILE_MISSING");
        assert_eq!(told(&world.get(&path, &[("authorization", &others.basic())]).await).1, "FILE_MISSING");
        assert_eq!(world.get(&path, &[("authorization", &keys.basic())]).await.body, "mine");
    }
}

#[tokio::test]
async fn other_sites_may_upload_and_read_the_answers_without_credentials() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let origin = ("origin", "https://shop.example");
    let asked = world.send("OPTIONS", client::UPLOAD, &[origin, ("access-control-request-method", "POST")], "").await;
    assert_eq!(asked.status, 204);
    assert_eq!(asked.header("access-control-allow-methods"), "POST");
    // An asterisk would let `Authorization` in, in Chromium.
    assert_eq!(asked.header("access-control-allow-headers"), "accept, cache-control, content-type, x-requested-with");
    let done =
        post(&world, &[origin], multipart(&[keys.signed("t"), vec![file("x"), text("fileName", "x")]].concat())).await;
    let refused = post(&world, &[origin], multipart(&[file("x")])).await;
    let wrong_method = world.send("PUT", client::UPLOAD, &[origin], "").await;
    assert_eq!([done.status.as_u16(), refused.status.as_u16(), wrong_method.status.as_u16()], [200, 401, 405]);
    for answer in [asked, done, refused, wrong_method] {
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("access-control-expose-headers"), "x-request-id, x-ik-requestId");
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    }
    // And nowhere else.
    let elsewhere = world.get("/v1/files", &[origin, ("authorization", &keys.basic())]).await;
    assert!(elsewhere.headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
}

#[tokio::test]
async fn an_upload_with_an_expiring_pair_says_when_it_ends() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    world.roll(&account.account_id, domain::ExpireOld::In1Hour).await;
    let answer = with_key(&world, &keys, &[file("x"), text("fileName", "x")]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("sunset"), "Mon, 23 Nov 2026 10:02:00 GMT");
}

#[tokio::test]
async fn a_member_uploads_by_the_parameters_their_page_asks_for() {
    let world = World::http().await;
    let account = world.account().await;
    let member = backend::RequestContext {
        caller: backend::Caller::Person(backend::SignedIn {
            session_id: domain::SessionId::mint(world.clock_now(), &backend::OsEntropy),
            user_id: account.user_id.clone(),
            email: crate::world::EMAIL.to_owned(),
            seat: Some(backend::Seat { account_id: account.account_id.clone(), role: domain::Role::Developer }),
            admin: false,
            password_at: world.clock_now(),
        }),
        ..World::operator()
    };
    let given = world.backend.make_upload_parameters(&member, &account.account_id).await.unwrap();
    let parts = vec![
        text("publicKey", given.public_key.to_string()),
        text("token", given.token),
        text("expire", given.expire.to_string()),
        text("signature", given.signature),
        file("x"),
        text("fileName", "x"),
    ];
    assert_eq!(without_key(&world, &parts).await.status, 200);
    let viewer = backend::RequestContext {
        caller: backend::Caller::Person(backend::SignedIn {
            seat: Some(backend::Seat { account_id: account.account_id.clone(), role: domain::Role::Viewer }),
            ..member.person().unwrap().clone()
        }),
        ..World::operator()
    };
    let refused = world.backend.make_upload_parameters(&viewer, &account.account_id).await;
    assert!(matches!(refused, Err(backend::Error::Refused(domain::Refusal::NotAllowed))));
}
