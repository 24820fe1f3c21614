//! A disk that is really full: a small file system in memory, mounted where nobody else sees it.

use crate::program::{Place, Served};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Where the data lies, below the place.
const DATA: &str = "disk";

/// Loud, because the quota of `full_disk` then is the only full disk that was tried.
pub const SKIPPED: &str = "SKIPPED: this user may mount nothing. Run as root, or allow unprivileged user namespaces.";

/// Mounting needs root, or root in a user namespace of one's own.
const WAYS_IN: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];

/// A place with its data on a small disk.
pub struct SmallDisk {
    pub place: Place,
    /// Keeps the mount alive; ends when its stdin closes.
    keeper: Child,
    in_user_namespace: bool,
}

impl SmallDisk {
    /// `None` where this user may mount nothing.
    pub fn new(megabytes: u32) -> Option<Self> {
        let place = Place::new();
        std::fs::create_dir(place.path(DATA)).unwrap();
        let script = format!("mount -t tmpfs -o size={megabytes}m,mode=0700 tmpfs \"$0\" && echo mounted && exec cat");
        for flags in WAYS_IN {
            let mut keeper = Command::new("unshare")
                .args(flags)
                .args(["sh", "-c", &script, &place.path(DATA)])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .ok()?;
            let mut line = String::new();
            BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
            if line == "mounted\n" {
                return Some(Self { place, keeper, in_user_namespace: flags.len() > 1 });
            }
            let _ = keeper.wait();
        }
        None
    }

    /// Begins a command that runs where the disk can be seen.
    fn inside(&self) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.keeper.id().to_string(), "--mount"]);
        if self.in_user_namespace {
            command.args(["--user", "--preserve-credentials"]);
        }
        command
    }

    /// Nobody may have a file of it open for writing.
    pub fn make_read_only(&self) {
        let remount = self.inside().args(["mount", "-o", "remount,ro", &self.place.path(DATA)]).status().unwrap();
        assert!(remount.success());
    }

    /// A command of the program, run where the disk can be seen.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let plain = self.place.command(arguments, &[]);
        let mut command = self.inside();
        let directory = self.place.directory.path();
        command.args(["sh", "-c", "cd \"$0\" && exec \"$@\""]).arg(directory).arg(plain.get_program());
        command.args(plain.get_args()).env_clear();
        command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("LATCHKEY_DATABASE_URL", format!("sqlite:{DATA}/latchkey.db"));
        command.env("LATCHKEY_MASTER_KEY_FILE", format!("{DATA}/master.key"));
        command
    }

    pub fn serve(&self) -> Served {
        self.serve_with(&[])
    }

    pub fn serve_with(&self, variables: &[(&str, &str)]) -> Served {
        let mut command = self.command(&["serve"]);
        command.envs(variables.iter().copied());
        self.place.await_ready(command)
    }

    /// A file on the disk, seen from outside.
    pub fn path(&self, name: &str) -> PathBuf {
        let seen_by_keeper = format!("/proc/{}/root{}", self.keeper.id(), self.place.path(DATA));
        PathBuf::from(seen_by_keeper).join(name)
    }

    /// Writes until not another byte can be written.
    pub fn fill(&self) {
        let mut ballast = File::options().create(true).append(true).open(self.path("ballast")).unwrap();
        for size in [1 << 16, 1] {
            let error = std::iter::repeat_with(|| ballast.write_all(&vec![0; size])).find_map(Result::err).unwrap();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{error}");
        }
    }

    pub fn make_room(&self) {
        std::fs::remove_file(self.path("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
