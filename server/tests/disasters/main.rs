//! What happens when the machine fails the process: it is killed at the worst moment, or its disk is full.
//!
//! A test program of its own, so that nothing else of this crate runs while it measures how soon a killed process is
//! ready again.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod bulk_rolls;
mod crashes;
mod first_start;
mod full_disk;
mod full_files_disk;
mod killable;
mod load;
#[expect(dead_code, reason = "the other test program uses all of it")]
#[path = "../suite/program.rs"]
mod program;
mod revocations;
mod script;
mod small_disk;
mod usage;
mod visitor;
mod watched_store;
