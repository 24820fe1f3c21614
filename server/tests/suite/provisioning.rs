//! The provisioning API: every scope at every route, what comes twice or at once, bad input, and that the key stays where
//! it belongs.

use crate::program::Place;
use crate::world::{Answer, NOW, World, basic, bearer};
use backend::OsEntropy;
use domain::key_format::{contains_installation_key, contains_private_key};
use domain::{AccountId, Brand, ExpireOld, InstallationKey, PrivateKey, Scope, SubmissionId};
use serde_json::{Value, json};

const ACCOUNTS: &str = "/admin/v1/accounts";
const HOUR: i64 = 3_600_000;

/// A system of the company, with a key of these scopes.
struct System<'a> {
    world: &'a World,
    key: String,
}

impl<'a> System<'a> {
    async fn with(world: &'a World, scopes: &[Scope]) -> Self {
        let issued = world.backend.create_installation_key(&World::operator(), "billing", scopes).await.unwrap();
        Self { world, key: issued.key.expose().to_owned() }
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.send_text(method, path, &text).await
    }

    async fn send_text(&self, method: &str, path: &str, body: &str) -> Answer {
        let answer = self.world.send(method, path, &[("authorization", &bearer(&self.key))], body).await;
        assert_eq!(answer.header("content-type"), "application/json", "{method} {path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{method} {path}");
        assert!(!contains_installation_key(&Brand::none(), &answer.body), "{method} {path}: {}", answer.body);
        let gives_key = answer.status == 201;
        assert_eq!(contains_private_key(&Brand::none(), &answer.body), gives_key, "{method} {path}: {}", answer.body);
        answer
    }
}

fn get(path: &str) -> (&str, &str, String) {
    ("GET", path, String::new())
}

