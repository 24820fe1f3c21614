//! What the browser stories need: Chromium, and the npm packages of `end2end`.

use std::fs;
use std::path::PathBuf;

use crate::lock::InstallLock;
use crate::shell::{Attempt as _, Outcome, Program, step};
use crate::{debian, tools, workspace};

/// The directory with the stories and the list of npm packages.
pub(crate) fn directory() -> PathBuf {
    workspace::root().join("end2end")
}

/// The browser of the stories, installed when there is none.
pub(crate) fn chromium() -> Outcome<PathBuf> {
    if let Some(found) = debian::chromium_on_path() {
        return Ok(found);
    }
    let _lock = InstallLock::take()?;
    step("Getting Chromium for the browser stories", || {
        debian::install("chromium", "for the browser stories, unless LATCHKEY_CHROMIUM names one you have")
    })?;
    debian::chromium_on_path().ok_or_else(|| "Chromium was installed and is still not on the PATH.".into())
}

/// Installs exactly what `package-lock.json` lists, when it is not what is there already.
pub(crate) fn npm_packages() -> Outcome<()> {
    let wanted = directory().join("package-lock.json");
    let wanted = fs::read(&wanted).attempt(format!("read {}", wanted.display()))?;
    let stamp = directory().join("node_modules").join(".installed-package-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    step("Getting the npm packages of end2end", || {
        tools::require("npm", "Install Node.js 20 or newer with npm.")?;
        Program::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .directory(&directory())
            // The stories drive the system's Chromium.
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
            .run()
    })?;
    fs::write(&stamp, wanted).attempt(format!("write {}", stamp.display()))
}
