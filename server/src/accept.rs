//! Connections: how many there are, and how long each may keep us waiting.
//!
//! Not `axum::serve`, which gives a client all the time in the world. Who keeps us waiting is sent away:
//!
//! - before the first byte, while headers arrive and between requests by hyper's header deadline, which starts whenever
//!   the connection begins to wait for a request (hyper 1.12, `Conn::poll_read_head`; checked by a test);
//! - while a body arrives by [`crate::middleware`];
//! - while an answer is taken by `paced`;
//! - and, when every place is taken, whoever has kept us waiting longest, by `places`: so that however many slow
//!   clients there are, one that does what it came for still gets in.

mod paced;
mod places;

pub use places::Guest;

use crate::middleware::PeerAddress;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderValue, header};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use paced::Paced;
use places::Places;
use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tower::{Service, ServiceExt as _};

/// What a client is allowed.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// From being connected, or from the last answer, to the end of the next request's headers. With the deadline for
    /// a body and `paced::GOODBYE` it makes less than 15 seconds.
    pub headers: Duration,
    /// How long an answer may wait for its reader without `paced::LEAST` bytes of it being taken.
    pub answer: Duration,
    /// The most memory a connection reads ahead into. Headers have to fit (else 431).
    pub buffer: usize,
    /// How long connections are still accepted after the process was asked to stop, so that a balancer which asks
    /// `/readyz` can look elsewhere first.
    pub notice: Duration,
    /// How long requests under way may take to finish after that.
    pub stop: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            headers: Duration::from_secs(8),
            answer: Duration::from_secs(8),
            buffer: 16 * 1024,
            notice: Duration::from_secs(1),
            stop: Duration::from_secs(20),
        }
    }
}

/// How much the operating system keeps for a connection in each direction. By default Linux lets both grow to megabytes,
/// which a client that never reads would fill.
const SOCKET_BUFFER: u32 = 64 * 1024;

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1_024;

/// How long accepting pauses after it failed: out of file descriptors, say. Trying at once would only burn a core.
const PAUSE: Duration = Duration::from_millis(100);

/// How long whoever was connected at the last moment has for their request to be here. hyper closes, when it is asked to
/// stop, whatever connection it has not read from.
const LAST_CALL: Duration = Duration::from_millis(200);

/// What answers requests: a router, or something that is asked like one.
pub trait Answering:
    Service<Request, Response = Response, Error = Infallible, Future: Send + 'static> + Clone + Send + Sync + 'static
{
}

impl<S> Answering for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// Whether the process has been asked to stop. Cheap to clone; every clone is the same one.
#[derive(Debug, Clone, Default)]
pub struct Stopping(Arc<AtomicBool>);

