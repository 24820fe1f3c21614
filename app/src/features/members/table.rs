//! The members.
//!
//! A table whose rows become cards on a narrow screen. The roles are spelled out because a table drawn as blocks is none
//! to a screen reader otherwise.

use super::presentation::{LAST_OWNER, role_label};
use super::wire::{MemberView, MembersView};
use crate::paths;
use crate::ui::{Badge, Time, Tone};
use leptos::prelude::*;

/// The members, with what can be done about each; what cannot is there too, and says why.
#[component]
pub fn MemberTable(view: MembersView) -> impl IntoView {
    let last_owner = view.members.iter().any(|member| member.own && view.is_last_owner(member));
    let rows = view
        .members
        .iter()
        .map(|member| {
            let refused = if view.is_last_owner(member) && member.own { Some("last-owner") } else { None };
            let why_not = (!view.may_manage).then_some("why-not");
            view! { <MemberRow member=member.clone() no_role=refused.or(why_not) no_removal=refused.or(why_not.filter(|_| !member.own)) /> }
        })
        .collect_view();
    view! {
        <section class="section" aria-labelledby="members-heading">
            <h2 class="visually-hidden" id="members-heading">
                "Members of the account"
            </h2>
            {last_owner.then(|| view! { <p class="reason" id="last-owner">{LAST_OWNER}</p> })}
            <table class="cards" role="table" aria-labelledby="members-heading">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Person"</th>
                        <th role="columnheader" scope="col">"Role"</th>
                        <th role="columnheader" scope="col">"Since"</th>
                        <th role="columnheader" scope="col">
                            <span class="visually-hidden">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
        </section>
    }
}

#[component]
fn MemberRow(
    member: MemberView,
    /// The id of the sentence that says why the role cannot be changed, if it cannot.
    no_role: Option<&'static str>,
    /// The same for removing or leaving.
    no_removal: Option<&'static str>,
) -> impl IntoView {
    let MemberView { id, email, role, since, own, has_password } = member;
    let (remove, removes) =
        if own { ("Leave", "Leave the account".to_owned()) } else { ("Remove", format!("Remove {email}")) };
    let changes = if own { "Change your role".to_owned() } else { format!("Change the role of {email}") };
    view! {
        <tr class="card member" role="row" data-own=own.then_some("")>
            <td class="member__person" role="cell" data-label="Person">
                <bdi>{email}</bdi>
                {own.then(|| view! { <Badge tone=Tone::Quiet words="You" /> })}
                {(!has_password).then(|| view! { <p class="member__by">"Has no password yet, so cannot sign in"</p> })}
            </td>
            <td role="cell" data-label="Role">
                {role_label(role)}
            </td>
            <td role="cell" data-label="Since">
                <Time moment=since />
            </td>
            <td class="member__actions" role="cell">
                <Action href=paths::member_role(&id) label="Change role" name=changes refused=no_role />
                <Action href=paths::remove_member(&id) label=remove name=removes refused=no_removal />
            </td>
        </tr>
    }
}

/// A way to a page of its own, or the same, disabled, with the reason.
#[component]
fn Action(href: String, label: &'static str, name: String, refused: Option<&'static str>) -> impl IntoView {
    match refused {
        None => view! {
            <a class="button" data-kind="inline" href=href rel="external" aria-label=name>
                {label}
            </a>
        }
        .into_any(),
        Some(why) => view! {
            <button class="button" data-kind="inline" type="button" disabled aria-label=name aria-describedby=why>
                {label}
            </button>
        }
        .into_any(),
    }
}
