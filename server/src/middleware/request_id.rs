//! A name for every request.

use super::fill_in;
use crate::routes::Kind;
use axum::body::Bytes;
use backend::OsEntropy;
use domain::{Entropy, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::future::Future;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What ImageKit's clients know it by.
const X_IK_REQUEST_ID: HeaderName = HeaderName::from_static("x-ik-requestid");

/// The request's name in logs, answers and audit records. What a client calls it is ignored: a name somebody else chose
/// could repeat one of ours, or forge a line of the log.
pub(super) type Name = Option<HeaderValue>;

/// A new one, made as our ids are, so that they sort by time; ids are ASCII, so it fits into a header.
pub(super) fn mint(now: Timestamp) -> Name {
    let id = String::from(domain::RequestId::mint(now, &Different));
    HeaderValue::from_maybe_shared(Bytes::from(id)).ok()
}

/// Bytes that differ from those of every other request, here and in other processes, and are no secret: nobody is believed
/// for knowing the name of a request. Asking the operating system for them took as long as checking a key does.
struct Different;

impl Entropy for Different {
    fn fill(&self, bytes: &mut [u8]) {
        static OF_PROCESS: LazyLock<u64> = LazyLock::new(|| {
            let mut random = [0; 8];
            OsEntropy.fill(&mut random);
            u64::from_le_bytes(random)
        });
        static OF_REQUEST: AtomicU64 = AtomicU64::new(0);
        let count = OF_REQUEST.fetch_add(1, Ordering::Relaxed);
        // A bijection of the count for each process: the finaliser of SplitMix64.
        let mut mixed = OF_PROCESS.wrapping_add(count.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let more = (*OF_PROCESS).rotate_left(32);
        for (byte, value) in bytes.iter_mut().zip(mixed.to_le_bytes().into_iter().chain(more.to_le_bytes())) {
            *byte = value;
        }
    }
}

tokio::task_local! {
    static CURRENT: Name;
}

/// Has whatever is logged on the way to the answer carry the request's name. Not a span of `tracing`'s: making one, for the few
/// requests of which something is logged, took a quarter as long as checking a key does.
pub(super) fn named<F: Future>(name: Name, on_the_way: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(name, on_the_way)
}

/// The same for what needs no waiting.
pub(super) fn naming(name: Name, on_the_way: impl FnOnce()) {
    CURRENT.sync_scope(name, on_the_way);
}

/// The name of the request that this task is on the way with.
pub(crate) fn with_current<T>(read: impl FnOnce(&str) -> T) -> Option<T> {
    CURRENT.try_with(|name| name.as_ref().and_then(|name| name.to_str().ok()).map(read)).ok().flatten()
}

/// Puts what tells the name into the headers of all answers of a kind, where [`tell`] finds it.
pub(super) fn make_room(kind: Kind, headers: &mut HeaderMap) {
    headers.insert(X_REQUEST_ID, HeaderValue::from_static(""));
    if matches!(kind, Kind::Api | Kind::Upload | Kind::Gateway) {
        headers.insert(X_IK_REQUEST_ID, HeaderValue::from_static(""));
    }
}

/// Tells the client what the request was called.
pub(super) fn tell(name: Name, headers: &mut HeaderMap) {
    let name = name.unwrap_or(HeaderValue::from_static(""));
    fill_in(headers, [(&X_IK_REQUEST_ID, name.clone()), (&X_REQUEST_ID, name)]);
}