impl Stopping {
    /// Whether it has.
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// From now on it has.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How many connections are open. Cheap to clone; every clone counts the same ones.
#[derive(Debug, Clone, Default)]
pub struct Connections(Arc<AtomicUsize>);

/// One of them, for as long as it is open.
struct Open(Connections);

impl Connections {
    /// How many there are just now.
    pub fn open(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn one_more(&self) -> Open {
        self.0.fetch_add(1, Ordering::Relaxed);
        Open(self.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Listens at an address.
pub fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart must not wait until the last process's connections are forgotten.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    // What is accepted inherits these.
    socket.set_send_buffer_size(SOCKET_BUFFER)?;
    socket.set_recv_buffer_size(SOCKET_BUFFER)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// Serves until `asked` says to stop, and then until requests under way are answered or [`Limits::stop`] is over. Being
/// asked a second time ends it at once.
///
/// In this order: `stopping` begins, and with it `/readyz` turns and answers tell clients to close their connections;
/// after [`Limits::notice`] nothing new is accepted; what was begun is finished.
pub async fn serve(
    listener: TcpListener,
    router: impl Answering,
    limits: Limits,
    stopping: Stopping,
    connections: Connections,
    mut asked: mpsc::Receiver<()>,
) {
    let host = Host {
        places: Arc::default(),
        room: Arc::new(Semaphore::new(limits.connections)),
        graceful: GracefulShutdown::new(),
        router,
        limits,
        stopping,
        connections,
    };
    let at_once = {
        let mut end = std::pin::pin!(notice(&mut asked, &host));
        loop {
            tokio::select! {
                at_once = &mut end => break at_once,
                () = host.receive(&listener) => {}
            }
        }
    };
    // Whoever was connected before we stopped listening has been promised an answer by the operating system.
    while let Ok(Ok((stream, peer))) = tokio::time::timeout(Duration::ZERO, listener.accept()).await {
        let Ok(permit) = Arc::clone(&host.room).try_acquire_owned() else { break };
        host.seat(stream, peer, permit);
    }
    drop(listener);
    if !at_once {
        host.finish(asked).await;
    }
}

/// Completes when nothing new is to be accepted any more; answers whether everything is to end at once.
async fn notice<S>(asked: &mut mpsc::Receiver<()>, host: &Host<S>) -> bool {
    asked.recv().await;
    host.stopping.begin();
    tracing::info!("stopping: /readyz says so, and what is under way is finished");
    tokio::select! {
        () = tokio::time::sleep(host.limits.notice) => false,
        Some(()) = asked.recv() => true,
    }
}

/// What every connection needs.
struct Host<S> {
    places: Arc<Places>,
    room: Arc<Semaphore>,
    graceful: GracefulShutdown,
    router: S,
    limits: Limits,
    stopping: Stopping,
    connections: Connections,
}

impl<S: Answering> Host<S> {
    /// Takes in the next connection, if there is one to be had.
    async fn receive(&self, listener: &TcpListener) {
        match listener.accept().await {
            Ok((stream, peer)) => {
                if let Some(permit) = self.make_room().await {
                    self.seat(stream, peer, permit);
                }
            }
            // The client's doing, and nobody else's loss.
            Err(error) if is_about_one_client(&error) => tracing::debug!(%error, "a client went away"),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                self.places.free_one();
                tokio::time::sleep(PAUSE).await;
                self.places.freed();
            }
        }
    }

    /// A place for one more. When all are taken, whoever has kept us waiting longest gives theirs up; when everybody is
    /// being served, the next one who has been.
    async fn make_room(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() {
            return Some(permit);
        }
        loop {
            let patience = self.places.free_one();
            let room = Arc::clone(&self.room).acquire_owned();
            if let Ok(permit) = tokio::time::timeout(patience, room).await {
                self.places.freed();
                return permit.ok();
            }
        }
    }

    fn seat(&self, stream: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        // Answers are small and complete: waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let seat = places::enter(&self.places, permit);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.headers)
            .max_buf_size(self.limits.buffer)
            .serve_connection(
                TokioIo::new(Paced::new(stream, self.limits.answer)),
                service(self.router.clone(), peer, Arc::clone(&seat.guest), self.stopping.clone()),
            );
        let connection = self.graceful.watch(connection);
        let open = self.connections.one_more();
        tokio::spawn(async move {
            let _open = open;
            tokio::select! {
                // An answer that is ready is still handed over.
                biased;
                // Clients break off, time out and talk nonsense all day long; none of it is worth more than this.
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                },
                () = seat.guest.sent_away() => tracing::debug!("a connection gave its place to another one"),
            }
        });
    }

    /// Lets requests under way finish.
    async fn finish(self, mut asked: mpsc::Receiver<()>) {
        let Self { graceful, limits, .. } = self;
        let finished = async {
            tokio::time::sleep(LAST_CALL).await;
            graceful.shutdown().await;
        };
        tokio::select! {
            () = finished => return,
            () = tokio::time::sleep(limits.stop) => {}
            Some(()) = asked.recv() => {}
        }
        tracing::warn!("some requests did not finish and were cut off");
    }
}

fn is_about_one_client(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused)
}

fn service(
    router: impl Answering,
    peer: SocketAddr,
    guest: Arc<Guest>,
    stopping: Stopping,
) -> impl hyper::service::HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Send> {
    service_fn(move |mut request: http::Request<Incoming>| {
        if request.body().is_end_stream() {
            guest.is_served();
        }
        request.extensions_mut().insert(PeerAddress(peer));
        request.extensions_mut().insert(Arc::clone(&guest));
        let (guest, stopping) = (Arc::clone(&guest), stopping.clone());
        let answer = router.clone().oneshot(request.map(Body::new));
        async move {
            let mut answer = answer.await?;
            if guest.keeps_us_waiting() || stopping.has_begun() {
                answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(answer)
        }
    })
}

/// How many connections this process can really hold: each takes a file descriptor, and files and the database need some
/// too. Raises the soft limit as far as the hard one allows, since nobody here uses `select`, for which it is kept low.
#[cfg(unix)]
pub fn raise_descriptor_limit(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// For everything that is not a connection.
    const OURS: u64 = 128;
    // A connection that is being sent a file holds that file open as well.
    const EACH: u64 = 2;
    let needed = u64::try_from(wanted).unwrap_or(u64::MAX).saturating_mul(EACH).saturating_add(OURS);
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < needed) {
        let raised = limit.maximum.map_or(needed, |most| most.min(needed));
        if setrlimit(Resource::Nofile, Rlimit { current: Some(raised), ..limit }).is_ok() {
            limit.current = Some(raised);
        }
    }
    let possible = limit.current.map_or(usize::MAX, |current| {
        // At least a quarter of whatever there is.
        usize::try_from((current.saturating_sub(OURS) / EACH).max(current / 4)).unwrap_or(usize::MAX)
    });
    if possible < wanted {
        tracing::warn!(connections = possible, wanted, "the limit of open files (ulimit -n) allows fewer connections");
    }
    wanted.min(possible)
}

/// How many connections this process can really hold.
#[cfg(not(unix))]
pub fn raise_descriptor_limit(wanted: usize) -> usize {
    wanted
}
