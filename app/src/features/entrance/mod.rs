//! Coming in: signing in, signing up, setting a password with a one-time link.

mod form;
mod frame;
mod invitation_page;
mod server_fns;
mod set_password_page;
mod sign_in_page;
mod sign_up_page;
mod wire;

pub use frame::InsecureNotice;
pub use invitation_page::InvitationPage;
pub use server_fns::{
    OpenInvitation, SignOut, load_entrance, open_invitation, set_password, sign_in, sign_out, sign_up,
};
pub use set_password_page::SetPasswordPage;
pub use sign_in_page::SignInPage;
pub use sign_up_page::SignUpPage;
pub use wire::{Entrance, Typed, WayIn};
