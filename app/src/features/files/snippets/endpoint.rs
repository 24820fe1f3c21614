//! The endpoint that signs uploads, as the Files page shows it from the first empty line on. An example of the server's
//! crate, so that it is compiled and run as it stands: tests/suite/uploads/endpoint.rs.
#![expect(clippy::disallowed_methods, reason = "a program of somebody else's, with its own environment and clock")]

// cargo add axum data-encoding hmac serde_json sha1 tokio --features tokio/full
// cargo add uuid --features v4
use axum::{Json, Router, http::header::CACHE_CONTROL, response::IntoResponse, routing::get};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use std::env::var;
use std::time::{SystemTime, UNIX_EPOCH};

async fn upload_parameters() -> impl IntoResponse {
    // First make sure that whoever asks may upload: this answers everybody.
    let key = var("API_PRIVATE_KEY").expect("API_PRIVATE_KEY is set");
    let token = uuid::Uuid::new_v4().to_string();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    let expire = now.as_secs() + 600;
    let mut hmac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("a key of any length");
    hmac.update(format!("{token}{expire}").as_bytes());
    let signature = HEXLOWER.encode(&hmac.finalize().into_bytes());
    let parameters = serde_json::json!({
        "token": token, "expire": expire, "signature": signature,
        "publicKey": "{{public_key}}",
    });
    ([(CACHE_CONTROL, "no-store")], Json(parameters))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(4000);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, Router::new().route("/auth", get(upload_parameters))).await
}
