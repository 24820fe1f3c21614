//! A labelled field, with its hint and its error beside it.

use leptos::prelude::*;

/// What goes into a field: decides its keyboard and what a password manager offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Any text.
    Text,
    /// An e-mail address that identifies the person.
    Email,
    /// Another e-mail address, that identifies nobody yet.
    NewEmail,
    /// The person's password.
    CurrentPassword,
    /// A password being chosen.
    NewPassword,
    /// A one-time code from a link.
    Code,
}

impl FieldKind {
    const fn input_type(self) -> &'static str {
        match self {
            Self::Text | Self::Code => "text",
            Self::Email | Self::NewEmail => "email",
            Self::CurrentPassword | Self::NewPassword => "password",
        }
    }

    const fn autocomplete(self) -> &'static str {
        match self {
            Self::Text => "organization",
            Self::Email => "username",
            Self::NewEmail => "email",
            Self::CurrentPassword => "current-password",
            Self::NewPassword => "new-password",
            Self::Code => "off",
        }
    }
}

/// A field of a form. Works the same in a plain form post.
#[component]
pub fn Field(
    kind: FieldKind,
    /// The name the form sends it under. Unique on the page, since the ids are made of it.
    name: &'static str,
    label: &'static str,
    #[prop(default = None, into)] hint: Option<&'static str>,
    #[prop(optional)] required: bool,
    /// Shown and sent, and not to be changed.
    #[prop(optional)]
    readonly: bool,
    /// What the field starts with.
    #[prop(optional, into)]
    value: String,
    /// What is wrong with what was typed.
    #[prop(optional, into)]
    error: Signal<Option<&'static str>>,
    #[prop(optional)] node_ref: NodeRef<leptos::html::Input>,
) -> impl IntoView {
    let id = format!("field-{name}");
    let hint_id = format!("{id}-hint");
    let error_id = format!("{id}-error");
    let described_by = {
        let (hint_id, error_id) = (hint_id.clone(), error_id.clone());
        move || match (hint.is_some(), error.get().is_some()) {
            (_, true) => Some(error_id.clone()),
            (true, false) => Some(hint_id.clone()),
            (false, false) => None,
        }
    };
    view! {
        <div class="field" data-invalid=move || error.get().map(|_| "")>
            <label class="field__label" for=id.clone()>
                {label}
            </label>
            <input
                class="field__input"
                id=id
                name=name
                type=kind.input_type()
                autocomplete=kind.autocomplete()
                autocapitalize="none"
                spellcheck="false"
                value=value
                required=required
                readonly=readonly
                aria-invalid=move || error.get().map(|_| "true")
                aria-describedby=described_by
                node_ref=node_ref
            />
            {hint.map(|hint| view! { <p class="field__hint" id=hint_id>{hint}</p> })}
            <p class="field__error" id=error_id role="alert">
                {move || error.get()}
            </p>
        </div>
    }
}
