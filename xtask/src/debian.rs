//! What Debian and its relatives package: Rust's source and single programs, taken without touching the system, and
//! Chromium, installed into it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::shell::{Attempt as _, Outcome, Program, find};
use crate::{tools, wasm_std};

/// Newer compilers than the release's own come through backports.
const SUITE: &str = "trixie-backports";
const ARCHIVE_KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Where the system gets its packages from, and whose signature it expects.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mirror {
    uri: String,
    keyring: String,
}

/// Downloads and unpacks the source package of exactly this compiler, checked against the archive's signature, and
/// returns the directory of the standard library within. The system's own package lists stay as they are.
pub(crate) fn rust_source(version: &str, scratch: &Path) -> Outcome<PathBuf> {
    require_debian()?;
    let apt = PrivateApt::new(scratch, SUITE)?;
    apt.run("apt-get", &["update"])?;
    let package = format!("rust-src={}", apt.version_of("rust-src", version)?);
    let unpacked = apt.unpack(&package)?;
    wasm_std::library_within(&unpacked).ok_or_else(|| format!("`{package}` holds no standard library.").into())
}

/// Downloads the package of this name, of the system's own release, and returns where the program of the same name lies
/// within. For programs that need nothing a system does not have.
pub(crate) fn program(name: &str, scratch: &Path) -> Outcome<PathBuf> {
    require_debian()?;
    let release = fs::read_to_string("/etc/os-release").attempt("read which release of Debian this is")?;
    let codename = codename(&release).ok_or("/etc/os-release names no release of Debian.")?;
    let apt = PrivateApt::new(scratch, codename)?;
    apt.run("apt-get", &["update"])?;
    let unpacked = apt.unpack(name)?;
    let mut places = ["usr/bin", "usr/sbin"].iter().map(|place| unpacked.join(place).join(name));
    places.find(|program| program.is_file()).ok_or_else(|| format!("the package `{name}` holds no program.").into())
}

fn codename(os_release: &str) -> Option<&str> {
    os_release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="))
}

/// Installs a package system-wide, which only root can; `what_for` completes "wrk is needed …".
pub(crate) fn install(package: &str, what_for: &str) -> Outcome<()> {
    require_debian()?;
    let user = Program::new("id").arg("-u").output()?;
    if user.trim() != "0" {
        let way_out = format!("run `sudo apt-get update && sudo apt-get install -y {package}`");
        return Err(format!("{package} is needed {what_for}: {way_out}.").into());
    }
    eprintln!("    this is a system-wide install: apt-get install {package}");
    let apt = |words: &[&str]| {
        Program::new("apt-get").args(words).env("DEBIAN_FRONTEND", "noninteractive").output().map(drop)
    };
    apt(&["update"])?;
    apt(&["install", "-y", package])
}

fn require_debian() -> Outcome<()> {
    let needed = ["apt-get", "apt-cache", "dpkg-deb"];
    match needed.iter().find(|program| find(program).is_none()) {
        None => Ok(()),
        Some(program) => Err(format!("this is not a Debian-like system: `{program}` was not found.").into()),
    }
}

/// apt with directories of its own.
struct PrivateApt {
    home: PathBuf,
}

impl PrivateApt {
    fn new(scratch: &Path, suite: &str) -> Outcome<Self> {
        let home = scratch.join("apt");
        let _ = fs::remove_dir_all(&home);
        for directory in ["lists/partial", "cache/archives/partial", "state"] {
            fs::create_dir_all(home.join(directory)).attempt(format!("create directories in {}", home.display()))?;
        }
        let mirror = system_mirror()?;
        let line = format!("deb [signed-by={}] {} {suite} main\n", mirror.keyring, mirror.uri);
        fs::write(home.join("sources.list"), line).attempt("write a sources list")?;
        Ok(Self { home })
    }

    fn program(&self, program: &str) -> Program {
        let setting = |name: &str, below: &str| format!("{name}={}", self.home.join(below).display());
        let settings = [
            setting("Dir::Etc::sourcelist", "sources.list"),
            "Dir::Etc::sourceparts=-".to_owned(),
            setting("Dir::State", "state"),
            setting("Dir::State::lists", "lists"),
            setting("Dir::Cache", "cache"),
            // The user apt steps down to cannot write to a private directory.
            "APT::Sandbox::User=root".to_owned(),
        ];
        let settings = settings.into_iter().flat_map(|setting| ["-o".to_owned(), setting]);
        Program::new(program).args(settings).directory(&self.home)
    }

    fn run(&self, program: &str, words: &[&str]) -> Outcome<()> {
        self.program(program).args(words).output().map(drop)
    }

    /// Downloads a package and returns the directory with what it holds.
    fn unpack(&self, package: &str) -> Outcome<PathBuf> {
        self.run("apt-get", &["download", package])?;
        let archive = only_package_in(&self.home)?;
        let unpacked = self.home.join("unpacked");
        Program::new("dpkg-deb").arg("-x").arg(archive).arg(&unpacked).run()?;
        Ok(unpacked)
    }

    /// The package's version that belongs to this version of the compiler. Another one's source does not build.
    fn version_of(&self, package: &str, compiler: &str) -> Outcome<String> {
        let listing = self.program("apt-cache").args(["madison", package]).output()?;
        matching_version(&listing, compiler).ok_or_else(|| {
            format!("{SUITE} has no {package} for Rust {compiler}, only:\n{}", listing.trim_end()).into()
        })
    }
}

