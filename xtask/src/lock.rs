//! One set-up at a time: clones share the tools directory, and two installs at once would trip over each other.

use std::fs::{self, File};

use crate::shell::{Attempt as _, Outcome};
use crate::tools;

/// Held while something is installed; the operating system lets go of it when the process ends, however it ends.
pub(crate) struct InstallLock {
    _file: File,
}

impl InstallLock {
    pub(crate) fn take() -> Outcome<Self> {
        let directory = tools::directory()?;
        fs::create_dir_all(&directory).attempt(format!("create {}", directory.display()))?;
        let path = directory.join("install.lock");
        let file = File::create(&path).attempt(format!("create {}", path.display()))?;
        if file.try_lock().is_err() {
            eprintln!("    waiting for another `cargo xtask` that is installing tools …");
            file.lock().attempt(format!("lock {}", path.display()))?;
        }
        Ok(Self { _file: file })
    }
}
