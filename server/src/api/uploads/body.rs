//! The body of an upload: as large as a file, and never longer in coming than its sender makes progress.

use super::reading::BodyError;
use crate::accept::Guest;
use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Within this time so many bytes have to come: a thousand a second. Whoever sends fewer holds a place and nothing else.
const WINDOW: Duration = Duration::from_secs(8);
const LEAST: usize = 8 * 1024;

/// How long it may take altogether. No signature lives longer.
const LONGEST: Duration = Duration::from_hours(1);

struct Paced {
    body: BodyDataStream,
    guest: Option<Arc<Guest>>,
    window_ends: Instant,
    in_window: usize,
    ends: Instant,
}

/// The pieces of a body, until its sender makes no progress any more.
pub(super) fn paced(
    body: Body,
    guest: Option<Arc<Guest>>,
) -> Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>> + Send>> {
    let now = Instant::now();
    let paced =
        Paced { body: body.into_data_stream(), guest, window_ends: now + WINDOW, in_window: 0, ends: now + LONGEST };
    Box::pin(stream::unfold(paced, async |mut paced| paced.next().await.map(|piece| (piece, paced))))
}

impl Paced {
    async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        match timeout_at(self.window_ends.min(self.ends), self.body.next()).await {
            Ok(Some(Ok(piece))) => {
                self.progress(piece.len());
                Some(Ok(piece))
            }
            Ok(Some(Err(_))) => Some(Err(BodyError::Broken)),
            Ok(None) => {
                if let Some(guest) = &self.guest {
                    guest.is_served();
                }
                None
            }
            Err(_) => Some(Err(BodyError::TooSlow)),
        }
    }

    fn progress(&mut self, bytes: usize) {
        self.in_window += bytes;
        if self.in_window >= LEAST {
            self.in_window = 0;
            self.window_ends = Instant::now() + WINDOW;
            if let Some(guest) = &self.guest {
                guest.makes_progress();
            }
        }
    }
}
