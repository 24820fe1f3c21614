//! The way to stderr, on which nobody has to wait.
//!
//! Whoever reads our stderr may stop reading (a paused terminal, a log collector that hangs), and a write would then wait
//! for ever, in the middle of a request. So a thread of its own writes, from a queue of limited length; what does not fit
//! is dropped and counted. A reader that has gone away altogether costs nothing but the lines.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};
use tracing_subscriber::fmt::MakeWriter;

/// Lines that wait to be written. A line has a few hundred bytes.
const QUEUE: usize = 4_096;

/// How long the end of the process waits for the last lines.
const LAST_LINES: Duration = Duration::from_secs(1);

enum Item {
    Line(Vec<u8>),
    /// Everything before this has been written.
    End(SyncSender<()>),
}

/// Which characters a line may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    Unicode,
    /// Other characters are written `\u1234`, which JSON allows wherever they can stand. Some readers take more of them
    /// for the end of a line than `\n`.
    Ascii,
}

#[derive(Clone)]
pub(super) struct Pipe {
    queue: SyncSender<Item>,
    dropped: Arc<AtomicU64>,
    alphabet: Alphabet,
}

/// Writes what is left when it is dropped.
pub struct Flush(SyncSender<Item>);

impl Pipe {
    pub(super) fn new(alphabet: Alphabet) -> (Self, Flush) {
        let (queue, items) = sync_channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let pipe = Self { queue: queue.clone(), dropped: Arc::clone(&dropped), alphabet };
        // Should there be no thread to be had, there is no log; that is no reason not to serve.
        let _ = thread::Builder::new().name("log".to_owned()).spawn(move || write_all(&items, &dropped));
        (pipe, Flush(queue))
    }
}

fn write_all(items: &Receiver<Item>, dropped: &AtomicU64) {
    loop {
        let item = match items.try_recv() {
            Ok(item) => item,
            Err(TryRecvError::Disconnected) => return,
            Err(TryRecvError::Empty) => {
                let lines = dropped.swap(0, Ordering::Relaxed);
                if lines > 0 {
                    // Into the queue, which is empty.
                    tracing::warn!(lines, "lines of this log were dropped: nobody read it for a while");
                }
                match items.recv() {
                    Ok(item) => item,
                    Err(_) => return,
                }
            }
        };
        match item {
            // There is nobody to tell if this fails.
            Item::Line(line) => drop(io::stderr().write_all(&line)),
            Item::End(written) => drop(written.try_send(())),
        }
    }
}

impl MakeWriter<'_> for Pipe {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl io::Write for Pipe {
    /// A whole line: the subscriber writes each at once.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let item = match self.alphabet {
            Alphabet::Ascii if !line.iter().all(|byte| matches!(byte, b'\n' | b' '..=b'~')) => ascii(line),
            _ => line.to_vec(),
        };
        if let Err(TrySendError::Full(_)) = self.queue.try_send(Item::Line(item)) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn ascii(line: &[u8]) -> Vec<u8> {
    let mut escaped = String::with_capacity(line.len() * 2);
    for character in String::from_utf8_lossy(line).chars() {
        if matches!(character, '\n' | ' '..='~') {
            escaped.push(character);
        } else {
            let units = character.encode_utf16(&mut [0; 2]).to_vec();
            escaped.extend(units.into_iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    escaped.into_bytes()
}

impl Drop for Flush {
    fn drop(&mut self) {
        let (written, done) = sync_channel(1);
        let deadline = Instant::now() + LAST_LINES;
        while let Err(TrySendError::Full(_)) = self.0.try_send(Item::End(written.clone())) {
            if Instant::now() > deadline {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = done.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::ascii;

    #[test]
    fn json_in_ascii_says_the_same() {
        let value = serde_json::json!({ "a": "ü\u{2028}\u{7f}\u{202e}😀\n\"", "b": [1] });
        let line = format!("{value}\n");
        let escaped = String::from_utf8(ascii(line.as_bytes())).expect("text");
        assert!(escaped.is_ascii() && escaped.lines().count() == 1, "{escaped}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).expect("JSON"), value);
    }
}
