//! The accounts a person is in, and going from one to another.

use super::presentation::role_label;
use super::server_fns::{SwitchAccount, load_own_accounts};
use super::wire::{OwnAccountView, OwnAccountsView};
use crate::error::AppError;
use crate::features::dashboard::{DashboardHead, Failed};
use crate::features::entrance::InsecureNotice;
use crate::paths;
use crate::ui::{Badge, Notice, Tone, use_form_error};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The page at `/dashboard/accounts`.
#[component]
pub fn AccountsPage() -> impl IntoView {
    let resource = Resource::new(|| (), |()| load_own_accounts());
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                match resource.await {
                    Ok(view) => drawn(view).into_any(),
                    Err(error) => {
                        view! { <Failed title="Your accounts" error href=paths::SIGN_IN label="Sign in" /> }.into_any()
                    }
                }
            })}
        </Suspense>
    }
}

fn drawn(view: OwnAccountsView) -> impl IntoView {
    let error = use_form_error(SwitchAccount::PATH).map(AppError::sentence);
    view! {
        <DashboardHead
            title="Your accounts"
            skip="Skip to the page"
            product_name=view.product_name.clone()
            account_name=view.account_name.clone()
            email=view.email.clone()
            role=view.role
        />
        <main class="dashboard" id="content" tabindex="-1">
            <h1>"Your accounts"</h1>
            {view.insecure.then(|| view! { <InsecureNotice /> })}
            {error.map(|sentence| view! { <Notice tone=Tone::Danger><p>{sentence}</p></Notice> })}
            {if view.accounts.is_empty() {
                view! { <InNone email=view.email /> }.into_any()
            } else {
                view! { <List accounts=view.accounts /> }.into_any()
            }}
        </main>
    }
}

/// Somebody was removed from their last account, or never was in one.
#[component]
fn InNone(email: String) -> impl IntoView {
    view! {
        <Notice tone=Tone::Notice>
            <p>
                "You are in no account at the moment. Ask an owner of one to invite " <strong><bdi>{email}</bdi></strong>
                ", and open the link they give you."
            </p>
        </Notice>
        <p>
            <a class="button" href=paths::INVITATION rel="external">
                "Open an invitation"
            </a>
        </p>
    }
}

#[component]
fn List(accounts: Vec<OwnAccountView>) -> impl IntoView {
    view! {
        <p class="dashboard__lead">
            "What you do in the dashboard, you do in one account at a time. Going to another one counts for every tab of this browser."
        </p>
        <table class="members" role="table" aria-label="Your accounts">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Account"</th>
                    <th role="columnheader" scope="col">"Your role"</th>
                    <th role="columnheader" scope="col">
                        <span class="visually-hidden">"Actions"</span>
                    </th>
                </tr>
            </thead>
            <tbody role="rowgroup">
                {accounts.into_iter().map(|account| view! { <Account account /> }).collect_view()}
            </tbody>
        </table>
    }
}

#[component]
fn Account(account: OwnAccountView) -> impl IntoView {
    let OwnAccountView { id, name, role, disabled, current } = account;
    let go = format!("Go to {name}");
    view! {
        <tr class="member" role="row" data-kind="account" data-own=current.then_some("")>
            <td class="member__person" role="cell" data-label="Account">
                <bdi>{name}</bdi>
                {current.then(|| view! { <Badge tone=Tone::Quiet words="You are here" /> })}
                {disabled.then(|| view! { <Badge tone=Tone::Danger words="Disabled" /> })}
                <p class="member__by">
                    <code>{id.to_string()}</code>
                </p>
            </td>
            <td role="cell" data-label="Your role">
                {role_label(role)}
            </td>
            <td class="member__actions" role="cell">
                {(!current)
                    .then(|| {
                        view! {
                            <form method="post" action=SwitchAccount::url()>
                                <input type="hidden" name="account" value=id.to_string() />
                                <button class="button" type="submit" aria-label=go>
                                    "Go there"
                                </button>
                            </form>
                        }
                    })}
            </td>
        </tr>
    }
}
