//! The workspace's crates as they are compiled: one by one and target by target. All at once would unify the features
//! `ssr` and `browser` of `app` into something nobody ships.

use crate::shell::{Outcome, Program};
use crate::{leptos, workspace};

/// One crate, compiled for one purpose.
#[derive(Clone, Copy)]
pub(crate) struct Unit {
    pub(crate) package: &'static str,
    features: Option<&'static str>,
    pub(crate) place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Server,
    Browser,
    /// xtask, compiled by a plain `cargo xtask` before anything can say which flags to use.
    Builder,
}

const fn on_server(package: &'static str) -> Unit {
    Unit { package, features: None, place: Place::Server }
}

const fn in_browser(package: &'static str) -> Unit {
    Unit { package, features: None, place: Place::Browser }
}

/// From the inside out, so that the first failure is the nearest to its cause.
pub(crate) const ALL: [Unit; 12] = [
    on_server("domain"),
    on_server("backend"),
    on_server("store-contract"),
    on_server("store-files"),
    on_server("store-inspect"),
    on_server("store-sqlite"),
    Unit { features: Some("ssr"), ..on_server("app") },
    on_server("server"),
    in_browser("domain"),
    Unit { features: Some("browser"), ..in_browser("app") },
    in_browser("frontend"),
    Unit { package: "xtask", features: None, place: Place::Builder },
];

impl Unit {
    /// `app (ssr)`, `domain in the browser`
    pub(crate) fn name(self) -> String {
        let features = self.features.map_or_else(String::new, |features| format!(" ({features})"));
        let place = if self.place == Place::Browser { ", for the browser" } else { "" };
        format!("{}{features}{place}", self.package)
    }

    /// A cargo command for this unit, with the flags cargo-leptos builds with, so that nothing compiles twice.
    pub(crate) fn cargo(self, command: &str) -> Outcome<Program> {
        let program = Program::new("cargo").args([command, "--package", self.package]);
        let program = program.args(self.features.into_iter().flat_map(|features| ["--features", features]));
        Ok(match self.place {
            Place::Builder => program,
            Place::Server => program.envs(leptos::debug_environment()?),
            Place::Browser => {
                // Where cargo-leptos compiles for the browser.
                let directory = workspace::target_directory()?.join("front");
                let program = program.args(["--target", "wasm32-unknown-unknown", "--target-dir"]).arg(directory);
                program.envs(leptos::debug_environment()?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A crate that is missing here would be neither tested nor checked, and nobody would notice.
    #[test]
    fn every_crate_of_the_workspace_is_listed() {
        let packages = &workspace::metadata().expect("cargo describes the workspace")["packages"];
        for package in packages.as_array().expect("packages are a list") {
            let name = package["name"].as_str().expect("a package has a name");
            assert!(ALL.iter().any(|unit| unit.package == name), "{name} is in no list");
        }
    }
}
