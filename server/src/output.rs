//! What a command says on its standard streams.
//!
//! `println!` panics when the reader has gone (`latchkey keys list | head -1`); here that is a normal end.

use std::fmt::Display;
use std::io::{self, Write};

/// Says a line on stdout.
pub fn line(text: impl Display) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    forgive_broken_pipe(writeln!(stdout, "{text}").and_then(|()| stdout.flush()))
}

/// Says a JSON value on stdout, on one line.
pub fn json(value: &serde_json::Value) -> io::Result<()> {
    line(value)
}

/// Says bytes on stdout, as they are.
pub fn bytes(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    forgive_broken_pipe(stdout.write_all(bytes).and_then(|()| stdout.flush()))
}

/// Says a line on stderr. There is nobody left to tell if that fails.
pub fn complain(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

fn forgive_broken_pipe(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
