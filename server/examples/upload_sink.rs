//! Takes uploads in and keeps them, behind Latchkey's own accept loop and with the parser that Latchkey uses: what
//! `cargo xtask bench --uploads` holds Latchkey against.
//!
//! `upload_sink FOLDER [--flushed]`. It checks nothing and remembers nothing: every file part becomes a file. With `--flushed`
//! the file, and then its folder, are on the disk before it answers, as with Latchkey; without, they are when the kernel likes.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use server::accept::{self, Connections, Limits, Stopping};
use std::io::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

/// Written at once, as by Latchkey.
const AT_ONCE: usize = 256 * 1024;

struct Sink {
    folder: PathBuf,
    flushed: bool,
    files: AtomicU64,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or_else(|| Error::other("upload_sink FOLDER [--flushed]"))?);
    let flushed = arguments.next().is_some_and(|argument| argument == "--flushed");
    std::fs::create_dir_all(&folder)?;
    let sink = Arc::new(Sink { folder, flushed, files: AtomicU64::new(0) });
    let router = Router::new().route("/api/v1/files/upload", post(keep)).with_state(sink);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    server::output::line(format_args!("Ready on http://{}", listener.local_addr()?))?;
    let (_ask, asked) = tokio::sync::mpsc::channel(1);
    accept::serve(listener, router, Limits::default(), Stopping::default(), Connections::default(), asked).await;
    Ok(())
}

async fn keep(State(sink): State<Arc<Sink>>, request: Request) -> Response {
    match sink.take(request).await {
        Ok(size) => ([(header::CONTENT_TYPE, "application/json")], format!(r#"{{"size":{size}}}"#)).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

impl Sink {
    async fn take(&self, request: Request) -> std::io::Result<u64> {
        let (parts, body) = request.into_parts();
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = multer::parse_boundary(content_type.unwrap_or_default()).map_err(Error::other)?;
        let mut multipart = multer::Multipart::new(body.into_data_stream(), boundary);
        let mut size = 0;
        while let Some(mut field) = multipart.next_field().await.map_err(Error::other)? {
            if field.name() != Some("file") {
                field.bytes().await.map_err(Error::other)?;
                continue;
            }
            let number = self.files.fetch_add(1, Ordering::Relaxed);
            let mut file = File::create_new(self.folder.join(number.to_string())).await?;
            let mut gathered = Vec::with_capacity(AT_ONCE);
            while let Some(piece) = field.chunk().await.map_err(Error::other)? {
                size += piece.len() as u64;
                gathered.extend_from_slice(&piece);
                if gathered.len() >= AT_ONCE {
                    file.write_all(&gathered).await?;
                    gathered.clear();
                }
            }
            file.write_all(&gathered).await?;
            file.flush().await?;
            if self.flushed {
                file.sync_all().await?;
                File::open(&self.folder).await?.sync_all().await?;
            }
        }
        Ok(size)
    }
}
