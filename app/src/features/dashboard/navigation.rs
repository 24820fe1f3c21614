//! The ways between the pages of the dashboard: one table.

use crate::paths;
use domain::{Permission, Role};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// A page of the dashboard that the navigation names.
struct Entry {
    label: &'static str,
    href: &'static str,
    /// What somebody must be allowed to do for the page to have anything for them.
    needs: Option<Permission>,
}

/// Every entry, in the order they are shown. A page is listed once its route exists.
const ENTRIES: &[Entry] = &[
    Entry { label: "API keys", href: paths::DEVELOPERS, needs: Some(Permission::ViewKeys) },
    Entry { label: "Activity", href: paths::ACTIVITY, needs: Some(Permission::ViewActivity) },
    Entry { label: "Your sign-in", href: paths::SESSIONS, needs: None },
];

/// The value of `aria-current` for a link to `href` on the page at `here`: `page` on that very page, `true` on a page
/// below it (rolling a pair is still the API keys).
fn current(here: &str, href: &str) -> Option<&'static str> {
    match here.strip_prefix(href)? {
        "" | "/" => Some("page"),
        below if below.starts_with('/') => Some("true"),
        _ => None,
    }
}

/// The links. Each is a whole page load: what a page knew is gone when it is left.
#[component]
pub fn Navigation(role: Option<Role>) -> impl IntoView {
    let here = use_location().pathname.get_untracked();
    let entries = ENTRIES
        .iter()
        .filter(|entry| entry.needs.is_none_or(|permission| role.is_some_and(|role| role.may(permission))));
    let links: Vec<_> = entries
        .map(|Entry { label, href, .. }| {
            view! {
                <li>
                    <a class="navigation__link" href=*href rel="external" aria-current=current(&here, href)>
                        {*label}
                    </a>
                </li>
            }
        })
        .collect();
    view! {
        <nav class="navigation" aria-label="Dashboard">
            <ul class="navigation__list">{links}</ul>
        </nav>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_current_where_it_is_and_where_its_own_pages_are() {
        assert_eq!(current("/dashboard/developers", paths::DEVELOPERS), Some("page"));
        assert_eq!(current("/dashboard/developers/", paths::DEVELOPERS), Some("page"));
        assert_eq!(current("/dashboard/developers/roll", paths::DEVELOPERS), Some("true"));
        assert_eq!(current("/dashboard/developers-of-old", paths::DEVELOPERS), None);
        assert_eq!(current("/dashboard/activity", paths::DEVELOPERS), None);
    }

    #[test]
    fn every_entry_is_there_once() {
        for (nth, entry) in ENTRIES.iter().enumerate() {
            assert!(ENTRIES[..nth].iter().all(|earlier| earlier.href != entry.href && earlier.label != entry.label));
        }
    }
}
