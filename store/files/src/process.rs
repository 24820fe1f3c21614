//! A process's own corner of the staging folder, and those of processes that have ended.

use backend::OsEntropy;
use backend::files::LeftBehind;
use domain::FileId;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

const LOCK: &str = ".lock";

/// This process, as others know it.
#[derive(Debug)]
pub(crate) struct Process {
    staging: PathBuf,
    name: String,
    /// Locked until it is closed, which the operating system sees to.
    _lock: File,
}

impl Process {
    pub(crate) fn begin(staging: PathBuf) -> io::Result<Self> {
        let name = FileId::mint(&OsEntropy).to_string();
        // Locked before it has the name by which others look for it: none of them can take it for abandoned.
        let unnamed = staging.join(format!("{name}.new"));
        let lock = File::create_new(&unnamed)?;
        lock.lock()?;
        fs::create_dir(staging.join(&name))?;
        fs::rename(&unnamed, staging.join(format!("{name}{LOCK}")))?;
        Ok(Self { staging, name, _lock: lock })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What processes left that have ended. What they had not finished is removed, and so is what they left nothing in.
    pub(crate) fn left_by_others(&self) -> io::Result<Vec<LeftBehind>> {
        let mut left = Vec::new();
        for entry in fs::read_dir(&self.staging)? {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(LOCK))
            else {
                continue;
            };
            if name != self.name && has_ended(&path)? {
                let finished = self.finished_by(name)?;
                if finished.is_empty() {
                    self.forget(name);
                }
                left.extend(finished);
            }
        }
        Ok(left)
    }

    fn finished_by(&self, name: &str) -> io::Result<Vec<LeftBehind>> {
        let entries = match fs::read_dir(self.staging.join(name)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut finished = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let version_id = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
            match version_id {
                Some(version_id) => finished.push(LeftBehind { process: name.to_owned(), version_id }),
                None => remove(&path)?,
            }
        }
        Ok(finished)
    }

    /// Another process may be doing the same, so whatever is gone already is gone.
    fn forget(&self, name: &str) {
        if fs::remove_dir(self.staging.join(name)).is_ok() {
            let _ = fs::remove_file(self.staging.join(format!("{name}{LOCK}")));
        }
    }
}

impl Drop for Process {
    /// Nothing is left of a process that had nothing under way.
    fn drop(&mut self) {
        self.forget(&self.name);
    }
}

fn has_ended(lock: &Path) -> io::Result<bool> {
    let file = match File::open(lock) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
