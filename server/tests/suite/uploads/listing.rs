//! `/v1/files`: listing, details, deleting.

use super::client::{Keys, Part, expect, file, left_on_disk, other_account, text, told, with_key};
use crate::world::{NOW, World};
use domain::audit::{Act, Actor, Detail};
use serde_json::{Value, json};

async fn upload(world: &World, keys: &Keys, name: &str, folder: &str, size: usize) -> String {
    let parts = [
        Part::File(vec![b'x'; size]),
        text("fileName", name),
        text("folder", folder),
        text("useUniqueFileName", "false"),
    ];
    let answer = with_key(world, keys, &parts).await;
    answer.json()["fileId"].as_str().unwrap().to_owned()
}

async fn names(world: &World, keys: &Keys, query: &str) -> Vec<String> {
    let answer = world.get(&format!("/v1/files{query}"), &[("authorization", &keys.basic())]).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    let files: Vec<Value> = serde_json::from_str(&answer.body).unwrap();
    files.iter().map(|file| file["filePath"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn files_are_listed_as_asked() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let others = Keys::of(&other_account(&world).await);
    upload(&world, &keys, "b.txt", "/", 3).await;
    world.clock.set(NOW + 1);
    upload(&world, &keys, "a.txt", "/docs", 2).await;
    world.clock.set(NOW + 2);
    upload(&world, &keys, "ab.txt", "/docs/deep", 1).await;
    upload(&world, &others, "theirs.txt", "/", 1).await;
    let png =
        [Part::File(b"\x89PNG\r\n\x1a\n1234".to_vec()), text("fileName", "p.png"), text("useUniqueFileName", "false")];
    with_key(&world, &keys, &png).await;
    let (b, a, ab, p) = ("/b.txt", "/docs/a.txt", "/docs/deep/ab.txt", "/p.png");
    for (query, expected) in [
        ("", vec![b, a, ab, p]),
        ("/", vec![b, a, ab, p]),
        ("?sort=DESC_CREATED", vec![p, ab, a, b]),
        ("?sort=ASC_NAME", vec![a, ab, b, p]),
        ("?sort=DESC_NAME", vec![p, b, ab, a]),
        ("?sort=ASC_SIZE", vec![ab, a, b, p]),
        ("?sort=DESC_UPDATED&limit=2", vec![p, ab]),
        ("?limit=2&skip=1", vec![a, ab]),
        ("?path=docs", vec![a]),
        ("?path=/docs/deep/", vec![ab]),
        ("?path=%2F&type=file", vec![b, p]),
        ("?fileType=image", vec![p]),
        ("?fileType=non-image&type=all", vec![b, a, ab]),
        ("?searchQuery=name%20%3D%20%22a.txt%22", vec![a]),
        ("?searchQuery=name%3A%22a%22", vec![a, ab]),
        ("?searchQuery=name%3A%22%25%22", vec![]),
        ("?skip=100", vec![]),
    ] {
        assert_eq!(names(&world, &keys, query).await, expected, "{query}");
    }
    for (query, message) in [
        ("?limit=0", "Minimum value of limit parameter is 1. Value sent is 0."),
        ("?limit=2000", "Maximum value of limit parameter is 1000. Value sent is 2000."),
        ("?skip=-1", "The value of skip parameter should be greater than or equal to 0. Value sent is -1."),
        ("?limit=x", "Your request contains invalid limit parameter."),
        ("?sort=ASC_RELEVANCE", "Your request contains invalid sort parameter."),
        ("?type=folder", "Your request contains invalid type parameter."),
        ("?fileType=video", "Your request contains invalid fileType parameter."),
        ("?searchQuery=size%20%3E%205", "Your request contains invalid searchQuery parameter."),
        ("?limit=1&limit=2", "Your request contains invalid query parameter."),
    ] {
        let answer = world.get(&format!("/v1/files{query}"), &[("authorization", &keys.basic())]).await;
        expect(&answer, 400, "PARAMETER_INVALID", message);
    }
    let answer = world.get("/v1/files?tags=a", &[("authorization", &keys.basic())]).await;
    assert_eq!(told(&answer).1, "PARAMETER_UNKNOWN");
    let missing = "Your request does not contain private API key.";
    for path in ["/v1/files", "/v1/files/", "/v1/files/0123456789abcdef01234567/details"] {
        expect(&world.get(path, &[]).await, 401, "KEY_MISSING", missing);
    }
}

#[tokio::test]
async fn a_files_details_are_whole() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let parts = [
        file("hi"),
        text("fileName", "a.txt"),
        text("useUniqueFileName", "false"),
        text("tags", "x,y"),
        text("customMetadata", "{\"n\":1}"),
        text("description", "a greeting"),
        text("customCoordinates", "1,2,3,4"),
    ];
    let id = with_key(&world, &keys, &parts).await.json()["fileId"].as_str().unwrap().to_owned();
    let answer = world.get(&format!("/v1/files/{id}/details"), &[("authorization", &keys.basic())]).await;
    assert_eq!(
        answer.json(),
        json!({
            "fileId": id, "type": "file", "name": "a.txt", "filePath": "/a.txt", "tags": ["x", "y"], "AITags": null,
            "versionInfo": { "id": id, "name": "Version 1" }, "isPrivateFile": false, "isPublished": true,
            "customCoordinates": "1,2,3,4", "url": format!("http://127.0.0.1:3000/files/{id}/a.txt"), "thumbnail": null,
            "fileType": "non-image", "mime": "application/octet-stream", "size": 2, "customMetadata": { "n": 1 },
            "description": "a greeting", "createdAt": "2026-11-23T09:02:00.000Z", "updatedAt": "2026-11-23T09:02:00.000Z",
        })
    );
}

#[tokio::test]
async fn the_files_of_another_account_answer_like_missing_ones() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let others = Keys::of(&other_account(&world).await);
    let theirs = upload(&world, &others, "theirs.txt", "/", 1).await;
    let nobodys = "0123456789abcdef01234567".to_owned();
    let key = keys.basic();
    let ask = async |method: &str, path: &str, body: &str| {
        let answer = world.send(method, path, &[("authorization", &key)], body).await;
        (answer.status.as_u16(), answer.body)
    };
    for (method, path) in [("GET", "/v1/files/ID/details"), ("DELETE", "/v1/files/ID")] {
        let of = async |id: &str| ask(method, &path.replace("ID", id), "").await;
        assert_eq!(of(&theirs).await, of(&nobodys).await, "{method}");
        assert_eq!(of(&theirs).await.0, 404);
        assert_eq!(of("not-an-id").await.0, 400);
    }
    let batch = async |id: &str| {
        let body = json!({ "fileIds": [id] }).to_string();
        ask("POST", "/v1/files/batch/deleteByFileIds", &body).await.1.replace(id, "ID")
    };
    assert_eq!(batch(&theirs).await, batch(&nobodys).await);
    assert_eq!(left_on_disk(&world).len(), 1);
}

