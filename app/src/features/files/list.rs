//! The list: a table on wide screens, cards of the same on narrow ones.

use super::upload::WHY_NOT;
use super::wire::{FileRow, FilesView, ListForm};
use crate::paths;
use crate::ui::{Badge, Notice, Time, Tone};
use leptos::prelude::*;

/// The files of this page, and the ways to the others. The script that uploads draws the rows and the usage anew.
#[component]
pub fn List(view: FilesView) -> impl IntoView {
    let FilesView { viewer, form, unreadable, rows, previous, next, used, allowed, .. } = view;
    let filtered = !form.q.is_empty();
    let further = previous.is_some();
    let may_change = viewer.may_change;
    view! {
        <section class="section" id="files-list" aria-labelledby="files-heading">
            <h2 id="files-heading">
                {if filtered {
                    view! { "Files with “" <bdi>{form.q.clone()}</bdi> "” in their name" }.into_any()
                } else {
                    "All files".into_any()
                }}
            </h2>
            <p class="section__lead" id="files-usage">
                {format!("{used} of {allowed} used.")}
            </p>
            <Find form />
            <div class="activity-records" id="files-rows">
                {if unreadable {
                    view! {
                        <Notice tone=Tone::Danger>
                            <p>"The address asks for something that cannot be listed. Use the form above."</p>
                        </Notice>
                    }
                        .into_any()
                } else if rows.is_empty() {
                    view! { <Nothing filtered further /> }.into_any()
                } else {
                    view! { <Files rows may_change /> }.into_any()
                }}
                <Pager previous next />
            </div>
        </section>
    }
}

/// Search and order: a plain form that asks for the page again.
#[component]
fn Find(form: ListForm) -> impl IntoView {
    let ListForm { q, sort } = form;
    let set = !(q.is_empty() && sort.is_empty());
    let options: Vec<_> = [("", "Latest first"), ("name", "By name"), ("size", "Largest first")]
        .into_iter()
        .map(|(value, words)| {
            view! {
                <option value=value selected=sort == value>
                    {words}
                </option>
            }
        })
        .collect();
    view! {
        <form class="listing" method="get" action=paths::FILES aria-label="Find and sort files">
            <div class="field">
                <label class="field__label" for="files-q">
                    "Part of the name"
                </label>
                <input
                    class="field__input"
                    id="files-q"
                    name="q"
                    type="search"
                    maxlength="200"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    value=q
                />
            </div>
            <div class="field">
                <label class="field__label" for="files-sort">
                    "Order"
                </label>
                <select class="field__input" id="files-sort" name="sort">
                    {options}
                </select>
            </div>
            <button class="button" type="submit">
                "Show"
            </button>
            {set
                .then(|| view! {
                    <a class="button" data-kind="plain" href=paths::FILES rel="external">
                        "Show all files"
                    </a>
                })}
        </form>
    }
}

/// Why there are no rows, and how there come to be some.
#[component]
fn Nothing(filtered: bool, further: bool) -> impl IntoView {
    let words = match (filtered, further) {
        (_, true) => "There is nothing further.",
        (true, false) => "No file has this in its name.",
        (false, false) => "There are no files yet.",
    };
    view! {
        <div class="activity-none">
            <p>{words}</p>
            {(!filtered && !further)
                .then(|| view! {
                    <p>
                        "They come from programs that have the private key, from web pages that have the public key, and from here. Code for both is at the end of this page."
                    </p>
                })}
        </div>
    }
}

#[component]
fn Files(rows: Vec<FileRow>, may_change: bool) -> impl IntoView {
    view! {
        <table class="roster" role="table" data-of="files" aria-labelledby="files-heading">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Name"</th>
                    <th role="columnheader" scope="col">"Size"</th>
                    <th role="columnheader" scope="col">"Type"</th>
                    <th role="columnheader" scope="col">"Uploaded"</th>
                    <th role="columnheader" scope="col">"Actions"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">
                {rows.into_iter().map(|row| view! { <File row may_change /> }).collect_view()}
            </tbody>
        </table>
    }
}

#[component]
fn File(row: FileRow, may_change: bool) -> impl IntoView {
    let FileRow { id, name, folder, size, image_type, uploaded, closed } = row;
    let (downloading, deleting) = (format!("Download {name}"), format!("Delete {name}"));
    view! {
        <tr class="roster__row" role="row">
            <td role="cell" data-label="Name">
                <a
                    class="roster__name"
                    href=paths::download_file(&id)
                    rel="external"
                    aria-label=downloading
                >
                    <bdi class="file-name">{name}</bdi>
                </a>
                {folder.map(|folder| view! { <span class="roster__exact file-name">"in " {folder}</span> })}
                {closed.then(|| view! { <Badge tone=Tone::Muted words="Private".to_owned() /> })}
            </td>
            <td role="cell" data-label="Size">
                {size}
            </td>
            <td role="cell" data-label="Type">
                {image_type.unwrap_or_else(|| "Not an image".to_owned())}
            </td>
            <td role="cell" data-label="Uploaded">
                <Time moment=uploaded />
            </td>
            <td role="cell" class="roster__actions">
                {if may_change {
                    view! {
                        <a
                            class="button"
                            data-kind="inline"
                            href=paths::delete_file(&id)
                            rel="external"
                            aria-label=deleting
                        >
                            "Delete"
                        </a>
                    }
                        .into_any()
                } else {
                    view! {
                        <button
                            class="button"
                            data-kind="inline"
                            type="button"
                            disabled
                            aria-label=deleting
                            aria-describedby=WHY_NOT
                        >
                            "Delete"
                        </button>
                    }
                        .into_any()
                }}
            </td>
        </tr>
    }
}

#[component]
fn Pager(previous: Option<String>, next: Option<String>) -> impl IntoView {
    let link = |href: String, rel: &'static str, label: &'static str| {
        view! {
            <a class="button" data-kind="plain" href=href rel=rel>
                {label}
            </a>
        }
    };
    (previous.is_some() || next.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="Pages of files">
                {previous.map(|href| link(href, "prev external", "Previous page"))}
                {next.map(|href| link(href, "next external", "Next page"))}
            </nav>
        }
    })
}
