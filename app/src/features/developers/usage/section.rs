//! Use, on the developers tab: a part of it that is a plain document.

use super::chart::{Hatching, UseChart};
use super::wire::{PairUse, Seen, UseView};
use crate::features::developers::presentation::{Status, status};
use crate::paths;
use crate::ui::{Badge, Notice, Time, Tone};
use domain::Timestamp;
use leptos::prelude::*;

/// What each pair was used for lately.
#[component]
pub fn Use(used: UseView, now: Timestamp) -> impl IntoView {
    let UseView { days, may_see_callers, pairs } = used;
    view! {
        <section class="section" aria-labelledby="use-heading">
            <h2 id="use-heading">"Use"</h2>
            {if days > 0 {
                view! {
                    <p class="section__lead">
                        "What requests came with each pair " {lately(days)} ", by days in UTC. "
                        {(!may_see_callers).then_some("Who they came from is for an owner or a developer to see.")}
                    </p>
                    <Hatching />
                    {pairs.into_iter().map(|pair| view! { <OfPair pair now may_see_callers /> }).collect_view()}
                }
                    .into_any()
            } else {
                view! { <NotCounted /> }.into_any()
            }}
        </section>
    }
}

/// `today`, `in the last 30 days`.
pub fn lately(days: u32) -> String {
    if days == 1 { "today".to_owned() } else { format!("in the last {days} days") }
}

/// Why there are no numbers.
#[component]
pub fn NotCounted() -> impl IntoView {
    view! {
        <Notice tone=Tone::Quiet>
            <p>"Use is not counted in this installation."</p>
        </Notice>
    }
}

#[component]
fn OfPair(pair: PairUse, now: Timestamp, may_see_callers: bool) -> impl IntoView {
    let callers = paths::callers(&pair.id);
    let name = format!("Callers of {}", pair.public_key);
    view! {
        <article class="use">
            <h3 class="use__name">
                <code translate="no">{pair.public_key.clone()}</code>
            </h3>
            <Facts pair=pair.clone() now />
            <UseChart pair />
            {may_see_callers
                .then(|| {
                    view! {
                        <p>
                            <a class="button" data-kind="plain" href=callers rel="external" aria-label=name>
                                "Callers"
                            </a>
                        </p>
                    }
                })}
        </article>
    }
}

/// The state of the pair, and when it was used last.
#[component]
pub fn Facts(pair: PairUse, now: Timestamp) -> impl IntoView {
    let Status { tone, words } = status(pair.state, now);
    view! {
        <dl class="use__facts">
            <div>
                <dt>"Status"</dt>
                <dd>
                    <Badge tone=tone words=words />
                </dd>
            </div>
            <div>
                <dt>"Last used"</dt>
                <dd>
                    <When seen=pair.last_used never="Never" />
                </dd>
            </div>
            {pair
                .last_refused
                .map(|seen| {
                    view! {
                        <div>
                            <dt>"Last refused"</dt>
                            <dd>
                                <When seen=Some(seen) never="Never" />
                            </dd>
                        </div>
                    }
                })}
        </dl>
    }
}

/// How long ago, and exactly when.
#[component]
pub fn When(seen: Option<Seen>, never: &'static str) -> impl IntoView {
    match seen {
        Some(Seen { ago, at }) => {
            view! { <span class="use__ago">{ago}</span> <span class="use__exact"><Time moment=at /></span> }.into_any()
        }
        None => view! { <span class="use__exact">{never}</span> }.into_any(),
    }
}
