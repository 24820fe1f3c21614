//! `docs/openapi.json` is held to the code that it describes, to the table of routes and to what is really answered.

use crate::world::{Answer, World, bearer};
use domain::Scope;
use serde_json::{Value, json};
use server::routes::{Kind, Place, TABLE};
use std::collections::BTreeSet;

fn document() -> Value {
    serde_json::from_str(include_str!("../../../docs/openapi.json")).unwrap()
}

/// What is wrong with `value` by a schema of the document: the part of JSON Schema that the document uses, and no other.
fn complaints(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    const UNDERSTOOD: [&str; 14] = [
        "$ref",
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "enum",
        "pattern",
        "description",
        "format",
        "minLength",
        "maxLength",
        "maxItems",
        "title",
    ];
    let schema_members = schema.as_object().unwrap();
    let odd = schema_members.keys().filter(|name| !UNDERSTOOD.contains(&name.as_str()));
    let mut wrong: Vec<String> = odd.map(|name| format!("{at}: {name} is not understood here")).collect();
    if let Some(name) = schema["$ref"].as_str() {
        let schema = document.pointer(name.trim_start_matches('#')).expect("a schema of this name");
        return complaints(document, schema, value, at);
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed = schema["type"].as_array().cloned().unwrap_or_else(|| vec![schema["type"].clone()]);
    if !allowed.contains(&json!(kind)) {
        wrong.push(format!("{at}: is {kind}"));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        wrong.push(format!("{at}: is {value}"));
    }
    // Only of this form: one of some words.
    let words = schema["pattern"].as_str().map(|text| text.trim_start_matches("^(").trim_end_matches(")$").split('|'));
    if words.is_some_and(|mut words| words.all(|word| json!(word) != *value)) {
        wrong.push(format!("{at}: is {value}"));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        wrong.extend(complaints(document, &schema["items"], item, &format!("{at}/{index}")));
    }
    if let Some(members) = value.as_object() {
        assert_eq!(schema["additionalProperties"], false, "{at}: a schema that lets everything through");
        let required = schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
        wrong.extend(required.filter(|name| !members.contains_key(*name)).map(|name| format!("{at}: no {name}")));
        for (name, value) in members {
            match schema["properties"].get(name) {
                Some(schema) => wrong.extend(complaints(document, schema, value, &format!("{at}/{name}"))),
                None => wrong.push(format!("{at}: {name} is not documented")),
            }
        }
    }
    wrong
}

#[test]
fn the_document_lists_every_call_of_the_api_and_no_other() {
    let document = document();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().keys().filter(|name| *name != "parameters");
        documented.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let mut served = BTreeSet::new();
    for row in TABLE.iter().filter(|row| matches!(row.kind, Kind::Api | Kind::Upload | Kind::Gateway | Kind::Health)) {
        match row.place {
            Place::At(_) => drop(served.insert(row.name())),
            Place::Below(path) if row.kind == Kind::Gateway => {
                let places = [path.to_owned(), format!("{path}/{{below}}")];
                let methods = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"];
                served.extend(places.iter().flat_map(|place| methods.map(|method| format!("{method} {place}"))));
            }
            // Where nothing is.
            Place::Below(_) | Place::Elsewhere => {}
        }
    }
    assert_eq!(documented, served);
}

#[test]
fn the_committed_document_is_what_the_code_says() {
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let generated = server::api::document();
    if std::fs::read_to_string(committed).unwrap() != generated {
        let draft = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("openapi.json");
        std::fs::write(&draft, generated).unwrap();
        panic!("docs/openapi.json is not what the code says: look at {}, and put it there", draft.display());
    }
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_is() {
    let document = document();
    let mut seen = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no name"));
            assert!(seen.insert(id.to_owned()), "{id} is there twice");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn anybody_reads_the_description_from_the_server_itself() {
    let world = World::http().await;
    for path in ["/v1/openapi.json", "/admin/v1/openapi.json"] {
        let answer = world.get(path, &[]).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
        assert_eq!(answer.json(), document());
    }
}

#[tokio::test]
async fn what_is_sent_and_answered_is_as_documented() {
    let document = document();
    let world = World::http().await;
    let issued = world.backend.create_installation_key(&World::operator(), "billing", &Scope::ALL).await.unwrap();
    let (key, wrong_key) = (bearer(issued.key.expose()), bearer("installation_x"));
    let ask = async |key: &str, method: &str, path: &str, body: &Value| -> Answer {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        world.send(method, path, &[("authorization", key)], &text).await
    };
    let new = json!({ "externalId": "cus_1", "email": "ada@example.org", "name": "Ada's" });
    let made = ask(&key, "POST", "/admin/v1/accounts", &new).await.json();
    let one = format!("/admin/v1/accounts/{}", made["accountId"].as_str().unwrap());
    let roll = format!("{one}/roll");
    let another = json!({ "externalId": "cus_2", "email": "eve@example.org", "name": null });
    let taken = json!({ "externalId": "cus_3", "email": "ada@example.org" });
    let pair = &made["keyPairs"][0]["id"];
    let leaked = json!({ "expireOld": "1h", "reason": "leaked", "keyPairId": pair, "submission": null });
    let all = "/admin/v1/accounts";
    let (by_id, rolling) = ("/admin/v1/accounts/{accountId}", "/admin/v1/accounts/{accountId}/roll");
    let missing = "/admin/v1/accounts/acct_x";
    let found = format!("{all}?externalId=cus_1");
    let mut seen = BTreeSet::new();
    for (key, method, documented, path, body, status) in [
        (&key, "post", all, all, &another, 201),
        (&key, "post", all, all, &new, 200),
        (&key, "post", all, all, &taken, 409),
        (&key, "post", all, all, &json!({ "plan": 1 }), 422),
        (&key, "post", all, all, &Value::Null, 400),
        (&wrong_key, "post", all, all, &new, 403),
        (&key, "get", all, &found, &Value::Null, 200),
        (&key, "get", all, all, &Value::Null, 422),
        (&String::from("Bearer "), "get", all, all, &Value::Null, 401),
        (&key, "get", by_id, &one, &Value::Null, 200),
        (&key, "get", by_id, missing, &Value::Null, 404),
        (&key, "patch", by_id, &one, &json!({ "disabled": true, "reason": "unpaid" }), 200),
        (&key, "patch", by_id, missing, &json!({ "disabled": true }), 404),
        (&key, "post", rolling, &roll, &leaked, 200),
        (&key, "post", rolling, &roll, &leaked, 409),
        (&key, "get", by_id, &one, &Value::Null, 200),
    ] {
        let operation = &document["paths"][documented][method];
        let answer = ask(key, &method.to_uppercase(), path, body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        let mut response = &operation["responses"][status.to_string()];
        if let Some(shared) = response["$ref"].as_str() {
            response = document.pointer(shared.trim_start_matches('#')).expect("an answer of this name");
        }
        let schema = &response["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{method} {path} {status} is not documented");
        let wrong = complaints(&document, schema, &answer.json(), "answer");
        assert!(wrong.is_empty(), "{method} {path} {status}: {wrong:?}");
        if status < 300 && !body.is_null() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let wrong = complaints(&document, schema, body, "body");
            assert!(wrong.is_empty(), "{method} {path} is sent what is not documented: {wrong:?}");
            seen.insert((method, documented));
        } else if status < 300 {
            seen.insert((method, documented));
        }
    }
    assert_eq!(seen.len(), 5, "every call was answered what it is for: {seen:?}");
}
