//! Reads the form of an upload while it arrives: its fields into memory, which are small, and its file wherever the
//! [`Taker`] puts it, piece by piece.
//!
//! The multipart syntax is `multer`'s. It gathers whatever its stream has to give, and bounds neither that nor the headers
//! of a part, so it is fed piece by piece and never more than [`Limits::unclaimed`] ahead of what has come out of it.

use super::decoding::Decoding;
use bytes::Bytes;
use domain::upload::form::{Fields, Version};
use domain::upload::{Parameter, UploadRefusal};
use futures_util::Stream;
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

/// What a form may cost. They are arguments so that fuzzing can make them small, and meet them.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How much may arrive that is no part's content: boundaries and headers of parts. Real clients need some 200 bytes a part.
    pub unclaimed: usize,
    /// The largest piece that is passed on at once, and how much may lie there before more is given only to whoever insists.
    pub piece: usize,
    /// How long all fields may be together, the file apart.
    pub text: usize,
}

impl Limits {
    /// Those of the product, in bytes.
    pub const USUAL: Self = Self { unclaimed: 256 * 1024, piece: 64 * 1024, text: 64 * 1024 };
}

/// How often `multer` is told to make do with what it has. It asks for more once or twice for each part, needed or not.
const PATIENCE: u32 = 32;

/// Where the file goes.
pub trait Taker {
    /// Why it does not.
    type Error;

    /// A file begins. `fields` are those that came before it.
    fn open(&mut self, fields: &Fields) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Some more of it.
    fn write(&mut self, bytes: Bytes) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// Why a form could not be read.
#[derive(Debug, PartialEq, Eq)]
pub enum ReadError<T> {
    /// The request did not arrive.
    Body(BodyError),
    /// It is no multipart form, or breaks off in the middle of one.
    Malformed,
    /// It says something that may not be said.
    Refused(UploadRefusal),
    /// Whoever takes the file does not.
    Taker(T),
}

/// Why a body did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// Too slowly.
    TooSlow,
    /// It broke off.
    Broken,
    /// There is far more of it than the parts of a form need.
    TooMuch,
}

impl std::fmt::Display for BodyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the body did not arrive")
    }
}

impl Error for BodyError {}

impl<T> From<UploadRefusal> for ReadError<T> {
    fn from(refusal: UploadRefusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Reads a whole form. The fields may come in any order, each at most once; whether all are there is not asked here.
pub async fn read<T: Taker>(
    version: Version,
    boundary: &str,
    limits: Limits,
    body: impl Stream<Item = Result<Bytes, BodyError>> + Send + Unpin,
    taker: &mut T,
) -> Result<Fields, ReadError<T::Error>> {
    let unclaimed = Arc::new(AtomicUsize::new(0));
    let feed = Feed {
        body,
        limits,
        rest: Bytes::new(),
        asked: 0,
        alone: true,
        ended: false,
        unclaimed_then: 0,
        unclaimed: Arc::clone(&unclaimed),
    };
    let mut multipart = multer::Multipart::new(feed, boundary);
    let mut fields = Fields::new(version);
    let mut text_left = limits.text;
    while let Some(mut field) = multipart.next_field().await.map_err(unreadable)? {
        let parameter = fields.expect(field.name().unwrap_or_default())?;
        if parameter == Parameter::File {
            let said = field.file_name().is_some() || field.content_type().is_some();
            let mut decoding = if said { Decoding::Raw } else { Decoding::undecided() };
            taker.open(&fields).await.map_err(ReadError::Taker)?;
            while let Some(piece) = field.chunk().await.map_err(unreadable)? {
                unclaimed.fetch_sub(piece.len().min(unclaimed.load(Ordering::Relaxed)), Ordering::Relaxed);
                if let Some(decoded) = decoding.feed(piece)? {
                    taker.write(decoded).await.map_err(ReadError::Taker)?;
                }
            }
            if let Some(decoded) = decoding.end()? {
                taker.write(decoded).await.map_err(ReadError::Taker)?;
            }
            fields.insert(Parameter::File, String::new());
            continue;
        }
        let mut text = Vec::new();
        while let Some(piece) = field.chunk().await.map_err(unreadable)? {
            unclaimed.fetch_sub(piece.len().min(unclaimed.load(Ordering::Relaxed)), Ordering::Relaxed);
            text_left = text_left.checked_sub(piece.len()).ok_or(UploadRefusal::Invalid(parameter))?;
            text.extend_from_slice(&piece);
        }
        let text = String::from_utf8(text).map_err(|_| UploadRefusal::Invalid(parameter))?;
        fields.insert(parameter, text);
    }
    Ok(fields)
}

fn unreadable<T>(error: multer::Error) -> ReadError<T> {
    match error {
        multer::Error::StreamReadFailed(below) => {
            ReadError::Body(below.downcast_ref().copied().unwrap_or(BodyError::Broken))
        }
        _ => ReadError::Malformed,
    }
}

/// A body that gives no more than it has to, however much of it is there.
struct Feed<S> {
    body: S,
    limits: Limits,
    /// Of a larger piece.
    rest: Bytes,
    /// How often more was asked for since something was given or taken.
    asked: u32,
    /// Whether nothing was given since it was last said that nothing is there. Only then the end is told: `multer` looks for the
    /// first boundary, asks for more, and takes a form for broken off if more and the end come at once.
    alone: bool,
    ended: bool,
    unclaimed_then: usize,
    /// What was given and has not come out again.
    unclaimed: Arc<AtomicUsize>,
}

impl<S: Stream<Item = Result<Bytes, BodyError>> + Unpin> Stream for Feed<S> {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let unclaimed = self.unclaimed.load(Ordering::Relaxed);
        if unclaimed != self.unclaimed_then {
            (self.unclaimed_then, self.asked) = (unclaimed, 0);
        }
        if unclaimed > self.limits.unclaimed {
            return Poll::Ready(Some(Err(BodyError::TooMuch)));
        }
        if unclaimed >= self.limits.piece && self.asked < PATIENCE {
            self.asked += 1;
            self.alone = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.rest.is_empty() {
            let next = if self.ended { Poll::Ready(None) } else { Pin::new(&mut self.body).poll_next(cx) };
            match next {
                Poll::Ready(Some(Ok(piece))) => self.rest = piece,
                Poll::Ready(None) if self.alone => return Poll::Ready(None),
                Poll::Ready(None) => {
                    (self.ended, self.alone) = (true, true);
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                other => {
                    self.alone = true;
                    return other;
                }
            }
        }
        let most = self.rest.len().min(self.limits.piece);
        let piece = self.rest.split_to(most);
        self.alone = false;
        (self.asked, self.unclaimed_then) = (0, self.unclaimed.fetch_add(piece.len(), Ordering::Relaxed) + piece.len());
        Poll::Ready(Some(Ok(piece)))
    }
}