#[tokio::test]
async fn deleting_removes_row_and_bytes_and_is_on_record() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    let (one, two, three) = (
        upload(&world, &keys, "1.txt", "/", 1).await,
        upload(&world, &keys, "2.txt", "/", 1).await,
        upload(&world, &keys, "3.txt", "/docs", 1).await,
    );
    let key = keys.basic();
    let answer = world.send("DELETE", &format!("/v1/files/{one}"), &[("authorization", &key)], "").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""));
    expect(
        &world.get(&format!("/v1/files/{one}/details"), &[("authorization", &key)]).await,
        404,
        "FILE_MISSING",
        "The requested file does not exist.",
    );
    let batch = async |ids: &[&str]| {
        let body = json!({ "fileIds": ids }).to_string();
        world.send("POST", "/v1/files/batch/deleteByFileIds", &[("authorization", &key)], &body).await
    };
    let missing = batch(&[&two, &one, &three]).await;
    assert_eq!((missing.status.as_u16(), &missing.json()["missingFileIds"]), (404, &json!([one])));
    assert_eq!(left_on_disk(&world).len(), 2, "all or none");
    let done = batch(&[&two, &three]).await;
    assert_eq!((done.status.as_u16(), done.json()), (200, json!({ "successfullyDeletedFileIds": [two, three] })));
    assert!(left_on_disk(&world).is_empty());
    assert_eq!(batch(&[]).await.status, 400);

    let events = backend::store::Store::list_events(&world.store, Some(&account.account_id), 10).await.unwrap();
    let deletions: Vec<_> = events.iter().filter(|event| event.act == Act::FileDelete).collect();
    let paths = |n: usize| match &deletions[n].detail {
        Some(Detail::Files { paths }) => paths.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((paths(1), paths(0).len()), (vec!["/1.txt".to_owned()], 2));
    assert_eq!(deletions[0].actor, Actor::Pair { id: account.first_pair.pair.id.clone() });
}
