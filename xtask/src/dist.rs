//! `cargo xtask dist`: one archive with everything an operator needs, for machines without Rust.
//!
//! The same build makes the same archive, byte for byte: names are sorted, owners are nobody's, and every file is as old
//! as the commit it was built from. (Not as old as 1970: browsers ask whether a file changed since its date.)

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::leptos::{self, Build, Profile};
use crate::shell::{Attempt as _, Outcome, Program, step};
use crate::tools::{self, Needs};
use crate::{archive, workspace};

/// What lies in the archive beside the program and its site: where it is in the source tree, and its name there.
const PAPERS: [(&str, &str); 6] = [
    ("LICENSE", "LICENSE"),
    ("packaging/latchkey.service", "latchkey.service"),
    ("packaging/latchkey.toml", "latchkey.toml"),
    ("packaging/latchkey-as-service", "latchkey-as-service"),
    ("packaging/INSTALL.md", "INSTALL.md"),
    ("docs/OPERATIONS.md", "OPERATIONS.md"),
];

pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    arguments.allow(&[])?;
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        return Err("the archive is for Linux with glibc, and is made there.".into());
    }
    tools::prepare(Needs::RELEASE_BUILD)?;
    let site_root = directory()?.join("site");
    let build = leptos::build(Profile::Release, site_root)?;
    // An archive that nobody has tried is none.
    let tally = archive::stories(&build);
    if !tally.is_green() {
        return Err("the archive does not do what it should.".into());
    }
    println!("{}", place()?.display());
    Ok(ExitCode::SUCCESS)
}

/// Makes the archive of a build, and its checksum beside it.
pub(crate) fn pack(build: &Build) -> Outcome<PathBuf> {
    step("Packing the archive", || {
        let name = name()?;
        let directory = directory()?;
        let content = directory.join(&name);
        if content.exists() {
            fs::remove_dir_all(&content).attempt(format!("empty {}", content.display()))?;
        }
        lay_out(build, &content)?;
        compress(&directory, &name)
    })
}

fn directory() -> Outcome<PathBuf> {
    Ok(workspace::target_directory()?.join("dist"))
}

fn name() -> Outcome<String> {
    Ok(format!("latchkey-{}-{}-linux", version()?, std::env::consts::ARCH))
}

fn place() -> Outcome<PathBuf> {
    Ok(directory()?.join(format!("{}.tar.gz", name()?)))
}

fn version() -> Outcome<String> {
    let packages = workspace::metadata()?["packages"].as_array().ok_or("`cargo metadata` lists no packages")?;
    let server = packages.iter().find(|package| package["name"] == "server");
    let version = server.and_then(|server| server["version"].as_str());
    Ok(version.ok_or("`cargo metadata` knows no version of `server`")?.to_owned())
}

fn lay_out(build: &Build, content: &Path) -> Outcome<()> {
    fs::create_dir_all(content).attempt(format!("create {}", content.display()))?;
    copy(&build.binary, &content.join("latchkey"), 0o755)?;
    let hashes = build.binary.with_file_name("hash.txt");
    copy(&hashes, &content.join("hash.txt"), 0o644)?;
    for (path, file) in files_below(&build.site_root)? {
        // cargo-leptos leaves a copy of the hashes here as well; the program reads the one beside it. The declarations
        // that wasm-bindgen writes are for compilers of TypeScript, and no browser asks for them.
        if path != "hash.txt" && !path.ends_with(".ts") {
            copy(&file, &content.join("site").join(path), 0o644)?;
        }
    }
    let glibc = glibc_needed(&build.binary)?;
    let blanks = [("{VERSION}", version()?), ("{GLIBC}", glibc), ("{ARCH}", std::env::consts::ARCH.to_owned())];
    for (source, name) in PAPERS {
        let source = workspace::root().join(source);
        let mut text = fs::read_to_string(&source).attempt(format!("read {}", source.display()))?;
        for (blank, value) in &blanks {
            text = text.replace(blank, value);
        }
        let mode = if text.starts_with("#!") { 0o755 } else { 0o644 };
        write(&content.join(name), &text, mode)?;
    }
    let mut sums = String::new();
    for path in files_below(content)?.into_keys() {
        let sum = Program::new("sha256sum").arg("--").arg(&path).directory(content).output()?;
        sums.push_str(&sum);
    }
    write(&content.join("SHA256SUMS"), &sums, 0o644)
}

/// The newest version of the C library whose symbols the program asks for, as they stand in it: `GLIBC_2.34`.
pub(crate) fn glibc_needed(binary: &Path) -> Outcome<String> {
    const MARK: &[u8] = b"GLIBC_2.";
    let bytes = fs::read(binary).attempt(format!("read {}", binary.display()))?;
    let minors = bytes.windows(MARK.len() + 3).filter(|window| window.starts_with(MARK)).filter_map(|window| {
        let digits: String =
            window[MARK.len()..].iter().map(|byte| char::from(*byte)).take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    });
    let newest = minors.max().ok_or_else(|| format!("{} asks for no glibc", binary.display()))?;
    Ok(format!("2.{newest}"))
}

