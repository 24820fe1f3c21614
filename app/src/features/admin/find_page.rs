//! The page at `/admin`: finding an account by whatever is known of it, and the list of them.

use super::bulk::DraftSelected;
use super::frame::{ConsoleFailed, head};
use super::server_fns::{FindAccount, load_accounts};
use super::wire::{AccountList, AccountRow, ListForm};
use crate::error::AppError;
use crate::paths;
use crate::ui::{Badge, Field, FieldKind, Notice, Time, Tone, use_form_error};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_location;

/// A document: what is searched for is sent in a form's body, and the list's state is in its address.
#[component]
pub fn AdminPage() -> impl IntoView {
    let search = use_location().search;
    let resource = Resource::new(move || search.get(), load_accounts);
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                match resource.await {
                    Ok(list) => view! { <Page list /> }.into_any(),
                    Err(error) => view! { <ConsoleFailed error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Page(list: AccountList) -> impl IntoView {
    let AccountList { viewer, said, installation_key, form, unreadable, further, rows, next, query } = list;
    let filtered = form != ListForm::default();
    view! {
        {head("Accounts", &viewer)}
        <main class="dashboard" id="content" tabindex="-1">
            <h1>"Accounts"</h1>
            <p class="dashboard__lead">
                "You act on other people's accounts here. What you change, and that you had one of their private keys in hand, is on their activity under your name."
            </p>
            {said
                .map(|said| {
                    let revoke = installation_key.map(|key| view! { <HowToRevoke key_id=key.to_string() /> });
                    view! { <Notice tone=said.tone()><p>{said.sentence()}</p>{revoke}</Notice> }
                })}
            <Search q=form.q.clone() />
            <div class="activity-exports">
                <a class="button" data-kind="plain" href=paths::ADMIN_BULK_ROLLS rel="external">
                    "Many accounts"
                </a>
                <a class="button" data-kind="plain" href=paths::ADMIN_GATEWAYS rel="external">
                    "Gateways"
                </a>
            </div>
            <section class="section" aria-labelledby="accounts-heading">
                <h2 id="accounts-heading">
                    {if form.q.is_empty() {
                        "All accounts".into_any()
                    } else {
                        view! { "Accounts that begin with “" <bdi>{form.q.clone()}</bdi> "”" }.into_any()
                    }}
                </h2>
                {(!form.q.is_empty())
                    .then(|| view! {
                        <p class="section__lead">
                            "Their name, their external id or a member's e-mail address begins with it. Capitals do not matter."
                        </p>
                    })}
                <Filter form=form.clone() />
                {if unreadable {
                    view! {
                        <Notice tone=Tone::Danger>
                            <p>"The address asks for something that cannot be listed. Use the form above."</p>
                        </Notice>
                    }
                        .into_any()
                } else if rows.is_empty() {
                    view! { <Nothing filtered further /> }.into_any()
                } else {
                    view! { <Accounts rows query /> }.into_any()
                }}
                {next
                    .map(|href| view! {
                        <nav class="pager" aria-label="Pages of accounts">
                            <a class="button" data-kind="plain" href=href rel="next external">
                                "Next page"
                            </a>
                        </nav>
                    })}
            </section>
        </main>
    }
}

/// An admin has no shell: this is what to send to somebody who has.
#[component]
fn HowToRevoke(key_id: String) -> impl IntoView {
    view! {
        <p>
            <code>{format!("latchkey installation-key revoke --key {key_id}")}</code>
        </p>
    }
}

/// The one field. A POST: whatever is entered is in no address and in no history.
#[component]
fn Search(q: String) -> impl IntoView {
    let error = use_form_error(FindAccount::PATH);
    view! {
        <form class="search" method="post" action=FindAccount::url() role="search">
            <Field
                kind=FieldKind::Code
                name="text"
                label="Find an account"
                hint="By e-mail address, name, account id, external id, public key, key pair id, or a private key that leaked. A private key is compared by its digest: it is not kept, logged or shown."
                required=true
                value=q
                error=error.map(AppError::sentence)
            />
            <button class="button" data-kind="primary" type="submit">
                "Find"
            </button>
        </form>
    }
}

/// State and order. What is searched for is only carried along: it is entered in one place, which is no address.
#[component]
fn Filter(form: ListForm) -> impl IntoView {
    let ListForm { q, state, sort } = form;
    let set = !(state.is_empty() && sort.is_empty() && q.is_empty());
    view! {
        <form class="listing" method="get" action=paths::ADMIN aria-label="Filter and sort the accounts">
            {(!q.is_empty()).then(|| view! { <input type="hidden" name="q" value=q /> })}
            <Choice
                name="state"
                label="State"
                chosen=state
                options=[("", "Enabled and disabled"), ("enabled", "Enabled"), ("disabled", "Disabled")].into()
            />
            <Choice
                name="sort"
                label="Order"
                chosen=sort
                options=[("", "Newest first"), ("name", "By name")].into()
            />
            <button class="button" type="submit">
                "Show"
            </button>
            {set
                .then(|| view! {
                    <a class="button" data-kind="plain" href=paths::ADMIN rel="external">
                        "Show all accounts"
                    </a>
                })}
        </form>
    }
}

#[component]
fn Choice(
    name: &'static str,
    label: &'static str,
    chosen: String,
    options: Vec<(&'static str, &'static str)>,
) -> impl IntoView {
    let id = format!("list-{name}");
    let options: Vec<_> = options
        .into_iter()
        .map(|(value, words)| {
            view! {
                <option value=value selected=chosen == value>
                    {words}
                </option>
            }
        })
        .collect();
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>
                {label}
            </label>
            <select class="field__input" id=id name=name>
                {options}
            </select>
        </div>
    }
}

/// Why there are no rows.
#[component]
fn Nothing(filtered: bool, further: bool) -> impl IntoView {
    let words = match (filtered, further) {
        (_, true) => "There is nothing further.",
        (true, false) => "No account matches.",
        (false, false) => "There are no accounts yet.",
    };
    view! {
        <div class="activity-none">
            <p>{words}</p>
        </div>
    }
}

/// The table is a form: what is selected in it can be rolled. It needs no script, so a selection is one page's.
#[component]
fn Accounts(rows: Vec<AccountRow>, query: String) -> impl IntoView {
    let all = match rows.len() {
        1 => "Roll the one on this page…".to_owned(),
        several => format!("Roll all {several} on this page…"),
    };
    let shown: Vec<_> =
        rows.iter().map(|row| view! { <input type="hidden" name="shown[]" value=row.id.to_string() /> }).collect();
    view! {
        <form class="selection" method="post" action=DraftSelected::url()>
            <input type="hidden" name="list" value=query />
            {shown}
            <table class="roster" role="table" data-of="accounts" aria-labelledby="accounts-heading">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Select"</th>
                        <th role="columnheader" scope="col">"Name"</th>
                        <th role="columnheader" scope="col">"Owner"</th>
                        <th role="columnheader" scope="col">"External id"</th>
                        <th role="columnheader" scope="col">"Created"</th>
                        <th role="columnheader" scope="col">"State"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows.into_iter().map(|row| view! { <Account row /> }).collect_view()}</tbody>
            </table>
            <div class="selection__acts">
                <button class="button" type="submit" name="which" value="selected">
                    "Roll the selected…"
                </button>
                <button class="button" type="submit" name="which" value="all">
                    {all}
                </button>
                <p class="section__lead">
                    "A dry run comes first. A selection is of this page only; for more accounts "
                    <a href=paths::ADMIN_NEW_BULK_ROLL rel="external">
                        "paste a list"
                    </a> "."
                </p>
            </div>
        </form>
    }
}

#[component]
fn Account(row: AccountRow) -> impl IntoView {
    let AccountRow { id, href, name, owner, external_id, created, disabled } = row;
    let none = || view! { <span class="roster__none">"None"</span> }.into_any();
    let named = |text: String| view! { <bdi>{text}</bdi> }.into_any();
    let select = format!("Select {name}");
    view! {
        <tr class="roster__row" role="row">
            <td role="cell" data-label="Select">
                <label class="tick">
                    <input type="checkbox" name="accounts[]" value=id.to_string() aria-label=select />
                </label>
            </td>
            <td role="cell" data-label="Name">
                <a class="roster__name" href=href rel="external">
                    <bdi>{name}</bdi>
                </a>
            </td>
            <td role="cell" data-label="Owner">
                {owner.map_or_else(none, named)}
            </td>
            <td role="cell" data-label="External id">
                {external_id.map_or_else(none, named)}
            </td>
            <td role="cell" data-label="Created">
                <Time moment=created />
            </td>
            <td role="cell" data-label="State">
                <State disabled />
            </td>
        </tr>
    }
}

/// Whether the account's keys may authenticate anything.
#[component]
pub fn State(disabled: bool) -> impl IntoView {
    let (tone, words) = if disabled { (Tone::Danger, "Disabled") } else { (Tone::Quiet, "Enabled") };
    view! { <Badge tone=tone words=words /> }
}
