//! docs/SECURITY.md names the test that holds each promise. A test that is renamed or removed must not leave its promise
//! standing there with nothing under it.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::gates::files_below;
use crate::shell::{Attempt as _, Outcome};
use crate::workspace;

const PAGE: &str = "docs/SECURITY.md";

/// Every test the page names that is nowhere to be found, each as a sentence.
pub(crate) fn without_test() -> Outcome<Vec<String>> {
    let page = fs::read_to_string(workspace::root().join(PAGE)).attempt(format!("read {PAGE}"))?;
    let mut sources = HashMap::new();
    for path in files_below(workspace::root(), &["rs", "ts"])? {
        let name = module_name(&path);
        let text = fs::read_to_string(&path).attempt(format!("read {}", path.display()))?;
        sources.entry(name).or_insert_with(String::new).push_str(&text);
    }
    let named = tests_named_in(&page);
    if named.is_empty() {
        return Err(format!("{PAGE} names no test at all").into());
    }
    let missing = named.into_iter().filter(|(_, file, test)| !sources.get(*file).is_some_and(|text| holds(text, test)));
    Ok(missing.map(|(line, file, test)| format!("{PAGE}:{line}: there is no test `{test}` in `{file}`")).collect())
}

/// `matrix/any_request.rs` is the module `any_request`, and `matrix/mod.rs` is `matrix`.
fn module_name(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    let named = if stem == "mod" { path.parent().and_then(Path::file_name).unwrap_or_default() } else { stem };
    named.to_string_lossy().into_owned()
}

/// The code spans of the last cells of the tables: `` `file::a_test` `` or `` `file.spec: a story` ``.
fn tests_named_in(page: &str) -> Vec<(usize, &str, &str)> {
    let rows = page.lines().enumerate().filter(|(_, line)| line.starts_with('|'));
    let cells = rows.filter_map(|(index, line)| Some((index + 1, line.trim_end_matches('|').rsplit('|').next()?)));
    let spans = cells.flat_map(|(line, cell)| cell.split('`').skip(1).step_by(2).map(move |span| (line, span)));
    spans
        .filter_map(|(line, span)| {
            let (file, test) = span.split_once("::").or_else(|| span.split_once(": "))?;
            Some((line, file, test))
        })
        .collect()
}

/// Whether the text declares the test: a function of that name, or a story of that title.
fn holds(text: &str, test: &str) -> bool {
    [format!("fn {test}("), format!("test('{test}'")].iter().any(|declaration| text.contains(declaration))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_named_in_the_last_cell_of_a_row() {
        let page =
            "Text with `a::b`.\n| promise | `not::this` | `file::a_test`, `main-job.spec: a story` and `words` |\n";
        assert_eq!(tests_named_in(page), [(2, "file", "a_test"), (2, "main-job.spec", "a story")]);
    }

    #[test]
    fn a_module_is_named_by_its_file_or_else_by_its_directory() {
        assert_eq!(module_name(Path::new("suite/matrix/any_request.rs")), "any_request");
        assert_eq!(module_name(Path::new("suite/matrix/mod.rs")), "matrix");
        assert_eq!(module_name(Path::new("stories/main-job.spec.ts")), "main-job.spec");
    }

    #[test]
    fn a_test_is_found_by_its_whole_name() {
        let text = "async fn a_pair_is_rolled_once(store: &S) {}\ntest('a story', async () => {})";
        assert!(holds(text, "a_pair_is_rolled_once") && holds(text, "a story"));
        assert!(!holds(text, "a_pair_is_rolled") && !holds(text, "a sto"));
    }
}
