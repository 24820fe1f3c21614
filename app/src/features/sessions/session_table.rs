//! The person's sessions.
//!
//! A table whose rows become cards on a narrow screen. The roles are spelled out because a table drawn as blocks is none
//! to a screen reader otherwise.

use super::server_fns::{EndOtherSessions, EndSession};
use super::wire::SessionView;
use crate::ui::{Badge, Time, Tone};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The sessions, how long they last, and the way to end all others.
#[component]
pub fn Sessions(sessions: Vec<SessionView>, idle: String, absolute: String) -> impl IntoView {
    let others = sessions.iter().filter(|session| !session.own).count();
    view! {
        <section class="section" aria-labelledby="sessions-heading">
            <h2 id="sessions-heading">"Sessions"</h2>
            <p class="section__lead">
                "Where you are signed in. A session ends " {idle} " after its last use, and " {absolute}
                " after signing in at the latest. Devices are as they call themselves."
            </p>
            <table class="cards" role="table" aria-labelledby="sessions-heading">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Device"</th>
                        <th role="columnheader" scope="col">"Address"</th>
                        <th role="columnheader" scope="col">"Last seen"</th>
                        <th role="columnheader" scope="col">"Signed in"</th>
                        <th role="columnheader" scope="col">
                            <span class="visually-hidden">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    {sessions.into_iter().map(|session| view! { <SessionRow session /> }).collect_view()}
                </tbody>
            </table>
            {if others > 0 {
                view! {
                    <form method="post" action=EndOtherSessions::url()>
                        <button class="button" type="submit">
                            "End all other sessions"
                        </button>
                    </form>
                }
                    .into_any()
            } else {
                view! { <p class="section__lead">"You are signed in nowhere else."</p> }.into_any()
            }}
        </section>
    }
}

#[component]
fn SessionRow(session: SessionView) -> impl IntoView {
    let SessionView { id, device, address, opened, last_seen, last_seen_ago, own } = session;
    // Without looks, the button has to say which session it ends.
    let name = if own { "End this session and sign out".to_owned() } else { format!("End the session of {device}") };
    view! {
        <tr class="card session" role="row" data-own=own.then_some("")>
            <td class="session__device" role="cell" data-label="Device">
                <strong>{device}</strong>
                {own.then(|| view! { <Badge tone=Tone::Quiet words="This session" /> })}
            </td>
            <td class="session__address" role="cell" data-label="Address">
                {address.unwrap_or_else(|| "Unknown".to_owned())}
            </td>
            <td role="cell" data-label="Last seen">
                <p>{last_seen_ago}</p>
                <p class="session__exact"><Time moment=last_seen /></p>
            </td>
            <td role="cell" data-label="Signed in">
                <Time moment=opened />
            </td>
            <td class="session__actions" role="cell">
                <form method="post" action=EndSession::url()>
                    <input type="hidden" name="session" value=id.to_string() />
                    <button class="button" type="submit" aria-label=name>
                        "End"
                    </button>
                </form>
            </td>
        </tr>
    }
}
