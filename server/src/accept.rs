//! Connections: how many there are, and how long each may keep us waiting.
//!
//! Not `axum::serve`, which gives a client all the time in the world to send its headers. Here hyper's header deadline
//! runs before the first byte, while headers arrive, and between requests: it starts whenever the connection begins to
//! wait for a request (hyper 1.12, `Conn::poll_read_head`; checked by a test). Bodies have a deadline of their own, in
//! [`crate::middleware`].

use crate::middleware::PeerAddress;
use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt as _;

/// What a client is allowed.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at a time; more wait in the operating system's queue.
    pub connections: usize,
    /// From being connected, or from the last answer, to the end of the next request's headers.
    pub headers: Duration,
    /// The most memory a connection reads ahead into. Headers have to fit (else 431).
    pub buffer: usize,
    /// How long requests under way may take to finish once the process is asked to stop.
    pub stop: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 4_096, headers: Duration::from_secs(10), buffer: 16 * 1024, stop: Duration::from_secs(20) }
    }
}

/// How long accepting pauses after it failed: out of file descriptors, say. Trying at once would only burn a core.
const PAUSE: Duration = Duration::from_millis(250);

/// Serves until `stop` completes, and then until requests under way are answered or [`Limits::stop`] is over.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let connections = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &connections) => accepted,
        };
        let Some((stream, peer, permit)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.headers)
            .max_buf_size(limits.buffer)
            .serve_connection(TokioIo::new(stream), service(router.clone(), peer));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // Clients break off, time out and talk nonsense all day long; none of it is worth more than this.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.stop, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time and were cut off");
    }
}

/// The next connection, once there is room for it; `None` if there was none to be had.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(connections).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Answers are small and complete: waiting to fill a packet only delays them.
            let _ = stream.set_nodelay(true);
            Some((stream, peer, permit))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            None
        }
    }
}

fn service(
    router: Router,
    peer: SocketAddr,
) -> impl hyper::service::HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Send> {
    service_fn(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(PeerAddress(peer));
        router.clone().oneshot(request.map(Body::new))
    })
}
