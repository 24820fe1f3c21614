//! The least that a server has to do that authenticates requests with keys: what `cargo xtask bench` holds `/v1/auth` and
//! `GET /v1/account` against. `bare_lookup KEY`: this one works, beside 99,999 others that nobody has.
//!
//! One axum route behind Latchkey's own accept loop parses Basic or Bearer, makes the digest that Latchkey makes and looks it
//! up in a map. It has no middleware, no expiry, no checksum, no names of refusals, no request ids and no log.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use data_encoding::BASE64;
use hmac::{Hmac, Mac as _};
use server::accept::{self, Connections, Limits, Stopping};
use sha2::Sha256;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::net::TcpListener;

const KEYS: u64 = 100_000;

/// As long as a real answer.
const ANSWER: &str = concat!(
    r#"{"accountId":"acct_00000000000000000000000000","externalId":null,"#,
    r#""keyPair":{"id":"pair_00000000000000000000000000","#,
    r#""publicKey":"public_000000000000000000000000000000000000","status":"active","expiresAt":null}}"#
);

struct Keys {
    mac: Hmac<Sha256>,
    known: HashMap<[u8; 32], &'static str>,
}

impl Keys {
    fn digest(&self, key: &str) -> [u8; 32] {
        self.mac.clone().chain_update(key.as_bytes()).finalize().into_bytes().into()
    }
}

fn key_in(headers: &HeaderMap) -> Option<String> {
    let (scheme, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.to_owned());
    }
    let decoded = String::from_utf8(BASE64.decode(rest.as_bytes()).ok()?).ok()?;
    Some(decoded.split_once(':')?.0.to_owned())
}

async fn answer(State(keys): State<Arc<Keys>>, headers: HeaderMap) -> Response {
    match key_in(&headers).and_then(|key| keys.known.get(&keys.digest(&key)).copied()) {
        Some(answer) => ([(header::CONTENT_TYPE, "application/json")], answer).into_response(),
        None => StatusCode::FORBIDDEN.into_response(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = std::env::args().nth(1).ok_or("which key?")?;
    let mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&[7; 32])?;
    let mut keys = Keys { mac, known: HashMap::new() };
    let others = (1..KEYS).map(|number| number.to_string());
    keys.known = others.chain([key]).map(|key| (keys.digest(&key), ANSWER)).collect();
    let router = Router::new().fallback(any(answer)).with_state(Arc::new(keys));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    server::output::line(format_args!("Ready on http://{}", listener.local_addr()?))?;
    let (_ask, asked) = tokio::sync::mpsc::channel(1);
    accept::serve(listener, router, Limits::default(), Stopping::default(), Connections::default(), asked).await;
    Ok(())
}
