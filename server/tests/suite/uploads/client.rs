//! A client of the upload API, written from its documentation and not from the server.

use crate::world::{Answer, NOW, World, answer_of, basic};
use axum::body::Body;
use backend::accounts::{CreatedAccount, NewAccount};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Request;
use sha1::Sha1;

pub const UPLOAD: &str = "/api/v1/files/upload";
pub const UPLOAD_V2: &str = "/api/v2/files/upload";
pub const EXPIRE: i64 = NOW / 1_000 + 1_800;

/// One part of a form.
#[derive(Debug, Clone)]
pub enum Part {
    Text(&'static str, String),
    /// With a file name and a content type.
    File(Vec<u8>),
    /// The field `file` with neither.
    Bare(Vec<u8>),
}

pub fn text(name: &'static str, value: impl Into<String>) -> Part {
    Part::Text(name, value.into())
}

pub fn file(content: &str) -> Part {
    Part::File(content.as_bytes().to_vec())
}

pub const BOUNDARY: &str = "----formdata-latchkey-0123456789";

pub fn multipart(parts: &[Part]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        let (headers, content) = match part {
            Part::Text(name, value) => {
                (format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n"), value.as_bytes())
            }
            Part::File(content) => (
                "Content-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
                    .to_owned(),
                content.as_slice(),
            ),
            Part::Bare(content) => {
                ("Content-Disposition: form-data; name=\"file\"\r\n\r\n".to_owned(), content.as_slice())
            }
        };
        body.extend_from_slice(format!("--{BOUNDARY}\r\n{headers}").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// HMAC-SHA1 of token and expire with the private key, in lower-case hex.
pub fn signature(private_key: &str, token: &str, expire: i64) -> String {
    let mut mac = <Hmac<Sha1>>::new_from_slice(private_key.as_bytes()).unwrap();
    mac.update(format!("{token}{expire}").as_bytes());
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

/// The four fields beside a file.
pub fn signed(public_key: &str, private_key: &str, token: &str, expire: i64) -> Vec<Part> {
    vec![
        text("publicKey", public_key),
        text("token", token),
        text("expire", expire.to_string()),
        text("signature", signature(private_key, token, expire)),
    ]
}

pub struct Keys {
    pub public: String,
    pub private: String,
}

impl Keys {
    pub fn of(account: &CreatedAccount) -> Self {
        let pair = &account.first_pair;
        Self { public: pair.pair.public_key.to_string(), private: pair.private_key.expose().to_owned() }
    }

    pub fn signed(&self, token: &str) -> Vec<Part> {
        signed(&self.public, &self.private, token, EXPIRE)
    }

    pub fn basic(&self) -> String {
        basic(&self.private)
    }
}

pub async fn other_account(world: &World) -> CreatedAccount {
    let new =
        NewAccount { email: "bob@example.org".to_owned(), name: String::new(), external_id: None, password: None };
    world.backend.create_account(&World::operator(), new).await.unwrap()
}

pub async fn post(world: &World, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    post_to(world, UPLOAD, headers, body).await
}

pub async fn post_to(world: &World, uri: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    let mut request = Request::builder().method("POST").uri(uri).header("host", "127.0.0.1:3000");
    if !headers.iter().any(|(name, _)| *name == "content-type") {
        request = request.header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"));
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    answer_of(&world.router, request.body(body.into()).unwrap()).await
}

/// Uploads with the private key.
pub async fn with_key(world: &World, keys: &Keys, parts: &[Part]) -> Answer {
    post(world, &[("authorization", &keys.basic())], multipart(parts)).await
}

/// Uploads without one.
pub async fn without_key(world: &World, parts: &[Part]) -> Answer {
    post(world, &[], multipart(parts)).await
}

/// Status, code and message of an answer.
pub fn told(answer: &Answer) -> (u16, String, String) {
    let body = answer.json();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (answer.status.as_u16(), text("code"), text("message"))
}

pub fn expect(answer: &Answer, status: u16, code: &str, message: &str) {
    assert_eq!(told(answer), (status, code.to_owned(), message.to_owned()));
    assert!(answer.json()["help"].as_str().unwrap().ends_with('.'));
    for name in ["x-request-id", "x-ik-requestid"] {
        assert!(answer.header(name).starts_with("req_"), "{name}");
    }
}

/// Everything that lies in the folder of files, without what a process keeps there for itself.
pub fn left_on_disk(world: &World) -> Vec<String> {
    fn walk(directory: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_none_or(|extension| extension != "lock") {
                found.push(path.display().to_string());
            }
        }
    }
    let mut found = Vec::new();
    walk(&world.directory.path().join("files"), &mut found);
    found
}

/// Waits until so many files are left: removing what was refused is the file system's, on another thread.
pub async fn until_left(world: &World, files: usize) {
    for _ in 0..600 {
        if left_on_disk(world).len() == files {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("left: {:?}", left_on_disk(world));
}
