//! Private keys that were seen in browsers or URLs: what the owner is told first of all, as long as a pair works.

use super::beside::{Exposed, SeenAt, SeenPlace};
use crate::paths;
use crate::ui::{Script, Time};
use domain::KeyPairState;
use leptos::prelude::*;

/// How many places are named. All of them are in the activity.
const MOST_PLACES: usize = 5;

/// How much of an origin is shown: it is what a stranger wrote, and a name of sensible length fits.
const MOST_CHARS: usize = 80;

/// The notice. With JavaScript it goes, or changes what it offers, when a pair is rolled or expired in a dialog.
#[component]
pub fn Sightings(exposed: Vec<Exposed>) -> impl IntoView {
    let several = exposed.len() > 1;
    (!exposed.is_empty()).then(|| {
        view! {
            <section class="notice" data-tone="danger" id="sightings" aria-labelledby="sightings-heading">
                <span class="notice__shape" aria-hidden="true"></span>
                <div class="notice__body">
                    <h2 class="sightings__heading" id="sightings-heading">
                        {if several {
                            "Private keys were seen where only servers should have them"
                        } else {
                            "A private key was seen where only a server should have it"
                        }}
                    </h2>
                    <p>
                        "Whoever opens such a page, or reads the log that such a URL is in, has the key and can use it from anywhere. What was seen was refused; the same key from somewhere else is not."
                    </p>
                    {exposed.into_iter().map(|exposed| view! { <Sighting exposed /> }).collect_view()}
                    <p>
                        <a href=paths::sightings() rel="external">
                            "All of it in the activity"
                        </a>
                    </p>
                </div>
            </section>
            <Script code=include_str!("sightings.js") />
        }
    })
}

#[component]
fn Sighting(exposed: Exposed) -> impl IntoView {
    let Exposed { id, public_key, state, ends, seen, before } = exposed;
    let further = seen.len().saturating_sub(MOST_PLACES);
    let places: Vec<_> = seen.into_iter().take(MOST_PLACES).map(|seen| view! { <Place seen /> }).collect();
    let rest = match (further, before) {
        (0, false) => None,
        (0, true) => Some("There are older records.".to_owned()),
        (1, _) => Some("And in 1 other place.".to_owned()),
        (further, _) => Some(format!("And in {further} other places.")),
    };
    let (offer, href) = match state {
        KeyPairState::Active => ("Roll these keys", paths::roll(&id)),
        _ => ("Expire these keys now", paths::expire(&id)),
    };
    view! {
        <div class="sighting">
            <p>
                "The private key that belongs to " <code class="key">{public_key}</code>
                {ends.map(|ends| view! { ", which works until " <Time moment=ends /> ", " })} " was seen:"
            </p>
            <ul class="sighting__places">{places}{rest.map(|rest| view! { <li>{rest}</li> })}</ul>
            <p>
                <a class="button" data-kind="danger" href=href rel="external">
                    {offer}
                </a>
            </p>
        </div>
    }
}

#[component]
fn Place(seen: SeenAt) -> impl IntoView {
    let SeenAt { place, first, last, times } = seen;
    let place = match place {
        SeenPlace::Page(origin) => {
            view! { "in a page of " <bdi class="sighting__origin">{shortened(&origin)}</bdi> }.into_any()
        }
        SeenPlace::Nameless => "in a page without an origin, such as a sandboxed frame or a file".into_any(),
        SeenPlace::Unknown => "in an unknown page".into_any(),
        SeenPlace::Url => "in a URL".into_any(),
    };
    let when = match times {
        1 => view! { "on " <Time moment=last /> }.into_any(),
        _ => view! { "first on " <Time moment=first /> ", last on " <Time moment=last /> }.into_any(),
    };
    let often = (times > 1).then(|| format!(", noted {times} times (at most once an hour)"));
    view! { <li>{place} ", " {when} {often}</li> }
}

fn shortened(origin: &str) -> String {
    if origin.chars().count() <= MOST_CHARS {
        return origin.to_owned();
    }
    origin.chars().take(MOST_CHARS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_origin_is_cut_and_says_so() {
        assert_eq!(shortened("https://shop.example"), "https://shop.example");
        let exact = "a".repeat(MOST_CHARS);
        assert_eq!(shortened(&exact), exact);
        let cut = shortened(&"ä".repeat(MOST_CHARS + 1));
        assert_eq!(cut, format!("{}…", "ä".repeat(MOST_CHARS - 1)));
    }
}
