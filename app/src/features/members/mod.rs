//! The people beside the owner: who is in the account, inviting and joining, and the accounts a person is in.

mod accounts_page;
mod frame;
mod invite_page;
mod join_page;
mod member_page;
mod members_page;
mod presentation;
mod server_fns;
mod table;
mod wire;

pub use accounts_page::AccountsPage;
pub use invite_page::InvitePage;
pub use join_page::JoinPage;
pub use member_page::{RemovePage, RolePage};
pub use members_page::MembersPage;
pub use server_fns::{
    ChangeRole, InviteMember, JoinAccount, JoinNew, RemoveMember, RevokeMemberInvitation, SwitchAccount,
};
pub use wire::{
    FreshInvitation, Holder, JoinView, MemberView, MembersSaid, MembersView, Offer, OpenInvitation, OwnAccountView,
    OwnAccountsView,
};
