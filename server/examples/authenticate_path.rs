//! What authenticating a request costs, to be counted in instructions: `authenticate_path KEY REQUESTS PATH`, in the directory
//! of an installation in which the key works.
//!
//! The router as it is served answers in this thread, without connections, and time stands still, so that two runs do the same.
//! Run for two numbers of requests, the difference is what that many requests cost. `xtask/src/instructions.rs` does, and has the
//! figures that the suite holds it to.

use axum::body::Body;
use axum::extract::Request;
use backend::{Backend, Clock, OsEntropy, installation};
use domain::Timestamp;
use http::StatusCode;
use server::config::{Environment, SettingFlags, Settings};
use server::middleware::PeerAddress;
use server::router::{self, Serving};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use store_sqlite::SqliteStore;
use tower::ServiceExt as _;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// The index of keys is asked for as long as its lease lasts: for ever.
struct Standing(Timestamp);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn uptime(&self) -> Duration {
        Duration::from_hours(1)
    }
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let key = arguments.next().ok_or("which key?")?;
    let requests: u32 = arguments.next().ok_or("how many requests?")?.parse()?;
    let path = arguments.next().ok_or("which path?")?;
    let expected = arguments.next().unwrap_or_else(|| "200".to_owned()).parse()?;
    let settings = Settings::load(&SettingFlags::default(), &Environment::read())?;
    let _flush = server::logging::start(&settings, "info");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let addr = SocketAddr::from(([127, 0, 0, 1], 3000));
        let router = router::build(serving(&settings, addr).await?);
        for _ in 0..requests {
            let mut request = Request::get(&path)
                .header("host", "keys.example.com")
                .header("user-agent", "example/1.0")
                .header("accept", "*/*")
                .header("authorization", format!("Bearer {key}"))
                .body(Body::empty())?;
            request.extensions_mut().insert(PeerAddress(addr));
            let status = router.clone().oneshot(request).await.unwrap_or_else(|never| match never {}).status();
            if status != StatusCode::from_u16(expected)? {
                return Err(format!("answered {status}").into());
            }
        }
        Ok(())
    })
}

async fn serving(settings: &Settings, addr: SocketAddr) -> Outcome<Serving> {
    let store = SqliteStore::open_existing(&settings.database_url).await?;
    let clock = Standing(Timestamp::from_millis(1_795_424_520_000));
    let sealer = installation::open_installation(&store, &clock, &OsEntropy, &settings.master_key_file).await?;
    let backend = Backend::new(Arc::new(store), Arc::new(clock), Arc::new(OsEntropy), sealer, settings.policy.clone());
    backend.join_instances().await;
    backend.follow().await?;
    Ok(Serving::new(backend, settings, addr))
}