/// The status and the code of an answer in the form of every error.
#[track_caller]
fn refused(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    assert_eq!(body.as_object().unwrap().len(), 3, "{}", answer.body);
    for sentence in ["message", "help"] {
        assert!(body[sentence].as_str().unwrap().len() > 10, "{}", answer.body);
    }
    (answer.status.as_u16(), body["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_system_makes_an_account_and_its_owner_signs_in_with_the_link() {
    let world = World::at("https://keys.example.com").await;
    let system = System::with(&world, &[Scope::Provision]).await;
    let asked = json!({ "externalId": "cus_9", "email": "Ada@Example.org", "name": "Ada's" });
    let made = system.send("POST", ACCOUNTS, &asked).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let mut body = made.json();
    let account = body["accountId"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), format!("{ACCOUNTS}/{account}"));

    let link = body["passwordLink"].take();
    let secret = link.as_str().unwrap().strip_prefix("https://keys.example.com/set-password#").expect("a link");
    let anybody = backend::RequestContext { caller: backend::Caller::Anonymous, ..World::operator() };
    let password = domain::Password::new(crate::world::PASSWORD.to_owned());
    world.backend.set_password(&anybody, secret, password.clone()).await.unwrap();
    world.backend.sign_in(&anybody, "ada@example.org", password).await.unwrap();

    let key = body["privateKey"].take();
    let told = world.get("/v1/account", &[("authorization", &basic(key.as_str().unwrap()))]).await;
    assert_eq!(told.json()["accountId"], body["accountId"]);
    let pair = &told.json()["keyPair"];
    let expected = json!({
        "accountId": account,
        "externalId": "cus_9",
        "name": "Ada's",
        "email": "ada@example.org",
        "disabled": false,
        "createdAt": "2026-11-23T09:02:00.000Z",
        "keyPairs": [{
            "id": pair["id"],
            "publicKey": pair["publicKey"],
            "status": "active",
            "createdAt": "2026-11-23T09:02:00.000Z",
            "expiresAt": null,
        }],
        "privateKey": null,
        "passwordLink": null,
    });
    assert_eq!(body, expected);

    // Every other answer is the same without what is answered once.
    let mut known = expected;
    known.as_object_mut().unwrap().retain(|name, _| !matches!(name.as_str(), "privateKey" | "passwordLink"));
    let again = system.send("POST", ACCOUNTS, &asked).await;
    assert_eq!((again.status.as_u16(), again.json()), (200, known.clone()));
    let moved = json!({ "externalId": "cus_9", "email": "ada@example.com", "name": "Another" });
    let again = system.send("POST", ACCOUNTS, &moved).await;
    assert_eq!((again.status.as_u16(), again.json()), (200, known.clone()), "the external id alone says which");
    let opened = system.send("GET", &format!("{ACCOUNTS}/{account}"), &Value::Null).await;
    assert_eq!((opened.status.as_u16(), opened.json()), (200, known.clone()));
    for query in ["externalId=cus_9", "email=ada%40example.org", "email=ADA@example.org"] {
        let found = system.send("GET", &format!("{ACCOUNTS}?{query}"), &Value::Null).await;
        assert_eq!((found.status.as_u16(), found.json()), (200, json!({ "accounts": [known] })), "{query}");
    }
    for query in ["externalId=cus", "email=eve@example.org"] {
        let found = system.send("GET", &format!("{ACCOUNTS}?{query}"), &Value::Null).await;
        assert_eq!((found.status.as_u16(), found.json()), (200, json!({ "accounts": [] })), "{query}");
    }
}

#[tokio::test]
async fn every_scope_gets_what_it_is_for_at_every_route_and_nothing_else() {
    let world = World::http().await;
    let account = world.account().await.account_id;
    let known = json!({ "externalId": "cus_1", "email": crate::world::EMAIL });
    let (one, roll) = (format!("{ACCOUNTS}/{account}"), format!("{ACCOUNTS}/{account}/roll"));
    let leaked = json!({ "expireOld": "immediately", "reason": "leaked" });
    // What read, provision and roll get.
    let table = [
        ("POST", ACCOUNTS.to_owned(), known, [403, 200, 403]),
        ("GET", format!("{ACCOUNTS}?externalId=cus_1"), Value::Null, [200, 200, 403]),
        ("GET", format!("{ACCOUNTS}?email=nobody@example.org"), Value::Null, [200, 200, 403]),
        ("GET", one.clone(), Value::Null, [200, 200, 403]),
        ("PATCH", one, json!({ "disabled": true }), [403, 200, 403]),
        ("POST", roll, leaked, [403, 403, 200]),
    ];
    for (method, path, body, statuses) in &table {
        for (scope, expected) in Scope::ALL.into_iter().zip(statuses) {
            let answer = System::with(&world, &[scope]).await.send(method, path, body).await;
            assert_eq!(answer.status, *expected, "{method} {path} with {scope:?}: {}", answer.body);
            if *expected == 403 {
                assert_eq!(refused(&answer).1, "SCOPE_MISSING", "{method} {path} with {scope:?}");
            }
        }
        let answer = System::with(&world, &Scope::ALL).await.send(method, path, body).await;
        assert_eq!(answer.status, 200, "{method} {path} with all scopes: {}", answer.body);
    }
}

#[tokio::test]
async fn a_request_without_a_usable_installation_key_is_told_what_to_do() {
    let world = World::http().await;
    let made = world.account().await;
    let system = System::with(&world, &[Scope::Read]).await;
    let (key, public) = (made.first_pair.private_key.expose(), made.first_pair.pair.public_key.as_str());
    let nobodys = InstallationKey::mint(&Brand::none(), &OsEntropy);
    let one = format!("{ACCOUNTS}/{}", made.account_id);
    for (headers, status, code) in [
        (vec![], 401, "KEY_MISSING"),
        (vec![basic("")], 401, "KEY_MISSING"),
        (vec![format!("Digest {}", system.key)], 401, "KEY_MISSING"),
        (vec![basic(nobodys.expose())], 403, "KEY_UNKNOWN"),
        (vec![bearer(&system.key[..40])], 403, "KEY_UNKNOWN"),
        (vec!["Basic %%%".to_owned()], 403, "KEY_UNKNOWN"),
        (vec![basic(key)], 403, "KEY_IS_PRIVATE"),
        (vec![bearer(PrivateKey::mint(&Brand::none(), &OsEntropy).expose())], 403, "KEY_IS_PRIVATE"),
        (vec![basic(public)], 403, "KEY_IS_PUBLIC"),
        (vec![basic(&system.key), bearer(&system.key)], 400, "HEADER_REPEATED"),
    ] {
        let headers: Vec<_> = headers.iter().map(|value| ("authorization", value.as_str())).collect();
        for (method, path) in [
            ("POST", ACCOUNTS.to_owned()),
            ("GET", ACCOUNTS.to_owned()),
            ("GET", one.clone()),
            ("PATCH", one.clone()),
            ("POST", format!("{one}/roll")),
        ] {
            let answer = world.send(method, &path, &headers, "").await;
            assert_eq!(refused(&answer), (status, code.to_owned()), "{method} {path}");
        }
    }
    for target in [format!("{ACCOUNTS}?externalId={}", system.key), format!("{ACCOUNTS}/{}", system.key)] {
        assert_eq!(refused(&world.get(&target, &[]).await), (400, "KEY_IN_URL".to_owned()), "{target}");
    }
    // The other way round: it opens no account.
    let answer = world.get("/v1/account", &[("authorization", &bearer(&system.key))]).await;
    assert_eq!(refused(&answer), (403, "KEY_IS_INSTALLATION".to_owned()));
    // Basic works as Bearer does.
    let answer = world.get(&one, &[("authorization", &basic(&system.key))]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(refused(&system.send("GET", "/admin/v1/nothing", &Value::Null).await), (404, "NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn a_rolled_or_revoked_installation_key_is_refused_by_the_very_next_request() {
    let world = World::http().await;
    let operator = World::operator();
    let path = format!("{ACCOUNTS}?externalId=x");
    let first = world.backend.create_installation_key(&operator, "crm", &[Scope::Read]).await.unwrap();
    let status = async |key: &InstallationKey| {
        let answer = world.get(&path, &[("authorization", &bearer(key.expose()))]).await;
        (answer.status.as_u16(), answer.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    let fine = (200, String::new());
    assert_eq!(status(&first.key).await, fine);
    let second =
        world.backend.roll_installation_key(&operator, &first.record.id, ExpireOld::In1Hour).await.unwrap().new;
    assert_eq!((status(&first.key).await, status(&second.key).await), (fine.clone(), fine.clone()));
    world.clock.set(NOW + HOUR);
    assert_eq!(status(&first.key).await, (403, "KEY_EXPIRED".to_owned()));
    let third =
        world.backend.roll_installation_key(&operator, &second.record.id, ExpireOld::Immediately).await.unwrap().new;
    assert_eq!(status(&second.key).await, (403, "KEY_REVOKED".to_owned()));
    assert_eq!(status(&third.key).await, fine);
    world.backend.revoke_installation_key(&operator, &third.record.id).await.unwrap();
    assert_eq!(status(&third.key).await, (403, "KEY_REVOKED".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_creations_at_once_exactly_one_makes_the_account() {
    let world = World::http().await;
    let system = System::with(&world, &[Scope::Provision]).await;
    let body = json!({ "externalId": "cus_1", "email": "ada@example.org" }).to_string();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (router, key, body) = (world.router.clone(), bearer(&system.key), body.clone());
            tokio::spawn(async move {
                crate::world::send_to(&router, "POST", ACCOUNTS, &[("authorization", &key)], &body).await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    let with = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((with(201), with(200)), (1, 19));
    assert!(answers.iter().all(|answer| answer.json()["accountId"] == answers[0].json()["accountId"]));
    assert!(answers.iter().all(|answer| answer.json()["privateKey"].is_null() == (answer.status == 200)));
}

#[tokio::test]
async fn bad_input_is_refused_by_name_and_changes_nothing() {
    let world = World::http().await;
    let account = world.account().await.account_id;
    let system = System::with(&world, &Scope::ALL).await;
    let (one, roll) = (format!("{ACCOUNTS}/{account}"), format!("{ACCOUNTS}/{account}/roll"));
    let unknown = AccountId::mint(world.clock_now(), &OsEntropy);
    let (long, book) = ("x".repeat(201), "x".repeat(501));
    let before = system.send("GET", &one, &Value::Null).await.body;
    let post = |body: Value| ("POST", ACCOUNTS, body.to_string());
    let patch = |body: Value| ("PATCH", one.as_str(), body.to_string());
    let roll_with = |body: Value| ("POST", roll.as_str(), body.to_string());
    let (neither, both) = (ACCOUNTS.to_owned(), format!("{ACCOUNTS}?externalId=a&email=b@example.org"));
    let other = format!("{ACCOUNTS}?name=Ada");
    let twice = format!("{ACCOUNTS}?externalId=a&externalId=b");
    let no_email = format!("{ACCOUNTS}?email=nobody");
    let (missing, no_id) = (format!("{ACCOUNTS}/{unknown}"), format!("{ACCOUNTS}/acct_%ff"));
    let missing_roll = format!("{missing}/roll");
    for ((method, path, body), status, code, named) in [
        (("POST", ACCOUNTS, String::new()), 400, "BODY_NOT_JSON", "externalId"),
        (("POST", ACCOUNTS, "{\"externalId\":".to_owned()), 400, "BODY_NOT_JSON", "externalId"),
        (("POST", ACCOUNTS, "[]".to_owned()), 400, "BODY_NOT_JSON", "externalId"),
        (post(json!({ "email": "a@example.org" })), 422, "MEMBER_MISSING", "`externalId`"),
        (post(json!({ "externalId": "cus_2" })), 422, "MEMBER_MISSING", "`email`"),
        (post(json!({ "externalId": 2, "email": "a@example.org" })), 422, "MEMBER_INVALID", "`externalId`"),
        (post(json!({ "externalId": "cus_2", "email": "a@b.c", "plan": "x" })), 422, "MEMBER_UNKNOWN", "`plan`"),
        (("POST", ACCOUNTS, r#"{"email":"a","email":"b"}"#.to_owned()), 422, "MEMBER_REPEATED", "`email`"),
        (post(json!({ "externalId": "", "email": "a@example.org" })), 422, "EXTERNAL_ID_INVALID", "`externalId`"),
        (post(json!({ "externalId": long, "email": "a@example.org" })), 422, "EXTERNAL_ID_INVALID", "`externalId`"),
        (post(json!({ "externalId": "cus_2", "email": "nobody" })), 422, "EMAIL_INVALID", "`email`"),
        (post(json!({ "externalId": "c", "email": "a@b.example", "name": long })), 422, "NAME_INVALID", "`name`"),
        (post(json!({ "externalId": "cus_2", "email": crate::world::EMAIL })), 409, "EMAIL_TAKEN", "e-mail"),
        (patch(json!({})), 422, "MEMBER_MISSING", "`disabled`"),
        (patch(json!({ "disabled": "yes" })), 422, "MEMBER_INVALID", "`disabled`"),
        (patch(json!({ "disabled": true, "externalId": "x" })), 422, "MEMBER_UNKNOWN", "`externalId`"),
        (patch(json!({ "disabled": true, "reason": book })), 422, "REASON_TOO_LONG", "`reason`"),
        // Enabled already: refused all the same.
        (patch(json!({ "disabled": false, "reason": book })), 422, "REASON_TOO_LONG", "`reason`"),
        (roll_with(json!({ "reason": "leaked" })), 422, "MEMBER_MISSING", "`expireOld`"),
        (roll_with(json!({ "expireOld": "soon", "reason": "leaked" })), 422, "MEMBER_INVALID", "`expireOld`"),
        (roll_with(json!({ "expireOld": "1h" })), 422, "MEMBER_MISSING", "`reason`"),
        (roll_with(json!({ "expireOld": "1h", "reason": " " })), 422, "REASON_MISSING", "`reason`"),
        (roll_with(json!({ "expireOld": "1h", "reason": book })), 422, "REASON_TOO_LONG", "`reason`"),
        (roll_with(json!({ "expireOld": "2020-01-01T00:00:00Z", "reason": "x" })), 422, "EXPIRY_PAST", "`expireOld`"),
        (
            roll_with(json!({ "expireOld": "2036-01-01T00:00:00Z", "reason": "x" })),
            422,
            "EXPIRY_TOO_FAR",
            "`expireOld`",
        ),
        (
            roll_with(json!({ "expireOld": "1h", "reason": "x", "keyPairId": "x" })),
            422,
            "MEMBER_INVALID",
            "`keyPairId`",
        ),
        (
            roll_with(json!({ "expireOld": "1h", "reason": "x", "submission": 1 })),
            422,
            "MEMBER_INVALID",
            "`submission`",
        ),
        (get(&neither), 422, "MEMBER_INVALID", "`email`"),
        (get(&both), 422, "MEMBER_INVALID", "`email`"),
        (get(&other), 422, "MEMBER_UNKNOWN", "`name`"),
        (get(&twice), 422, "MEMBER_REPEATED", "`externalId`"),
        (get(&no_email), 422, "EMAIL_INVALID", "`email`"),
        (get(&missing), 404, "NOT_FOUND", "id"),
        (get(&no_id), 404, "NOT_FOUND", "id"),
        (("PATCH", missing.as_str(), json!({ "disabled": true }).to_string()), 404, "NOT_FOUND", "id"),
        (
            ("POST", missing_roll.as_str(), json!({ "expireOld": "1h", "reason": "x" }).to_string()),
            404,
            "NOT_FOUND",
            "id",
        ),
    ] {
        let answer = system.send_text(method, path, &body).await;
        assert_eq!(refused(&answer), (status, code.to_owned()), "{method} {path} {body}: {}", answer.body);
        assert!(answer.body.contains(named), "{method} {path} {body} names {named}: {}", answer.body);
    }
    assert_eq!(system.send("GET", &one, &Value::Null).await.body, before);
    for query in ["externalId=cus_2", "email=a@example.org", "email=eve@example.org"] {
        let found = system.send("GET", &format!("{ACCOUNTS}?{query}"), &Value::Null).await;
        assert_eq!(found.json(), json!({ "accounts": [] }), "{query}");
    }
}

#[tokio::test]
async fn a_disabled_account_s_keys_stop_at_once_and_come_back() {
    let world = World::http().await;
    let made = world.account().await;
    let system = System::with(&world, &[Scope::Provision]).await;
    let key = basic(made.first_pair.private_key.expose());
    let one = format!("{ACCOUNTS}/{}", made.account_id);
    for (disabled, status) in [(true, 403), (true, 403), (false, 200), (false, 200)] {
        let answer = system.send("PATCH", &one, &json!({ "disabled": disabled, "reason": "unpaid" })).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["disabled"]), (200, &json!(disabled)));
        assert_eq!(world.get("/v1/account", &[("authorization", &key)]).await.status, status);
    }
}

/// The old key stops, the new one is nobody's to read but the owner's, and a retry rolls nothing.
#[tokio::test]
async fn a_system_rolls_once_and_never_sees_the_private_key() {
    let world = World::http().await;
    let made = world.account().await;
    let system = System::with(&world, &[Scope::Read, Scope::Roll]).await;
    let path = format!("{ACCOUNTS}/{}/roll", made.account_id);
    let submission = SubmissionId::mint(world.clock_now(), &OsEntropy);
    let old = &made.first_pair.pair.id;
    let body = json!({ "expireOld": "1h", "reason": "leaked", "keyPairId": old, "submission": submission });
    let first = system.send("POST", &path, &body).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let told = first.json();
    assert_eq!((&told["accountId"], &told["old"]["id"]), (&json!(made.account_id), &json!(old)));
    assert_eq!((&told["old"]["status"], &told["new"]["status"]), (&json!("expiring"), &json!("active")));
    assert_eq!(told["old"]["expiresAt"], "2026-11-23T10:02:00.000Z");
    let again = system.send("POST", &path, &body).await;
    assert_eq!((again.status.as_u16(), again.json()), (200, told));
    let another = json!({ "expireOld": "1h", "reason": "leaked", "keyPairId": old });
    assert_eq!(refused(&system.send("POST", &path, &another).await), (409, "PAIR_ALREADY_ROLLED".to_owned()));
    let listed = system.send("GET", &format!("{ACCOUNTS}/{}", made.account_id), &Value::Null).await;
    assert_eq!(listed.json()["keyPairs"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_a_503_for_systems_too() {
    let world = World::http().await;
    let system = System::with(&world, &[Scope::Read]).await;
    world.break_database().await;
    let answer = system.send("GET", &format!("{ACCOUNTS}?externalId=x"), &Value::Null).await;
    assert_eq!(refused(&answer), (503, "UNAVAILABLE".to_owned()));
}

/// With real processes: what a command says is true in the server beside it, and the key is in no file and no log.
#[test]
fn an_installation_key_is_in_the_answer_that_made_it_and_nowhere_else() {
    let place = Place::new();
    let run = |arguments: &[&str]| place.run(arguments);
    let made = run(&["installation-key", "create", "--name", "billing", "--scope", "provision,read", "--json"]).json();
    let id = made["id"].as_str().unwrap();
    assert_eq!((&made["scopes"], &made["status"]), (&json!(["read", "provision"]), &json!("active")));
    let served = place.serve(&[("LATCHKEY_LOG", "debug")]);
    let mut keys = vec![made["key"].as_str().unwrap().to_owned()];
    let target = format!("{ACCOUNTS}?externalId=x");
    assert_eq!(served.get(&target, &bearer(&keys[0])).0, 200);

    let rolled = run(&["installation-key", "roll", "--key", id, "--expire-old", "immediately", "--json"]).json();
    keys.push(rolled["new"]["key"].as_str().unwrap().to_owned());
    assert_eq!(served.get(&target, &bearer(&keys[0])).0, 403);
    assert_eq!(served.get(&target, &basic(&keys[1])).0, 200);
    let new = rolled["new"]["id"].as_str().unwrap();
    let said = run(&["installation-key", "revoke", "--key", new]);
    assert!(said.code == 0 && said.out.contains("revoked"), "{}", said.err);
    assert_eq!(served.get(&target, &bearer(&keys[1])).0, 403);
    for key in &keys {
        for target in [format!("/{key}"), format!("{ACCOUNTS}/{key}"), format!("/v1/account?key={key}")] {
            served.get(&target, &bearer(key));
        }
    }

    let listed = run(&["installation-key", "list", "--json"]);
    let rows = listed.json();
    assert_eq!((rows[0]["id"].as_str(), rows[0]["status"].as_str()), (Some(new), Some("revoked")));
    assert_eq!((rows[1]["id"].as_str(), rows[1]["created_by"].as_str()), (Some(id), Some("tester")));
    assert!(rows[1]["last_used_at"].is_string());
    let said = run(&["installation-key", "list"]);
    assert!(said.out.starts_with("KEY") && said.out.contains("read,provision"), "{}", said.out);
    for said in [listed.out, said.out] {
        assert!(!keys.iter().any(|key| said.contains(key)), "{said}");
    }
    assert_eq!(run(&["installation-key", "revoke", "--key", new, "--json"]).refusal()["code"], "PAIR_ENDED");
    assert_eq!(run(&["installation-key", "create", "--name", "x"]).code, 2);
    assert_eq!(run(&["installation-key", "create", "--name", "x", "--scope", "write"]).code, 2);
    assert_eq!(
        run(&["installation-key", "create", "--name", " ", "--scope", "read", "--json"]).refusal()["code"],
        "NAME_INVALID"
    );
    let (_, well) = served.stop();
    assert!(well);
    let left = crate::canary::leaks(place.directory.path(), &keys);
    assert!(left.is_empty(), "{left:?}");
}
