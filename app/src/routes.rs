//! The table of pages.

use crate::features::activity::ActivityPage;
use crate::features::admin::{
    AccountPage, AdminActivityPage, AdminPage, BulkRollPage, BulkRollsPage, ConfirmPage, DisablePage, DryRunPage,
    EndSessionsPage, ExpireForPage, GatewaysPage, PastePage, RollForPage, StopPage,
};
use crate::features::developers::{CallersPage, DevelopersPage, ExpirePage, RemoveOriginPage, RollPage};
use crate::features::entrance::{InvitationPage, SetPasswordPage, SignInPage, SignUpPage};
use crate::features::files::{DeleteFilePage, FilesPage};
use crate::features::members::{AccountsPage, InvitePage, JoinPage, MembersPage, RemovePage, RolePage};
use crate::features::not_found::NotFound;
use crate::features::sessions::{EndSessionPage, SessionsPage};
use crate::paths;
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::SsrMode;
use leptos_router::components::{Redirect, Route, Router, Routes};
use leptos_router::path;

/// All screens, on the server: in the browser links and forms load pages, and there is no router. Every page is complete
/// HTML before it is sent (`SsrMode::Async`), so it works without WASM and has the right status.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/") view=ToDevelopers ssr=SsrMode::Async />
                <Route path=path!("/dashboard") view=ToDevelopers ssr=SsrMode::Async />
                <Route path=path!("/dashboard/developers") view=DevelopersPage ssr=SsrMode::Async />
                <Route path=path!("/dashboard/developers/roll") view=RollPage ssr=SsrMode::Async />
                <Route path=path!("/dashboard/developers/expire") view=ExpirePage ssr=SsrMode::Async />
                <Route path=path!("/dashboard/developers/origins/remove") view=RemoveOriginPage ssr=SsrMode::Async />
                <Route path=path!("/dashboard/developers/callers") view=CallersPage ssr=SsrMode::Async />
                <Route path=path!("/dashboard/activity") view=ActivityPage ssr=SsrMode::Async />
                <Route path=path!("/dashboard/files") view=FilesPage ssr=SsrMode::Async />
                <Route path=path!("/dashboard/files/delete") view=DeleteFilePage ssr=SsrMode::Async />
                <Route path=path!("/dashboard/sessions") view=SessionsPage ssr=SsrMode::Async />
                <Route path=path!("/dashboard/sessions/end") view=EndSessionPage ssr=SsrMode::Async />
                <Route path=path!("/dashboard/members") view=MembersPage ssr=SsrMode::Async />
                <Route path=path!("/dashboard/members/invite") view=InvitePage ssr=SsrMode::Async />
                <Route path=path!("/dashboard/members/role") view=RolePage ssr=SsrMode::Async />
                <Route path=path!("/dashboard/members/remove") view=RemovePage ssr=SsrMode::Async />
                <Route path=path!("/dashboard/accounts") view=AccountsPage ssr=SsrMode::Async />
                <Route path=path!("/admin") view=AdminPage ssr=SsrMode::Async />
                <Route path=path!("/admin/account") view=AccountPage ssr=SsrMode::Async />
                <Route path=path!("/admin/account/roll") view=RollForPage ssr=SsrMode::Async />
                <Route path=path!("/admin/account/expire") view=ExpireForPage ssr=SsrMode::Async />
                <Route path=path!("/admin/account/disable") view=DisablePage ssr=SsrMode::Async />
                <Route path=path!("/admin/account/end-sessions") view=EndSessionsPage ssr=SsrMode::Async />
                <Route path=path!("/admin/bulk-rolls") view=BulkRollsPage ssr=SsrMode::Async />
                <Route path=path!("/admin/bulk-rolls/new") view=PastePage ssr=SsrMode::Async />
                <Route path=path!("/admin/bulk-rolls/dry-run") view=DryRunPage ssr=SsrMode::Async />
                <Route path=path!("/admin/bulk-rolls/confirm") view=ConfirmPage ssr=SsrMode::Async />
                <Route path=path!("/admin/bulk-rolls/progress") view=BulkRollPage ssr=SsrMode::Async />
                <Route path=path!("/admin/bulk-rolls/stop") view=StopPage ssr=SsrMode::Async />
                <Route path=path!("/admin/activity") view=AdminActivityPage ssr=SsrMode::Async />
                <Route path=path!("/admin/gateways") view=GatewaysPage ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
                <Route path=path!("/sign-up") view=SignUpPage ssr=SsrMode::Async />
                <Route path=path!("/set-password") view=SetPasswordPage ssr=SsrMode::Async />
                <Route path=path!("/invitation") view=InvitationPage ssr=SsrMode::Async />
                <Route path=path!("/invitation/join") view=JoinPage ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}

#[component]
fn ToDevelopers() -> impl IntoView {
    view! { <Redirect path=paths::DEVELOPERS /> }
}
