//! The chart of a pair's last days: a picture for who can see it, and every number in a table for everybody.
//!
//! Drawn without scripts and without inline styles, which the content security policy forbids: sizes are attributes, colours are
//! classes. What was refused is hatched, so that it can be told from what was accepted without telling colours apart.

use super::section::lately;
use super::wire::{DayUse, PairUse};
use crate::ui::number;
use leptos::prelude::*;

/// The element that refused requests are filled with, once on a page.
const HATCHED: &str = "use-hatched";

/// The width of a day, in units of the picture, and of the bar in it.
const SLOT: u64 = 20;
const BAR: u64 = 14;
/// The height of the picture in the same units.
const HEIGHT: u64 = 100;
/// One request beside a million is still to be seen.
const LEAST: u64 = 3;

/// What the charts of a page share.
#[component]
pub fn Hatching() -> impl IntoView {
    view! {
        <svg class="use__hatching" width="0" height="0" aria-hidden="true" focusable="false">
            <defs>
                <pattern id=HATCHED width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <rect class="use__hatch-ground" width="6" height="6"></rect>
                    <rect class="use__hatch" width="3" height="6"></rect>
                </pattern>
            </defs>
        </svg>
    }
}

/// The last days of a pair.
#[component]
pub fn UseChart(pair: PairUse) -> impl IntoView {
    let PairUse { id, public_key, days, .. } = pair;
    let shown = u32::try_from(days.len()).unwrap_or(u32::MAX);
    let Some(summary) = Summary::of(&days) else {
        return view! { <p class="use__none">{format!("Not used {}.", lately(shown))}</p> }.into_any();
    };
    let (title, description) = (format!("use-title-{id}"), format!("use-description-{id}"));
    let (named, described) = (title.clone(), description.clone());
    let width = SLOT * u64::try_from(days.len()).unwrap_or_default();
    let first = days.first().map(|day| day.day.clone()).unwrap_or_default();
    let bars = days.iter().enumerate().map(|(place, day)| bar(place, day, summary.most)).collect_view();
    view! {
        <figure class="use__figure">
            <p class="use__scale" aria-hidden="true">
                {format!("Most on a day: {}", number(summary.most))}
            </p>
            <svg
                class="use__chart"
                role="img"
                aria-labelledby=named
                aria-describedby=described
                viewBox=format!("0 0 {width} {HEIGHT}")
                preserveAspectRatio="none"
                focusable="false"
            >
                <title id=title>{format!("Requests a day with {public_key} {}", lately(shown))}</title>
                <desc id=description>{summary.words()}</desc>
                {bars}
            </svg>
            <p class="use__axis" aria-hidden="true">
                <span>{first}</span>
                <span>"Today"</span>
            </p>
            <figcaption class="use__legend">
                <span>
                    <Sample class="use__accepted" fill=None />
                    {format!("{} accepted", number(summary.accepted))}
                </span>
                <span>
                    <Sample class="use__refused" fill=Some(hatching()) />
                    {format!("{} refused", number(summary.refused))}
                </span>
            </figcaption>
        </figure>
        <Table days public_key />
    }
    .into_any()
}

fn hatching() -> String {
    format!("url(#{HATCHED})")
}

/// What a colour means.
#[component]
fn Sample(class: &'static str, fill: Option<String>) -> impl IntoView {
    view! {
        <svg class="use__sample" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <rect class=class fill=fill x="1" y="1" width="14" height="14"></rect>
        </svg>
    }
}

/// A day: accepted from the ground up, refused on top of it. Its numbers are shown to whoever points at it.
fn bar(place: usize, day: &DayUse, most: u64) -> impl IntoView + use<> {
    let left = SLOT * u64::try_from(place).unwrap_or_default() + (SLOT - BAR) / 2;
    let (accepted, refused) = heights(day, most);
    let words = format!("{}: {} accepted, {} refused", day.day, number(day.accepted), number(day.refused));
    let rect = move |class: &'static str, fill: Option<String>, bottom: u64, height: u64| {
        (height > 0).then(|| {
            view! {
                <rect
                    class=class
                    fill=fill
                    x=left.to_string()
                    y=(HEIGHT - bottom - height).to_string()
                    width=BAR.to_string()
                    height=height.to_string()
                ></rect>
            }
        })
    };
    view! {
        <g>
            <title>{words}</title>
            <rect
                class="use__day"
                x=(left - (SLOT - BAR) / 2).to_string()
                y="0"
                width=SLOT.to_string()
                height=HEIGHT.to_string()
            ></rect>
            {rect("use__accepted", None, 0, accepted)}
            {rect("use__refused", Some(hatching()), accepted, refused)}
        </g>
    }
}