/// Out of ` rust-src | 1.95.0+dfsg1-2~bpo13+1 | http://… ` the version that starts with the compiler's.
fn matching_version(listing: &str, compiler: &str) -> Option<String> {
    let versions = listing.lines().filter_map(|line| line.split('|').nth(1)).map(str::trim);
    versions.into_iter().find(|version| belongs_to(version, compiler)).map(str::to_owned)
}

fn belongs_to(version: &str, compiler: &str) -> bool {
    version
        .strip_prefix(compiler)
        .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit() || next == '.'))
}

fn only_package_in(directory: &Path) -> Outcome<PathBuf> {
    let entries = fs::read_dir(directory).attempt(format!("read {}", directory.display()))?;
    let mut paths = entries.flatten().map(|entry| entry.path());
    paths.find(|path| path.extension().is_some_and(|e| e == "deb")).ok_or_else(|| "apt downloaded no package".into())
}

/// The mirror the system itself uses, so that a company's own mirror keeps being used.
fn system_mirror() -> Outcome<Mirror> {
    let mut texts = Vec::new();
    let mut paths = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Ok(entries) = fs::read_dir("/etc/apt/sources.list.d") {
        paths.extend(entries.flatten().map(|entry| entry.path()));
    }
    paths.sort();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let deb822 = path.extension().is_some_and(|extension| extension == "sources");
        texts.push((text, deb822));
    }
    let mirrors =
        texts.iter().flat_map(|(text, deb822)| if *deb822 { deb822_mirrors(text) } else { line_mirrors(text) });
    mirrors.into_iter().next().ok_or_else(|| "no mirror of the Debian archive is configured in /etc/apt.".into())
}

/// Mirrors in the style of `Types: deb` stanzas.
fn deb822_mirrors(text: &str) -> Vec<Mirror> {
    text.split("\n\n").filter_map(stanza_mirror).collect()
}

fn stanza_mirror(stanza: &str) -> Option<Mirror> {
    let field = |name: &str| {
        let mut lines = stanza.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    let binary = field("Types")?.split_whitespace().any(|kind| kind == "deb");
    let uri = field("URIs")?.split_whitespace().next()?;
    let signed_by = field("Signed-By").filter(|value| value.starts_with('/'));
    archive_mirror(uri, field("Suites")?, signed_by).filter(|_| binary)
}

/// Mirrors in the style of `deb [signed-by=…] URI SUITE COMPONENT…`.
fn line_mirrors(text: &str) -> Vec<Mirror> {
    text.lines().filter_map(line_mirror).collect()
}

fn line_mirror(line: &str) -> Option<Mirror> {
    let rest = line.trim().strip_prefix("deb ")?.trim();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split_whitespace();
    let (uri, suite) = (words.next()?, words.next()?);
    let signed_by = options.split_whitespace().find_map(|option| option.strip_prefix("signed-by="));
    archive_mirror(uri, suite, signed_by)
}

/// Only the Debian archive proper has the suite we want: not its security archive, and not other people's.
fn archive_mirror(uri: &str, suites: &str, signed_by: Option<&str>) -> Option<Mirror> {
    let keyring = signed_by.unwrap_or(ARCHIVE_KEYRING);
    let ours = uri.trim_end_matches('/').ends_with("debian") && keyring.contains("debian-archive");
    let security = uri.contains("security") || suites.contains("security");
    (ours && !security).then(|| Mirror { uri: uri.to_owned(), keyring: keyring.to_owned() })
}

/// The first browser of that family on the search path.
pub(crate) fn chromium_on_path() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    tools::named_path("LATCHKEY_CHROMIUM").or_else(|| names.iter().find_map(|name| find(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stanza_names_the_mirror_and_its_keyring() {
        let text = "Types: deb\n# a comment: with a colon\nURIs: http://mirror.example/debian\nSuites: bookworm\n\
                    Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n\
                    Types: deb\nURIs: http://mirror.example/debian-security\nSuites: bookworm-security\n\
                    Components: main\n";
        let expected = Mirror { uri: "http://mirror.example/debian".to_owned(), keyring: ARCHIVE_KEYRING.to_owned() };
        assert_eq!(deb822_mirrors(text), [expected]);
    }

    #[test]
    fn a_line_names_the_mirror_and_its_keyring() {
        let text = "# deb http://commented.example/debian bookworm main\n\
                    deb [arch=amd64 signed-by=/keys/debian-archive.gpg] http://mirror.example/debian/ bookworm main\n\
                    deb-src http://mirror.example/debian bookworm main\n\
                    deb http://mirror.example/tools stable main\n";
        let expected =
            Mirror { uri: "http://mirror.example/debian/".to_owned(), keyring: "/keys/debian-archive.gpg".to_owned() };
        assert_eq!(line_mirrors(text), [expected]);
    }

    #[test]
    fn the_release_is_read_from_what_the_system_says_of_itself() {
        assert_eq!(codename("ID=debian\nVERSION_CODENAME=bookworm\nNAME=x\n"), Some("bookworm"));
        assert_eq!(codename("NAME=\"Elsewhere\"\n"), None);
    }

    #[test]
    fn only_the_compilers_own_source_is_chosen() {
        let listing = " rust-src | 1.96.0+dfsg1-1~bpo13+1 | http://mirror.example trixie-backports/main\n \
                       rust-src | 1.95.0+dfsg1-2~bpo13+1 | http://mirror.example trixie-backports/main\n";
        assert_eq!(matching_version(listing, "1.95.0").as_deref(), Some("1.95.0+dfsg1-2~bpo13+1"));
        assert_eq!(matching_version(listing, "1.9"), None);
        assert_eq!(matching_version(listing, "1.94.0"), None);
    }
}