/// Every file below a directory by its path from there, sorted.
fn files_below(directory: &Path) -> Outcome<BTreeMap<String, PathBuf>> {
    let mut files = BTreeMap::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(next) = directories.pop() {
        for entry in fs::read_dir(&next).attempt(format!("read {}", next.display()))? {
            let path = entry.attempt(format!("read {}", next.display()))?.path();
            if path.is_dir() {
                directories.push(path);
            } else {
                let from_here = path.strip_prefix(directory).attempt("name a file")?;
                files.insert(from_here.display().to_string(), path);
            }
        }
    }
    Ok(files)
}

fn copy(from: &Path, to: &Path, mode: u32) -> Outcome<()> {
    let parent = to.parent().unwrap_or(to);
    fs::create_dir_all(parent).attempt(format!("create {}", parent.display()))?;
    fs::copy(from, to).attempt(format!("copy {} to {}", from.display(), to.display()))?;
    set_mode(to, mode)
}

fn write(path: &Path, text: &str, mode: u32) -> Outcome<()> {
    fs::write(path, text).attempt(format!("write {}", path.display()))?;
    set_mode(path, mode)
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> Outcome<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).attempt(format!("mark {}", path.display()))
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> Outcome<()> {
    Err("the archive is for Linux, and is made on Linux.".into())
}

fn compress(directory: &Path, name: &str) -> Outcome<PathBuf> {
    let tar = directory.join(format!("{name}.tar"));
    Program::new("tar")
        .args(["--create", "--format=ustar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
        // Directories are made under whatever mask the builder has.
        .args(["--mode=u+rwX,go+rX,go-w"])
        .arg(format!("--mtime=@{}", commit_time()?))
        .arg("--file")
        .arg(&tar)
        .arg("--directory")
        .arg(directory)
        .arg(name)
        .output()?;
    // Without the name and the time that gzip would note.
    Program::new("gzip").args(["--force", "--no-name", "--best"]).arg(&tar).output()?;
    let archive = directory.join(format!("{name}.tar.gz"));
    let sum = Program::new("sha256sum").arg(format!("{name}.tar.gz")).directory(directory).output()?;
    write(&directory.join(format!("{name}.tar.gz.sha256")), &sum, 0o644)?;
    Ok(archive)
}

/// Seconds since 1970. Where there is no repository (an unpacked source archive), the start of 2026.
fn commit_time() -> Outcome<u64> {
    let said = Program::new("git").args(["log", "-1", "--format=%ct"]).output();
    match said {
        Ok(seconds) => seconds.trim().parse().attempt("read the time of the last commit"),
        Err(_) => Ok(1_767_225_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A build that is quick to make: what matters is how it is packed.
    fn small_build(directory: &Path) -> Build {
        let binary = directory.join("bin/latchkey");
        copy(&std::env::current_exe().expect("this test"), &binary, 0o755).expect("copied");
        fs::write(binary.with_file_name("hash.txt"), "js: x\n").expect("written");
        let site_root = directory.join("site");
        fs::create_dir_all(site_root.join("pkg")).expect("created");
        fs::write(site_root.join("pkg/latchkey.x.js"), "go()").expect("written");
        fs::write(site_root.join("pkg/latchkey.d.x.ts"), "export {}").expect("written");
        Build { binary, site_root }
    }

    #[test]
    fn the_same_build_makes_the_same_archive() {
        let directory = std::env::temp_dir().join(format!("latchkey-dist-{}", std::process::id()));
        let build = small_build(&directory);
        let packed = |name: &str| {
            let out = directory.join(name);
            lay_out(&build, &out.join("latchkey")).expect("laid out");
            fs::read(compress(&out, "latchkey").expect("compressed")).expect("read")
        };
        let (first, second) = (packed("first"), packed("second"));
        let names = files_below(&directory.join("first/latchkey")).expect("listed").into_keys().collect::<Vec<_>>();
        let _ = fs::remove_dir_all(&directory);
        assert!(!first.is_empty() && first == second);
        let expected = [
            "INSTALL.md",
            "LICENSE",
            "OPERATIONS.md",
            "SHA256SUMS",
            "hash.txt",
            "latchkey",
            "latchkey-as-service",
            "latchkey.service",
            "latchkey.toml",
            "site/pkg/latchkey.x.js",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn the_glibc_a_program_needs_is_read_from_it() {
        let this = std::env::current_exe().expect("this test");
        let needed = glibc_needed(&this).expect("a program for glibc");
        let minor: u32 = needed.strip_prefix("2.").expect("glibc 2").parse().expect("a number");
        assert!((17..100).contains(&minor), "{needed}");
    }
}
