//! Rolling and expiring as pages of their own: what the dialogs are without WASM. Plain forms, whoever sends them.

use super::expire_form::ExpireForm;
use super::head::head_of;
use super::roll_form::{Prefilled, RollForm, Zone};
use super::server_fns::{ExpireNow, RollKeys, load_developers_tab};
use super::wire::{DevelopersTab, PairView, RecentRoll};
use crate::error::AppError;
use crate::ui::{Notice, Time, Tone, use_form_error};
use crate::{answer_like, paths};
use domain::{KeyPairState, Refusal};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

/// The page at `/dashboard/developers/roll?pair=…`.
#[component]
pub fn RollPage() -> impl IntoView {
    view! { <Page title="Roll keys" content=roll /> }
}

/// The page at `/dashboard/developers/expire?pair=…`.
#[component]
pub fn ExpirePage() -> impl IntoView {
    view! { <Page title="Expire these keys now" content=expire /> }
}

/// A page about one pair, named in the URL. A pair that is not there, or somebody else's, is not found; who may
/// not change pairs is told so, whichever they name.
#[component]
fn Page(title: &'static str, content: fn(DevelopersTab, PairView) -> AnyView) -> impl IntoView {
    let query = use_query_map();
    let resource = Resource::new(|| (), |()| load_developers_tab());
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                let tab = match resource.await {
                    Ok(tab) => tab,
                    Err(error) => {
                        return view! { <Notice tone=Tone::Danger><p>{error.sentence()}</p></Notice> }.into_any();
                    }
                };
                let named = query.read_untracked().get("pair").and_then(|id| id.parse().ok());
                let pair = named.and_then(|id| tab.pair(&id).cloned());
                view! {
                    {head_of(title, &tab)}
                    <main class="dashboard" id="content" tabindex="-1">
                        <div class="sheet">
                            <h1>{title}</h1>
                            {match pair {
                                _ if !tab.may_change => {
                                    answer_like(AppError::Refused(Refusal::NotAllowed));
                                    view! { <Gone sentence=Refusal::NotAllowed.sentence() /> }.into_any()
                                }
                                Some(pair) => content(tab, pair),
                                None => {
                                    answer_like(AppError::Refused(Refusal::NotFound));
                                    view! { <Gone sentence="There are no such keys in your account." /> }.into_any()
                                }
                            }}
                        </div>
                    </main>
                }
                    .into_any()
            })}
        </Suspense>
    }
}

fn roll(tab: DevelopersTab, pair: PairView) -> AnyView {
    if pair.state != KeyPairState::Active {
        return view! {
            <Gone sentence="These keys have already been rolled. Nothing was changed." />
            {tab.recent_roll.map(|roll| view! { <Who roll /> })}
        }
        .into_any();
    }
    let query = use_query_map();
    let from_query = |name: &str| query.read_untracked().get(name).unwrap_or_default();
    let prefilled = Prefilled { expire_old: from_query("expire_old"), custom_utc: from_query("custom_utc") };
    let now = tab.now;
    let password_due = now >= tab.password_due_at;
    view! {
        <RollForm
            pair=pair
            submission=tab.submission
            longest_overlap=tab.longest_overlap
            zone=Zone::Utc
            now=now
            password_due=password_due
            error=use_form_error(RollKeys::PATH)
            pending=false
            prefilled=prefilled
            cancel=ViewFn::from(|| view! { <Back label="Cancel" /> })
        />
    }
    .into_any()
}

fn expire(tab: DevelopersTab, pair: PairView) -> AnyView {
    let due = tab.now >= tab.password_due_at;
    match pair.state {
        KeyPairState::Expiring { .. } => view! {
            <ExpireForm
                password_due=due
                pair=pair
                error=use_form_error(ExpireNow::PATH)
                pending=false
                cancel=ViewFn::from(|| view! { <Back label="Cancel" /> })
            />
        }
        .into_any(),
        KeyPairState::Active => {
            view! { <Gone sentence="The active keys cannot be expired. Roll them instead." /> }.into_any()
        }
        KeyPairState::Expired { .. } | KeyPairState::Revoked { .. } => {
            view! { <Gone sentence="These keys have already expired." /> }.into_any()
        }
    }
}

#[component]
fn Gone(sentence: &'static str) -> impl IntoView {
    view! {
        <Notice tone=Tone::Danger>
            <p>{sentence}</p>
        </Notice>
        <p>
            <Back label="Back to the keys" />
        </p>
    }
}

#[component]
fn Who(roll: RecentRoll) -> impl IntoView {
    view! { <p>{roll.by} " rolled them on " <Time moment=roll.at /> "."</p> }
}

#[component]
fn Back(label: &'static str) -> impl IntoView {
    view! {
        <a class="button" data-kind="plain" href=paths::DEVELOPERS>
            {label}
        </a>
    }
}
