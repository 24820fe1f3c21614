//! The arrows between the rooms of the house: which crate may depend on which. `docs/ARCHITECTURE.md` draws them, this
//! list holds them.

use serde_json::Value;

/// The section of a Cargo.toml that names a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Normal,
    Dev,
    Build,
}

/// What must hold for an arrow to be fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Terms {
    Always,
    /// For tests only.
    Dev,
    /// Optional, and switched on by this one feature only.
    Feature(&'static str),
}

/// Every arrow there may be between two of our crates.
const ALLOWED: [(&str, &str, Terms); 18] = [
    ("frontend", "app", Terms::Always),
    ("app", "domain", Terms::Always),
    ("app", "backend", Terms::Feature("ssr")),
    ("backend", "domain", Terms::Always),
    ("store-contract", "backend", Terms::Always),
    ("store-contract", "domain", Terms::Always),
    ("store-sqlite", "backend", Terms::Always),
    ("store-sqlite", "domain", Terms::Always),
    ("store-sqlite", "store-contract", Terms::Dev),
    ("store-files", "backend", Terms::Always),
    ("store-files", "domain", Terms::Always),
    ("server", "store-files", Terms::Always),
    ("server", "app", Terms::Always),
    ("server", "backend", Terms::Always),
    ("server", "domain", Terms::Always),
    ("server", "store-sqlite", Terms::Always),
    ("server", "store-inspect", Terms::Dev),
    ("store-inspect", "store-sqlite", Terms::Dev),
];

/// Libraries that would bring in what a room deliberately does not do.
const BANNED: [(&str, &[&str], &str); 2] = [
    (
        "domain",
        &["tokio", "axum", "leptos", "sqlx", "getrandom", "rand"],
        "the rules do no I/O, know no screen, and take clock and randomness as arguments",
    ),
    (
        "backend",
        &["axum", "http", "hyper", "sqlx", "leptos"],
        "the use cases know neither HTTP nor SQL nor the screens",
    ),
];

/// One dependency, as `cargo metadata` describes it.
struct Arrow<'a> {
    from: &'a str,
    to: &'a str,
    section: Section,
    optional: bool,
    /// The features of `from` that switch it on.
    switched_on_by: Vec<&'a str>,
}

/// Every arrow that should not be there, each as a sentence. `metadata` is what `cargo metadata --no-deps` says.
pub(crate) fn violations(metadata: &Value) -> Vec<String> {
    let packages: Vec<&Value> = metadata["packages"].as_array().into_iter().flatten().collect();
    let ours: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    packages.iter().flat_map(|package| arrows_of(package)).filter_map(|arrow| complaint(&arrow, &ours)).collect()
}

fn arrows_of(package: &Value) -> Vec<Arrow<'_>> {
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    dependencies.filter_map(|dependency| arrow(package, dependency)).collect()
}

fn arrow<'a>(package: &'a Value, dependency: &'a Value) -> Option<Arrow<'a>> {
    let to = dependency["name"].as_str()?;
    // Features speak of a renamed dependency by its new name.
    let called = dependency["rename"].as_str().unwrap_or(to);
    Some(Arrow {
        from: package["name"].as_str()?,
        to,
        section: match dependency["kind"].as_str() {
            Some("dev") => Section::Dev,
            Some("build") => Section::Build,
            _ => Section::Normal,
        },
        optional: dependency["optional"].as_bool().unwrap_or(false),
        switched_on_by: features_that_switch_on(package, called),
    })
}

/// `dep:NAME` and `NAME/FEATURE` switch a dependency on; `NAME?/FEATURE` does not.
fn features_that_switch_on<'a>(package: &'a Value, dependency: &str) -> Vec<&'a str> {
    let features = package["features"].as_object().into_iter().flatten();
    let switches_on = |enabled: &Value| {
        let enabled = enabled.as_str().unwrap_or_default();
        enabled.strip_prefix("dep:") == Some(dependency)
            || enabled.split_once('/').is_some_and(|(name, _)| name == dependency)
    };
    features
        .filter(|(_, enabled)| enabled.as_array().into_iter().flatten().any(switches_on))
        .map(|(feature, _)| feature.as_str())
        .collect()
}

fn complaint(arrow: &Arrow<'_>, ours: &[&str]) -> Option<String> {
    if ours.contains(&arrow.to) { complaint_about_room(arrow) } else { complaint_about_library(arrow) }
}

