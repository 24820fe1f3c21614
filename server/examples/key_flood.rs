//! Asks with keys that are well-formed and nobody's, each another one, for `cargo xtask bench --authentication`:
//! `key_flood ORIGIN CONNECTIONS SECONDS`. Says how many were answered.

use backend::OsEntropy;
use domain::{Brand, PrivateKey};
use server::output;
use std::io::{Error, Result};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [origin, connections, seconds] = arguments.as_slice() else {
        return Err(Error::other("key_flood ORIGIN CONNECTIONS SECONDS"));
    };
    let until = Instant::now() + Duration::from_secs(seconds.parse().map_err(Error::other)?);
    let mut all = JoinSet::new();
    for _ in 0..connections.parse::<usize>().map_err(Error::other)? {
        all.spawn(ask_until(origin.trim_start_matches("http://").to_owned(), until));
    }
    let mut answered = 0;
    while let Some(ended) = all.join_next().await {
        answered += ended.map_err(Error::other)??;
    }
    output::line(format_args!("{answered}"))
}

async fn ask_until(address: String, until: Instant) -> Result<u64> {
    let mut stream = TcpStream::connect(&address).await?;
    stream.set_nodelay(true)?;
    let (brand, mut answered, mut buffer) = (Brand::none(), 0, [0; 4096]);
    while Instant::now() < until {
        let key = PrivateKey::mint(&brand, &OsEntropy);
        let request =
            format!("GET /v1/auth HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\r\n", key.expose());
        stream.write_all(request.as_bytes()).await?;
        // Answers are small and come whole.
        if stream.read(&mut buffer).await? == 0 {
            return Err(Error::other("hung up on"));
        }
        answered += 1;
    }
    Ok(answered)
}
