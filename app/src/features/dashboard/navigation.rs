//! The ways between the pages of the dashboard: one table.

use crate::paths;
use domain::{Permission, Role, Standing};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// A page of the dashboard that the navigation names.
struct Entry {
    label: &'static str,
    href: &'static str,
    for_whom: ForWhom,
}

/// For whom a page has anything.
#[derive(Clone, Copy)]
enum ForWhom {
    /// Whoever is signed in.
    Everybody,
    /// Members of an account who may do this there.
    Members(Permission),
    /// Admins of the installation, who may do this everywhere.
    Admins(Permission),
}

impl ForWhom {
    /// Whether the entry is a link, for this person; is there and disabled; or is not there, as if there were no such page.
    fn shown(self, role: Option<Role>, admin: bool) -> Shown {
        match (self, role) {
            (Self::Everybody, _) => Shown::Link,
            (Self::Members(permission), Some(role)) if role.may(permission) => Shown::Link,
            (Self::Members(permission), Some(_)) => Shown::Disabled(who_may(permission)),
            (Self::Admins(permission), _) if admin && Standing::Admin.may(permission) => Shown::Link,
            (Self::Members(_), None) | (Self::Admins(_), _) => Shown::Not,
        }
    }
}

/// How an entry is shown.
#[derive(Debug, PartialEq, Eq)]
enum Shown {
    Link,
    /// With the words for whom it is.
    Disabled(String),
    Not,
}

/// "for owners and developers"
fn who_may(permission: Permission) -> String {
    let roles = Role::ALL.into_iter().filter(|role| role.may(permission));
    let plural: Vec<String> = roles.map(|role| format!("{}s", role.as_str())).collect();
    format!("for {}", plural.join(" and "))
}

/// Every entry, in the order they are shown. A page is listed once its route exists.
const ENTRIES: &[Entry] = &[
    Entry { label: "API keys", href: paths::DEVELOPERS, for_whom: ForWhom::Members(Permission::ViewKeys) },
    Entry { label: "Activity", href: paths::ACTIVITY, for_whom: ForWhom::Members(Permission::ViewActivity) },
    Entry { label: "Members", href: paths::MEMBERS, for_whom: ForWhom::Members(Permission::ViewMembers) },
    Entry { label: "Files", href: paths::FILES, for_whom: ForWhom::Members(Permission::ViewFiles) },
    Entry { label: "Your sign-in", href: paths::SESSIONS, for_whom: ForWhom::Everybody },
    Entry { label: "Admin", href: paths::ADMIN, for_whom: ForWhom::Admins(Permission::FindAccounts) },
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
pub fn Navigation(
    /// What the person is in the account they act in, if they are in one.
    role: Option<Role>,
    /// Whether they are an admin of the installation.
    admin: bool,
) -> impl IntoView {
    let here = use_location().pathname.get_untracked();
    let link = |Entry { label, href, for_whom }: &Entry| match for_whom.shown(role, admin) {
        Shown::Link => Some(
            view! {
                <li>
                    <a class="navigation__link" href=*href rel="external" aria-current=current(&here, href)>
                        {*label}
                    </a>
                </li>
            }
            .into_any(),
        ),
        Shown::Disabled(why) => Some(
            view! {
                <li>
                    <span class="navigation__link" role="link" aria-disabled="true">
                        {*label}
                        <span class="navigation__why">" (" {why} ")"</span>
                    </span>
                </li>
            }
            .into_any(),
        ),
        Shown::Not => None,
    };
    let links: Vec<_> = ENTRIES.iter().filter_map(link).collect();
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

    fn labels(role: Option<Role>, admin: bool) -> Vec<&'static str> {
        let is_link = |entry: &&Entry| entry.for_whom.shown(role, admin) == Shown::Link;
        ENTRIES.iter().filter(is_link).map(|entry| entry.label).collect()
    }

    #[test]
    fn everybody_is_shown_the_pages_that_have_anything_for_them() {
        assert_eq!(labels(Some(Role::Owner), false), ["API keys", "Activity", "Members", "Files", "Your sign-in"]);
        assert_eq!(labels(Some(Role::Viewer), false), ["API keys", "Members", "Files", "Your sign-in"]);
        assert_eq!(labels(Some(Role::Viewer), true), ["API keys", "Members", "Files", "Your sign-in", "Admin"]);
        assert_eq!(labels(None, true), ["Your sign-in", "Admin"]);
    }

    /// That there is a page for others in the account is no secret; that there is a console is.
    #[test]
    fn a_page_for_other_roles_is_disabled_and_says_for_whom_it_is() {
        let shown = |entry: &Entry| (entry.label, entry.for_whom.shown(Some(Role::Viewer), false));
        let others: Vec<_> = ENTRIES.iter().map(shown).filter(|(_, shown)| *shown != Shown::Link).collect();
        let activity = Shown::Disabled("for owners and developers".to_owned());
        assert_eq!(others, [("Activity", activity), ("Admin", Shown::Not)]);
    }

    #[test]
    fn every_entry_is_there_once() {
        for (nth, entry) in ENTRIES.iter().enumerate() {
            assert!(ENTRIES[..nth].iter().all(|earlier| earlier.href != entry.href && earlier.label != entry.label));
        }
    }
}
