//! A connection whose client has to take its answers at some pace.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// How many bytes have to be taken for the clock to start anew. On Linux more counts: a socket can be written to again
/// only once a third of its buffer is free.
pub(super) const LEAST: usize = 4 * 1024;

/// How long what the client is still sending is read after we have said our last word. Closing on unread bytes makes the
/// operating system take the answer back, and a client whose request was too large would not learn why.
pub(super) const GOODBYE: Duration = Duration::from_secs(1);

/// Breaks off with [`ErrorKind::TimedOut`] when what is written is not taken.
pub(super) struct Paced {
    stream: TcpStream,
    within: Duration,
    /// Runs while the client owes us room.
    timer: Option<Pin<Box<Sleep>>>,
    /// Taken since the timer was started.
    taken: usize,
    /// Runs once we have said our last word.
    goodbye: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    pub(super) fn new(stream: TcpStream, within: Duration) -> Self {
        Self { stream, within, timer: None, taken: 0, goodbye: None }
    }

    fn judge(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(outcome) = written {
            self.taken = self.taken.saturating_add(outcome.as_ref().map_or(0, |bytes| *bytes));
            if self.taken >= LEAST {
                self.settle();
            }
            return Poll::Ready(outcome);
        }
        let within = self.within;
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(within)));
        ready!(timer.as_mut().poll(cx));
        // What is still in the operating system's buffer is not to stay there for a client that takes nothing.
        let _ = self.stream.set_zero_linger();
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }

    /// The client owes us nothing.
    fn settle(&mut self) {
        self.timer = None;
        self.taken = 0;
    }
}

impl AsyncRead for Paced {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Paced {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.judge(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.judge(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Called when everything has been written, so that an answer's last bytes are not held against the next one.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.settle();
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.goodbye.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        }
        let goodbye = self.goodbye.get_or_insert_with(|| Box::pin(tokio::time::sleep(GOODBYE)));
        // Before reading, which a client that sends quickly could make go on for ever.
        if goodbye.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut unwanted = [0; 8 * 1024];
        loop {
            let mut buf = ReadBuf::new(&mut unwanted);
            let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buf));
            if read.is_err() || buf.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}
