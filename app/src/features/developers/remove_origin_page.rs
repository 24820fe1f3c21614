//! Removing an origin from the list of those whose pages may upload: a page of its own, which asks before it is done.

use super::beside::{DevelopersPageView, OriginRow};
use super::head::head_of;
use super::origins::VIEWERS_MAY_NOT;
use super::page::Failed;
use super::server_fns::{RemoveOrigin, load_developers_page};
use crate::error::AppError;
use crate::ui::{Notice, Time, Tone, use_form_error};
use crate::{answer_like, paths};
use domain::{AccountId, Refusal};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

const TITLE: &str = "Remove this origin";
const GONE: &str = "This origin is not on the list. It may have been removed already.";

/// The page at `/dashboard/developers/origins/remove?origin=…`. A plain form, whoever sends it.
#[component]
pub fn RemoveOriginPage() -> impl IntoView {
    let named = use_query_map().read_untracked().get("origin").unwrap_or_default();
    let resource = Resource::new(|| (), |()| load_developers_page());
    view! {
        <Suspense fallback=|| ()>
            {move || {
                let named = named.clone();
                Suspend::new(async move {
                    match resource.await {
                        Ok(view) => drawn(view, &named).into_any(),
                        Err(error) => view! { <Failed error /> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

fn drawn(view: DevelopersPageView, named: &str) -> impl IntoView + use<> {
    let DevelopersPageView { tab, origins, .. } = view;
    let last = origins.list.len() == 1;
    let row = origins.list.into_iter().find(|row| row.origin == named);
    let content = match row {
        _ if !tab.may_change_origins() => no_form(Refusal::NotAllowed, VIEWERS_MAY_NOT),
        Some(row) => view! { <Form account=tab.account.clone() row last /> }.into_any(),
        None => no_form(Refusal::NotFound, GONE),
    };
    view! {
        {head_of(TITLE, &tab)}
        <main class="dashboard" id="content" tabindex="-1">
            <div class="sheet">
                <h1>{TITLE}</h1>
                {content}
            </div>
        </main>
    }
}

#[component]
fn Form(account: AccountId, row: OriginRow, last: bool) -> impl IntoView {
    let OriginRow { origin, added } = row;
    let error = use_form_error(RemoveOrigin::PATH);
    let (what, label) = if last {
        (
            "It is the only origin on the list. Without it any web page may upload into this account again, with a signature that your server made.",
            "Remove, and let any page upload",
        )
    } else {
        ("Its pages upload nothing from then on, not even what is on its way.", "Remove origin")
    };
    view! {
        <form class="form" method="post" action=RemoveOrigin::url()>
            <input type="hidden" name="account" value=account.to_string() />
            <input type="hidden" name="origin" value=origin.clone() />
            {last.then(|| view! { <input type="hidden" name="emptying" value="meant" /> })}
            <p>{what}</p>
            <dl class="facts">
                <dt>"Origin"</dt>
                <dd>
                    <code class="origin__text" translate="no">
                        {origin}
                    </code>
                </dd>
                <dt>"On the list since"</dt>
                <dd>
                    <Time moment=added />
                </dd>
            </dl>
            {error.map(|error| view! { <p class="form__error" role="alert">{AppError::sentence(error)}</p> })}
            <div class="form__buttons">
                <a class="button" href=paths::origins() rel="external">
                    "Cancel"
                </a>
                <button class="button" data-kind="danger" type="submit">
                    {label}
                </button>
            </div>
        </form>
    }
}

fn no_form(refusal: Refusal, sentence: &'static str) -> AnyView {
    answer_like(AppError::Refused(refusal));
    view! {
        <Notice tone=Tone::Danger>
            <p>{sentence}</p>
        </Notice>
        <p>
            <a class="button" href=paths::origins() rel="external">
                "Back to the list"
            </a>
        </p>
    }
    .into_any()
}
