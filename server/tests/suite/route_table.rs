//! The table of routes is the whole truth about what is served.

use server::routes;
use std::path::{Path, PathBuf};

#[test]
fn the_table_lists_every_screen_and_server_function_of_the_app_and_no_others() {
    routes::check().unwrap();
}

#[test]
fn nothing_but_the_table_adds_a_route() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let adds =
        [".route(", ".route_service(", ".nest(", ".nest_service(", ".fallback(", ".fallback_service(", ".merge("];
    let mut adding: Vec<_> = rust_files(&source)
        .into_iter()
        .filter(|file| {
            let text = std::fs::read_to_string(file).unwrap();
            adds.iter().any(|word| text.contains(word))
        })
        .collect();
    adding.sort();
    // The second listener has one place of its own; `metrics` holds that it is nowhere else.
    let allowed = [source.join("metrics/mod.rs"), source.join("router.rs")];
    assert_eq!(adding, allowed, "routes are added by the table in routes.rs");
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}
