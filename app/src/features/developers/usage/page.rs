//! The page at `/dashboard/developers/callers?pair=…`: who uses a pair.

use super::callers::Callers;
use super::chart::{Hatching, UseChart};
use super::section::{Facts, NotCounted};
use super::wire::CallersView;
use crate::features::dashboard::{DashboardHead, Failed};
use crate::features::developers::server_fns::load_callers;
use crate::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

const TITLE: &str = "Use of a key pair";

/// A document: its pair and its page are in its address.
#[component]
pub fn CallersPage() -> impl IntoView {
    let query = use_query_map().read_untracked();
    let named = |name: &str| query.get(name).unwrap_or_default();
    let (pair, page) = (named("pair"), named("page"));
    let resource = Resource::new(move || (pair.clone(), page.clone()), |(pair, page)| load_callers(pair, page));
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                match resource.await {
                    Ok(view) => view! { <Page view /> }.into_any(),
                    Err(error) => {
                        view! { <Failed title=TITLE error href=paths::DEVELOPERS label="Go to the API keys" /> }.into_any()
                    }
                }
            })}
        </Suspense>
    }
}

#[component]
fn Page(view: CallersView) -> impl IntoView {
    let CallersView {
        product_name,
        account_name,
        email,
        role,
        now,
        is_counted,
        kept_days,
        pair,
        callers,
        later,
        earlier,
    } = view;
    let public_key = pair.public_key.clone();
    view! {
        <DashboardHead title=TITLE skip="Skip to the use" product_name account_name email role />
        <main class="dashboard" id="content" tabindex="-1">
            <p class="way-back">
                <a href=paths::DEVELOPERS rel="external">
                    "API keys"
                </a>
            </p>
            <h1>{TITLE}</h1>
            <p class="dashboard__lead">
                "Who uses the pair with the public key " <code class="use__key" translate="no">{public_key}</code> "."
            </p>
            {if is_counted {
                view! {
                    <Hatching />
                    <div class="use">
                        <Facts pair=pair.clone() now />
                        <UseChart pair />
                    </div>
                    <section class="section" aria-labelledby="callers-heading">
                        <h2 id="callers-heading">"Callers"</h2>
                        <p class="section__lead">
                            "Programs seen using these keys, the last seen first. Requests are of the last "
                            {kept_days} {if kept_days == 1 { " day" } else { " days" }}
                            ". Addresses of IPv6 are told as networks, and programs are named as they name themselves."
                        </p>
                        {if callers.is_empty() {
                            view! { <p class="use__none">"Nobody was seen using these keys."</p> }.into_any()
                        } else {
                            view! { <Callers callers /> }.into_any()
                        }}
                        <Pager later earlier />
                    </section>
                }
                    .into_any()
            } else {
                view! { <NotCounted /> }.into_any()
            }}
        </main>
    }
}

/// The ways to the pages beside this one.
#[component]
fn Pager(later: Option<String>, earlier: Option<String>) -> impl IntoView {
    let link = |href: String, rel: &'static str, label: &'static str| {
        view! {
            <a class="button" data-kind="plain" href=href rel=rel>
                {label}
            </a>
        }
    };
    (later.is_some() || earlier.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="Pages of callers">
                {later.map(|href| link(href, "prev external", "Seen later"))}
                {earlier.map(|href| link(href, "next external", "Seen earlier"))}
            </nav>
        }
    })
}
