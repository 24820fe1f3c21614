//! Tells screen readers what happened, politely.

use leptos::prelude::*;

/// Says things to whoever listens instead of looking. Never a secret: it would be spoken aloud.
#[derive(Debug, Clone, Copy)]
pub struct Announcer(RwSignal<String>);

impl Announcer {
    /// One per page, with a [`LiveRegion`] in it.
    pub fn new() -> Self {
        Self(RwSignal::new(String::new()))
    }

    /// Says `message`, also when it is the same as last time.
    pub fn say(self, message: &str) {
        // A region whose text does not change is not read again: an invisible difference makes it change.
        let again = self.0.with_untracked(|last| last == message);
        self.0.set(if again { format!("{message}\u{a0}") } else { message.to_owned() });
    }
}

impl Default for Announcer {
    fn default() -> Self {
        Self::new()
    }
}

/// The page's announcer.
pub fn use_announcer() -> Announcer {
    expect_context::<Announcer>()
}

/// Where announcements are read from. Not shown.
#[component]
pub fn LiveRegion(announcer: Announcer) -> impl IntoView {
    view! {
        <p class="visually-hidden" role="status" aria-live="polite">
            {move || announcer.0.get()}
        </p>
    }
}
