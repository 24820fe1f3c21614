//! What a user agent means, in words a person knows their own things by: "Firefox on Windows", "curl".
//!
//! A hint and never a proof: whoever sends a request chooses its user agent. Nothing is decided by it.

/// The longest name of a program that is repeated.
const PROGRAM_CHARS: usize = 40;

/// Marks of browsers, most particular first: most of them carry the names of the ones they descend from.
const BROWSERS: [(&str, &str); 12] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Safari/", "Safari"),
];

/// Marks of systems, most particular first: Android says Linux, and an iPhone says Mac OS X.
const SYSTEMS: [(&str, &str); 8] = [
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
    ("X11", "Unix"),
];

/// The browser and the system, or the program; said to be unknown where it says nothing of itself.
pub fn in_words(user_agent: Option<&str>) -> String {
    let user_agent = user_agent.unwrap_or_default().trim();
    // Every browser begins like this; programs begin with their own name.
    if !user_agent.starts_with("Mozilla/") {
        return program(user_agent);
    }
    let find = |marks: &[(&str, &'static str)]| {
        marks.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = find(&BROWSERS).unwrap_or("A browser");
    match find(&SYSTEMS) {
        Some(system) => format!("{browser} on {system}"),
        None => browser.to_owned(),
    }
}

/// The name before the version: `python-requests/2.32.3` is python-requests.
fn program(user_agent: &str) -> String {
    let name = user_agent.split(['/', ' ', '(', ';']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(PROGRAM_CHARS).collect();
    if name.is_empty() { "An unknown device".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_recognises_their_own_devices() {
        for (user_agent, words) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Windows"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 \
                 Safari/537.36 Edg/142.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 \
                 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.1 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 CriOS/142.0.0.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) \
                 SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            ("Mozilla/5.0 (compatible)", "A browser"),
        ] {
            assert_eq!(in_words(Some(user_agent)), words);
        }
    }

    #[test]
    fn a_program_is_called_by_its_name_and_silence_is_unknown() {
        for (user_agent, words) in [
            (Some("curl/8.5.0"), "curl"),
            (Some("python-requests/2.32.3"), "python-requests"),
            (Some("Go-http-client/2.0 (linux)"), "Go-http-client"),
            (Some(" "), "An unknown device"),
            (Some("/"), "An unknown device"),
            (None, "An unknown device"),
        ] {
            assert_eq!(in_words(user_agent), words);
        }
        assert_eq!(in_words(Some(&"x".repeat(300))).chars().count(), PROGRAM_CHARS);
    }
}
