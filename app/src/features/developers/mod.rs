//! The developers tab: the account's pairs, revealing, copying, rolling and expiring them.

mod advice;
mod desk;
mod dialogs;
mod expire_form;
mod head;
mod key_cells;
mod page;
mod pair_table;
mod presentation;
mod reveal;
mod roll_form;
mod server_fns;
mod snippets;
mod standalone;
mod tab;
mod wire;

pub use page::DevelopersPage;
pub use presentation::{Status, status};
pub use roll_form::{ExpiryPicker, Zone, is_about_expiry, is_about_password};
pub use server_fns::{ExpireNow, RevealKey, RollKeys, expire_now, load_developers_tab, reveal_key, roll_keys};
pub use standalone::{ExpirePage, RollPage};
pub use tab::wake;
pub use wire::{DevelopersTab, PairView, RecentRoll, RevealedKey, RolledPair};