/// How high the two parts of a bar are. Together never higher than the picture.
fn heights(day: &DayUse, most: u64) -> (u64, u64) {
    let scaled = |count: u64| {
        let height = u128::from(count) * u128::from(HEIGHT) / u128::from(most.max(1));
        let height = u64::try_from(height).unwrap_or(HEIGHT).min(HEIGHT);
        if count == 0 { 0 } else { height.max(LEAST) }
    };
    let refused = scaled(day.refused);
    (scaled(day.accepted).min(HEIGHT - refused), refused)
}

/// Every day with use, for who cannot see the picture, or wants the numbers.
#[component]
fn Table(days: Vec<DayUse>, public_key: String) -> impl IntoView {
    let rows = days.into_iter().rev().filter(|day| day.accepted + day.refused > 0).map(|day| {
        view! {
            <tr>
                <th scope="row">{day.day}</th>
                <td>{number(day.accepted)}</td>
                <td>{number(day.refused)}</td>
            </tr>
        }
    });
    view! {
        <details class="use__days">
            <summary>
                "Every day in numbers" <span class="visually-hidden">{format!(", {public_key}")}</span>
            </summary>
            <table class="use__table">
                <thead>
                    <tr>
                        <th scope="col">"Day (UTC)"</th>
                        <th scope="col">"Accepted"</th>
                        <th scope="col">"Refused"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </details>
    }
}

/// What the picture shows, in a sentence.
struct Summary {
    accepted: u64,
    refused: u64,
    /// The most on a day.
    most: u64,
    busiest: String,
}

impl Summary {
    /// `None` if there was no use.
    fn of(days: &[DayUse]) -> Option<Self> {
        let all = |day: &DayUse| day.accepted.saturating_add(day.refused);
        let busiest = days.iter().max_by_key(|day| all(day)).filter(|day| all(day) > 0)?;
        let sum = |count: fn(&DayUse) -> u64| days.iter().map(count).fold(0, u64::saturating_add);
        Some(Self {
            accepted: sum(|day| day.accepted),
            refused: sum(|day| day.refused),
            most: all(busiest),
            busiest: busiest.day.clone(),
        })
    }

    fn words(&self) -> String {
        format!(
            "{} accepted and {} refused; most on {}: {}. The table below has every day.",
            number(self.accepted),
            number(self.refused),
            self.busiest,
            number(self.most)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(accepted: u64, refused: u64) -> DayUse {
        DayUse { day: "23 November 2026".to_owned(), accepted, refused }
    }

    #[test]
    fn a_bar_fits_the_picture_and_a_single_request_is_seen() {
        assert_eq!(heights(&day(0, 0), 10), (0, 0));
        assert_eq!(heights(&day(10, 0), 10), (100, 0));
        assert_eq!(heights(&day(5, 5), 10), (50, 50));
        assert_eq!(heights(&day(1_000_000, 1), 1_000_001), (97, LEAST));
        assert_eq!(heights(&day(1, 0), 1_000_000), (LEAST, 0));
        let (accepted, refused) = heights(&day(u64::MAX, u64::MAX), u64::MAX);
        assert!(accepted + refused <= HEIGHT);
    }

    #[test]
    fn the_sentence_has_the_sums_and_the_busiest_day_and_nothing_is_said_of_no_use() {
        assert!(Summary::of(&[day(0, 0), day(0, 0)]).is_none());
        let busy = DayUse { day: "24 November 2026".to_owned(), accepted: 1_200, refused: 3 };
        let summary = Summary::of(&[day(10, 0), busy]).expect("used");
        let expected = "1,210 accepted and 3 refused; most on 24 November 2026: 1,203. The table below has every day.";
        assert_eq!(summary.words(), expected);
    }
}
