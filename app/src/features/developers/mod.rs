//! The developers tab: the account's pairs, revealing, copying, rolling and expiring them; where private keys were seen that
//! should not be there; and the origins whose pages may upload.

mod advice;
mod beside;
mod desk;
mod dialogs;
mod expire_form;
mod head;
mod key_cells;
mod origins;
mod page;
mod pair_table;
mod presentation;
mod remove_origin_page;
mod reveal;
mod roll_form;
mod server_fns;
mod sightings;
mod snippets;
mod standalone;
mod tab;
mod usage;
mod wire;

pub use beside::{DevelopersPageView, Exposed, OriginRow, OriginsSaid, OriginsView, SeenAt, SeenPlace};
pub use page::DevelopersPage;
pub use presentation::{Status, status};
pub use remove_origin_page::RemoveOriginPage;
pub use roll_form::{ExpiryPicker, Zone, is_about_expiry, is_about_password};
pub use server_fns::{
    AddOrigin, ExpireNow, RemoveOrigin, RevealKey, RollKeys, add_origin, expire_now, load_callers,
    load_developers_page, load_developers_tab, remove_origin, reveal_key, roll_keys,
};
pub use standalone::{ExpirePage, RollPage};
pub use tab::wake;
pub use usage::{CallerRow, CallerView, CallersPage, CallersView, DayUse, PairUse, Seen, UseView};
pub use wire::{DevelopersTab, PairView, RecentRoll, RevealedKey, RolledPair};
