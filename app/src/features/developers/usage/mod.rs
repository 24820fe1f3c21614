//! How the pairs are used: when last, how often on each of the last days, and by whom. Plain documents: nothing of it is in the
//! WASM, and the charts are drawn by the server.

mod callers;
mod chart;
mod page;
mod section;
mod wire;

pub use page::CallersPage;
pub use section::Use;
pub use wire::{CallerRow, CallerView, CallersView, DayUse, PairUse, Seen, UseView};
