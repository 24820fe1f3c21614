//! Reads `expected.txt`.

use server::routes::TABLE;
use std::collections::{BTreeMap, BTreeSet};

pub const METHODS: [&str; 10] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"];

/// An answer as promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    pub status: u16,
    /// What was asked for was done, and is on record.
    pub done: bool,
}

/// One method at one place with one input, for every origin and caller.
#[derive(Debug)]
pub struct Line {
    pub method: &'static str,
    pub place: String,
    /// Which other input; empty for the usual one.
    pub variant: String,
    /// By origin, then by caller.
    pub promises: [[Promise; 8]; 3],
    /// Whether the file names the method, or only says `other`.
    named: bool,
}

impl Line {
    pub fn name(&self) -> String {
        format!("{} {} {}", self.method, self.place, self.variant).trim_end().to_owned()
    }
}

pub fn lines() -> Vec<Line> {
    read(include_str!("expected.txt"))
}

fn read(text: &str) -> Vec<Line> {
    let rows: Vec<Row> =
        text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(Row::read).collect();
    let mut named: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for row in &rows {
        named.entry((row.place, row.variant)).or_default().extend(row.methods.iter().copied());
    }
    let mut lines = Vec::new();
    for row in &rows {
        for method in METHODS {
            let is_other = row.methods == ["other"] && !named[&(row.place, row.variant)].contains(method);
            if is_other || row.methods.contains(&method) {
                let (place, variant) = (row.place.to_owned(), row.variant.to_owned());
                lines.push(Line { method, place, variant, promises: row.promises, named: !is_other });
            }
        }
    }
    lines
}

/// A line as it stands in the file.
struct Row<'a> {
    methods: Vec<&'a str>,
    place: &'a str,
    variant: &'a str,
    promises: [[Promise; 8]; 3],
}

impl<'a> Row<'a> {
    fn read(line: &'a str) -> Self {
        let groups: Vec<&str> = line.split('|').collect();
        assert!(matches!(groups.len(), 3 | 4), "three groups, or four: {line}");
        let mut words = groups[0].split_whitespace().peekable();
        let methods: Vec<&str> = words.next().unwrap().split(',').collect();
        for method in &methods {
            assert!(*method == "other" || METHODS.contains(method), "an unknown method: {line}");
        }
        let place = words.next().expect("a place");
        let variant = words.next_if(|word| word.starts_with('+')).unwrap_or_default();
        let mut ours = eight(&words.collect::<Vec<_>>(), line);
        if let Some(group) = groups.get(3) {
            let words: Vec<&str> = group.split_whitespace().collect();
            assert_eq!(words.len(), 2, "an admin and a system: {line}");
            ours[6] = promise(words[0], line);
            ours[7] = promise(words[1], line);
        }
        let group = |text: &str| {
            let words: Vec<&str> = text.split_whitespace().collect();
            if words == ["="] { ours } else { eight(&words, line) }
        };
        Self { methods, place, variant, promises: [ours, group(groups[1]), group(groups[2])] }
    }
}

/// The six that a group names, then the admin like the stranger and the system like nobody.
fn eight(words: &[&str], line: &str) -> [Promise; 8] {
    let promises: Vec<Promise> = words.iter().map(|word| promise(word, line)).collect();
    match promises[..] {
        [one] => [one; 8],
        [nobody, viewer, developer, owner, stranger, ended] => {
            [nobody, viewer, developer, owner, stranger, ended, stranger, nobody]
        }
        _ => panic!("one or six: {line}"),
    }
}

fn promise(word: &str, line: &str) -> Promise {
    Promise {
        status: word.trim_end_matches('!').parse().unwrap_or_else(|_| panic!("a status: {line}")),
        done: word.ends_with('!'),
    }
}

/// The methods that the file says this place answers, as an `Allow` header lists them.
pub fn allowed(lines: &[Line], place: &str) -> BTreeSet<&'static str> {
    let answered = |line: &&Line| line.place == place && line.promises[0].iter().all(|promise| promise.status != 405);
    lines.iter().filter(answered).map(|line| line.method).collect()
}

#[test]
fn a_route_without_its_lines_fails_and_so_does_a_line_without_its_route() {
    let lines = lines();
    assert_eq!(complaints(&lines), Vec::<String>::new());

    let without = |gone: fn(&Line) -> bool| complaints(&read_without(gone));
    assert_eq!(without(|line| line.place == "/sign-in").len(), 11, "ten methods, and one the place answers");
    assert_eq!(without(|line| line.place == "/livez" && line.method == "GET").len(), 2);
    assert_eq!(complaints(&read("GET,POST /nowhere 200 | = | =")).len(), 2 + complaints(&[]).len());
    let twice = include_str!("expected.txt").to_owned() + "POST /livez 405 | = | =\nPOST /livez 405 | = | =\n";
    assert_eq!(complaints(&read(&twice)), ["POST /livez is there twice"]);
}

fn read_without(gone: fn(&Line) -> bool) -> Vec<Line> {
    lines().into_iter().filter(|line| !gone(line)).collect()
}

/// Where file and table are not of one mind.
fn complaints(lines: &[Line]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut seen = BTreeSet::new();
    let places: BTreeSet<String> = TABLE.iter().map(|row| row.place.name()).collect();
    for line in lines {
        if !places.contains(&line.place) {
            complaints.push(format!("{} is in no row of the table of routes", line.name()));
        }
        if !seen.insert(line.name()) {
            complaints.push(format!("{} is there twice", line.name()));
        }
    }
    for place in &places {
        let missing = METHODS.iter().filter(|method| !seen.contains(&format!("{method} {place}")));
        complaints.extend(missing.map(|method| format!("{method} {place} has no line in expected.txt")));
    }
    for row in TABLE.iter().filter(|row| row.method.is_some()) {
        let named = |line: &Line| {
            line.named && line.variant.is_empty() && format!("{} {}", line.method, line.place) == row.name()
        };
        if !lines.iter().any(named) {
            complaints.push(format!("{} is answered, and not named in expected.txt", row.name()));
        }
    }
    complaints
}
