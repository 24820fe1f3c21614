//! Parts that could belong to any product: they know no keys, no routes and no server.

mod announcer;
mod badge;
mod button;
mod code_block;
mod copy_button;
mod dialog;
mod field;
mod form_error;
mod notice;
mod number;
mod script;
mod selected_field;
mod text_area;
mod time;

pub use announcer::{Announcer, LiveRegion, use_announcer};
pub use badge::{Badge, Tone};
pub use button::{Button, ButtonKind};
pub use code_block::CodeBlock;
pub use copy_button::CopyButton;
pub use dialog::Dialog;
pub use field::{Field, FieldKind};
pub use form_error::use_form_error;
pub use notice::Notice;
pub use number::number;
pub use script::Script;
pub use selected_field::SelectedField;
pub use text_area::TextArea;
pub use time::{Moment, Time};
