//! Activity: the account's audit trail, through filters, to read and to take away.

mod filters;
mod page;
mod rows;
mod server_fns;
mod wire;
pub mod words;

pub use filters::Place;
pub use page::{ActivityPage, TrailPage};
pub use server_fns::{LoadActivity, load_activity};
pub use wire::{ActivityView, Fact, FilterForm, FilterProblem, Row, Trail};
