//! The filter: a plain form that asks for the page again, with the filter in its address.

use super::wire::{FilterForm, FilterProblem};
use super::words::{Standpoint, Subject, actor_label, describe};
use crate::paths;
use domain::AccountId;
use domain::audit::{Act, ActorKind};
use leptos::prelude::*;

/// On which page the trail stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The account's own.
    Own,
    /// The console's, about this account.
    Console(AccountId),
}

impl Place {
    /// The page without a filter.
    pub fn everything(&self) -> String {
        match self {
            Self::Own => paths::ACTIVITY.to_owned(),
            Self::Console(account) => paths::admin_activity(account),
        }
    }

    /// Where its form leads, and the account that goes with it.
    const fn action(&self) -> (&'static str, Option<&AccountId>) {
        match self {
            Self::Own => (paths::ACTIVITY, None),
            Self::Console(account) => (paths::ADMIN_ACTIVITY, Some(account)),
        }
    }

    const fn standpoint(&self) -> Standpoint {
        match self {
            Self::Own => Standpoint::Member,
            Self::Console(_) => Standpoint::Outside,
        }
    }
}

/// Open when anything is filtered, so that nobody takes a part for the whole.
#[component]
pub fn Filters(place: Place, form: FilterForm, problems: Vec<FilterProblem>) -> impl IntoView {
    let (action, account) = place.action();
    let standpoint = place.standpoint();
    let everything = place.everything();
    let set = form.is_set();
    let open = set || !problems.is_empty();
    let among = move |these: &[FilterProblem]| problems.iter().any(|problem| these.contains(problem));
    let from_is_wrong = among(&[FilterProblem::From, FilterProblem::Range]);
    let until_is_wrong = among(&[FilterProblem::Until, FilterProblem::Range]);
    let who_is_wrong = among(&[FilterProblem::Who]);
    let FilterForm { acts, actor, who, from, until } = form;
    view! {
        <details class="filter" open=open>
            <summary class="filter__summary">{if set { "Filter (on)" } else { "Filter" }}</summary>
            <form class="filter__form" method="get" action=action aria-label="Filter the activity">
                {account.map(|account| view! { <input type="hidden" name="account" value=account.to_string() /> })}
                <div class="filter__fields">
                    <ActorField chosen=actor standpoint />
                    <TextField
                        name="who"
                        kind="text"
                        label="Name or id"
                        hint="All of an e-mail address, an operator's name or an id"
                        value=who
                        wrong=who_is_wrong
                    />
                    <TextField
                        name="from"
                        kind="datetime-local"
                        label="From (UTC)"
                        hint="This moment and later"
                        value=from
                        wrong=from_is_wrong
                    />
                    <TextField
                        name="until"
                        kind="datetime-local"
                        label="Until (UTC)"
                        hint="Before this moment"
                        value=until
                        wrong=until_is_wrong
                    />
                </div>
                <div class="filter__acts">
                    {Subject::ALL.map(|subject| view! { <Acts subject chosen=acts.clone() /> }).collect_view()}
                </div>
                <div class="form__buttons">
                    {set
                        .then(|| view! {
                            <a class="button" data-kind="plain" href=everything rel="external">
                                "Clear the filter"
                            </a>
                        })}
                    <button class="button" data-kind="primary" type="submit">
                        "Show"
                    </button>
                </div>
            </form>
        </details>
    }
}

#[component]
fn ActorField(chosen: String, standpoint: Standpoint) -> impl IntoView {
    let options: Vec<_> = ActorKind::ALL
        .map(|kind| {
            view! {
                <option value=kind.as_str() selected=chosen == kind.as_str()>
                    {actor_label(kind, standpoint)}
                </option>
            }
        })
        .into();
    view! {
        <div class="field">
            <label class="field__label" for="filter-actor">
                "Who"
            </label>
            <select class="field__input" id="filter-actor" name="actor">
                <option value="">"Anybody"</option>
                {options}
            </select>
        </div>
    }
}

/// The problem itself is said above the form, in its own sentence; here is where it is.
#[component]
fn TextField(
    name: &'static str,
    kind: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
    wrong: bool,
) -> impl IntoView {
    let id = format!("filter-{name}");
    let hint_id = format!("{id}-hint");
    view! {
        <div class="field" data-invalid=wrong.then_some("")>
            <label class="field__label" for=id.clone()>
                {label}
            </label>
            <input
                class="field__input"
                id=id
                name=name
                type=kind
                // To the millisecond, should an address say so.
                step="any"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                value=value
                aria-invalid=wrong.then_some("true")
                aria-describedby=hint_id.clone()
            />
            <p class="field__hint" id=hint_id>
                {hint}
            </p>
        </div>
    }
}

/// The acts about one subject. None ticked anywhere means all of them.
#[component]
fn Acts(subject: Subject, chosen: Vec<String>) -> impl IntoView {
    let acts = Act::ALL.iter().filter(|act| describe(**act).0 == subject && !act.is_of_the_installation());
    let boxes: Vec<_> = acts
        .map(|act| {
            let word = act.as_str();
            view! {
                <label class="tick">
                    <input type="checkbox" name="act" value=word checked=chosen.iter().any(|act| act == word) />
                    <span>{describe(*act).1}</span>
                </label>
            }
        })
        .collect();
    view! {
        <fieldset class="ticks">
            <legend class="field__label">{subject.heading()}</legend>
            {boxes}
        </fieldset>
    }
}
