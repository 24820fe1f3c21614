//! What a person signs in with, and where they are signed in.

mod email_form;
mod end_page;
mod page;
mod password_form;
mod presentation;
mod server_fns;
mod session_table;
mod wire;

pub use end_page::EndSessionPage;
pub use page::SessionsPage;
pub use presentation::{ago, is_about_password};
pub use server_fns::{ChangeEmail, ChangePassword, EndOtherSessions, EndSession, LoadSessions};
pub use wire::{Said, SessionView, SignInTab};
