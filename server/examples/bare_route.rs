//! One bare axum route behind Latchkey's own accept loop: what `cargo xtask bench` holds Latchkey against.
//!
//! It answers as many bytes as `GET /v1/account` does, and does nothing for them: no key, no database, no middleware.
//! What Latchkey loses against it in the same run is the price of what Latchkey does.

use axum::Router;
use axum::http::header;
use axum::routing::get;
use server::accept::{self, Connections, Limits, Stopping};
use tokio::net::TcpListener;

/// As long as a real answer.
const ANSWER: &str = concat!(
    r#"{"accountId":"acct_00000000000000000000000000","externalId":null,"#,
    r#""keyPair":{"id":"pair_00000000000000000000000000","#,
    r#""publicKey":"public_000000000000000000000000000000000000","status":"active","expiresAt":null}}"#
);

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let router =
        Router::new().route("/v1/account", get(|| async { ([(header::CONTENT_TYPE, "application/json")], ANSWER) }));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    server::output::line(format_args!("Ready on http://{}", listener.local_addr()?))?;
    let (_ask, asked) = tokio::sync::mpsc::channel(1);
    accept::serve(listener, router, Limits::default(), Stopping::default(), Connections::default(), asked).await;
    Ok(())
}