fn complaint_about_room(arrow: &Arrow<'_>) -> Option<String> {
    let (from, to) = (arrow.from, arrow.to);
    let Some((_, _, terms)) =
        ALLOWED.iter().find(|(allowed_from, allowed_to, _)| (from, to) == (*allowed_from, *allowed_to))
    else {
        return Some(format!("{from} must not depend on {to}: there is no such arrow in the house"));
    };
    match terms {
        Terms::Always => None,
        Terms::Dev if arrow.section == Section::Dev => None,
        Terms::Dev => Some(format!("{from} may depend on {to} in its tests only (dev-dependencies)")),
        Terms::Feature(feature) if arrow.optional && arrow.switched_on_by == [*feature] => None,
        Terms::Feature(feature) => {
            Some(format!("{from} may depend on {to} only as an optional dependency of its feature `{feature}`"))
        }
    }
}

fn complaint_about_library(arrow: &Arrow<'_>) -> Option<String> {
    let (from, to) = (arrow.from, arrow.to);
    if to == "sqlx" && !from.starts_with("store-") {
        return Some(format!("{from} must not depend on sqlx: SQL lives in the stores only"));
    }
    let (_, _, reason) = BANNED.iter().find(|(room, libraries, _)| *room == from && libraries.contains(&to))?;
    Some(format!("{from} must not depend on {to}: {reason}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ROOMS: [&str; 8] =
        ["domain", "backend", "store-contract", "store-sqlite", "app", "frontend", "server", "xtask"];

    /// A workspace with all our rooms, where only `from` depends on anything.
    fn house(from: &str, dependency: &Value, features: &Value) -> Value {
        let packages: Vec<Value> = ROOMS
            .iter()
            .map(|room| {
                let dependencies = if *room == from { json!([dependency]) } else { json!([]) };
                json!({"name": room, "dependencies": dependencies, "features": features})
            })
            .collect();
        json!({"packages": packages})
    }

    fn complaints(from: &str, to: &str, kind: Option<&str>) -> usize {
        let dependency = json!({"name": to, "kind": kind, "optional": false});
        violations(&house(from, &dependency, &json!({}))).len()
    }

    #[test]
    fn this_workspace_has_only_the_arrows_of_the_house() {
        let metadata = crate::workspace::metadata().expect("cargo describes the workspace");
        assert_eq!(violations(metadata), Vec::<String>::new());
    }

    #[test]
    fn arrows_of_the_house_are_fine() {
        assert_eq!(complaints("frontend", "app", None), 0);
        assert_eq!(complaints("server", "store-sqlite", None), 0);
        assert_eq!(complaints("store-sqlite", "store-contract", Some("dev")), 0);
    }

    #[test]
    fn any_other_arrow_is_refused_wherever_it_is_written() {
        assert_eq!(complaints("domain", "backend", None), 1);
        assert_eq!(complaints("backend", "store-sqlite", Some("dev")), 1);
        assert_eq!(complaints("frontend", "domain", None), 1);
        assert_eq!(complaints("server", "store-contract", Some("dev")), 1);
        assert_eq!(complaints("xtask", "domain", Some("build")), 1);
    }

    #[test]
    fn a_store_knows_the_contract_in_its_tests_only() {
        assert_eq!(complaints("store-sqlite", "store-contract", None), 1);
        assert_eq!(complaints("store-sqlite", "store-contract", Some("build")), 1);
    }

    #[test]
    fn app_knows_backend_only_behind_ssr() {
        let optional = json!({"name": "backend", "kind": null, "optional": true});
        let always = json!({"name": "backend", "kind": null, "optional": false});
        let behind_ssr = json!({"ssr": ["dep:backend", "leptos/ssr"], "hydrate": ["leptos/hydrate", "backend?/x"]});
        let leaking = json!({"ssr": ["dep:backend"], "hydrate": ["backend/x"]});
        assert_eq!(violations(&house("app", &optional, &behind_ssr)).len(), 0);
        assert_eq!(violations(&house("app", &optional, &leaking)).len(), 1);
        assert_eq!(violations(&house("app", &always, &behind_ssr)).len(), 1);
    }

    #[test]
    fn only_stores_know_sql() {
        assert_eq!(complaints("store-sqlite", "sqlx", None), 0);
        assert_eq!(complaints("server", "sqlx", Some("dev")), 1);
        assert_eq!(complaints("app", "sqlx", None), 1);
    }

    #[test]
    fn rooms_stay_free_of_what_they_do_not_do() {
        assert_eq!(complaints("domain", "tokio", None), 1);
        assert_eq!(complaints("domain", "rand", Some("dev")), 1);
        assert_eq!(complaints("backend", "axum", None), 1);
        assert_eq!(complaints("backend", "tokio", None), 0);
    }
}
