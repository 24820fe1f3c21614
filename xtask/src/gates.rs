//! Habits that no compiler checks, checked in the text of `app`: where the two halves may differ, and what would break
//! the content security policy. And, without failing anything, files that have grown long.

use std::fs;
use std::path::{Path, PathBuf};

use crate::shell::{Attempt as _, Outcome};
use crate::workspace;

/// The only files of `app` whose code may differ between server and browser.
const MAY_DIFFER: [&str; 3] = ["browser.rs", "server_context.rs", "lib.rs"];
/// A file longer than this is worth a look.
const LONG_FILE: usize = 400;

/// Every place in `app/src` that breaks a habit, each as a sentence.
pub(crate) fn violations() -> Outcome<Vec<String>> {
    let source = workspace::root().join("app").join("src");
    let mut found = Vec::new();
    for path in files_below(&source, &["rs"])? {
        let text = fs::read_to_string(&path).attempt(format!("read {}", path.display()))?;
        let may_differ = MAY_DIFFER.iter().any(|name| source.join(name) == path);
        found.extend(
            in_file(&text, may_differ).into_iter().map(|(line, what)| format!("{}:{line}: {what}", shown(&path))),
        );
    }
    Ok(found)
}

/// Every file that has grown past what one sits down to read, longest first.
pub(crate) fn long_files() -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    for path in files_below(workspace::root(), &["rs", "css", "ts"])? {
        let lines = fs::read_to_string(&path).unwrap_or_default().lines().count();
        if lines > LONG_FILE {
            found.push((lines, shown(&path)));
        }
    }
    found.sort_by(|a, b| b.cmp(a));
    Ok(found.into_iter().map(|(lines, path)| format!("{path} has {lines} lines")).collect())
}

/// The lines of one file that break a habit.
fn in_file(text: &str, may_differ: bool) -> Vec<(usize, &'static str)> {
    let code: Vec<&str> = text.lines().map(without_comment).collect();
    let complaints = (0..code.len()).flat_map(|index| {
        let gate = (!may_differ && opens_gate(&code[index..])).then_some(
            "a `cfg` on a feature or target; only browser.rs, server_context.rs and lib.rs may differ between the halves",
        );
        let style = has_inline_style(code[index])
            .then_some("an inline style, which the content security policy refuses; use a class or a data attribute");
        let html = code[index].contains("inner_html").then_some("`inner_html`, which writes unescaped text into the page");
        [gate, style, html].into_iter().flatten().map(move |what| (index + 1, what))
    });
    complaints.collect()
}

/// Good enough for our own code: it has no `//` in strings but those of URLs.
fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with("//") { "" } else { line }
}

/// Whether the first of these lines opens a `cfg` that asks for a feature or a target; it may go on over several lines.
fn opens_gate(lines: &[&str]) -> bool {
    ["cfg(", "cfg!(", "cfg_attr("].iter().any(|opening| {
        let Some((_, rest)) = lines[0].split_once(opening) else {
            return false;
        };
        let condition = up_to_closing(rest, &lines[1..]);
        ["feature", "target", "wasm"].iter().any(|word| condition.contains(word))
    })
}

/// The text up to the parenthesis that closes the one just opened.
fn up_to_closing(rest: &str, following: &[&str]) -> String {
    let mut depth = 1_u32;
    let characters = std::iter::once(rest).chain(following.iter().copied()).flat_map(str::chars);
    let within = characters.take_while(|character| {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth > 0
    });
    within.collect()
}

/// `style="…"` and `style:color="…"` as attributes of an element; a word that only ends in `style` is none.
fn has_inline_style(line: &str) -> bool {
    line.match_indices("style").any(|(at, word)| {
        let starts_word = line[..at].chars().next_back().is_none_or(char::is_whitespace);
        let rest = &line[at + word.len()..];
        starts_word && (rest.starts_with('=') && !rest.starts_with("==") || is_style_property(rest))
    })
}

/// `:color=` or `:--tone=`, but not `: Style` of a field or `::path`.
fn is_style_property(rest: &str) -> bool {
    let Some(name) = rest.strip_prefix(':').and_then(|rest| rest.split('=').next()) else {
        return false;
    };
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    is_name && rest.contains('=')
}

/// Every file below a directory with one of these extensions, but for what is built or fetched. Sorted.
pub(crate) fn files_below(directory: &Path, extensions: &[&str]) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![directory.to_path_buf()];
    while let Some(next) = waiting.pop() {
        let entries = fs::read_dir(&next).attempt(format!("read {}", next.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() && !is_not_ours(&path) {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted)) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_not_ours(directory: &Path) -> bool {
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || name == "target" || name == "node_modules"
}

fn shown(path: &Path) -> String {
    path.strip_prefix(workspace::root()).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        in_file(text, false).into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn a_gate_on_a_feature_or_target_is_found_even_over_several_lines() {
        assert_eq!(lines("fn a() {}\n#[cfg(feature = \"ssr\")]\nfn b() {}"), [2]);
        assert_eq!(lines("#[cfg(\n    any(\n        target_arch = \"wasm32\",\n    )\n)]"), [1]);
        assert_eq!(lines("let here = cfg!(target_family = \"wasm\");"), [1]);
        assert_eq!(lines("#[cfg_attr(feature = \"hydrate\", derive(Debug))]"), [1]);
    }

    #[test]
    fn tests_and_comments_are_no_gates() {
        assert_eq!(lines("#[cfg(test)]\nmod tests { /* feature */ }"), [0_usize; 0]);
        assert_eq!(lines("// #[cfg(feature = \"ssr\")]"), [0_usize; 0]);
    }

    #[test]
    fn the_files_that_may_differ_may() {
        assert!(in_file("#[cfg(feature = \"ssr\")]", true).is_empty());
    }

    #[test]
    fn inline_styles_and_raw_html_are_found() {
        assert_eq!(lines("<p style=\"color: red\">\n<p style:color=\"red\">\n<p inner_html=text>"), [1, 2, 3]);
        assert_eq!(lines("style=move || tone()"), [1]);
    }

    #[test]
    fn words_that_look_like_styles_are_not() {
        assert_eq!(
            lines("let style = Style::Plain;\nstyle: Style,\nclass=\"style\"\nuse crate::style::a;"),
            [0_usize; 0]
        );
        assert_eq!(lines("<p data-style=\"x\">\nif style == other {}"), [0_usize; 0]);
    }
}
