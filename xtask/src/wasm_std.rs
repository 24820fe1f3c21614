//! The standard library for `wasm32-unknown-unknown`: rustup's where rustup can fetch it, built from Rust's own source
//! where it cannot.

use std::fs;
use std::path::{Path, PathBuf};

use crate::lock::InstallLock;
use crate::shell::{Attempt as _, Failure, Outcome, Program, find, step};
use crate::{debian, tools};

const TARGET: &str = "wasm32-unknown-unknown";
/// Lies beside the libraries we built, and names the compiler they fit.
const STAMP: &str = "built-by-latchkey.txt";

/// The compiler that will link against the library.
struct Compiler {
    sysroot: PathBuf,
    /// `rustc 1.95.0 (59807616e 2026-04-14)`
    full_version: String,
}

/// Makes sure that the compiler finds a standard library for the browser.
pub(crate) fn ensure() -> Outcome<()> {
    let compiler = Compiler::ask()?;
    if compiler.has_target() {
        return Ok(());
    }
    let _lock = InstallLock::take()?;
    if compiler.has_target() {
        return Ok(());
    }
    compiler.clear_away_what_no_longer_fits();
    if let Some(source) = tools::named_path("LATCHKEY_RUST_SRC") {
        return build_from(&compiler, &source);
    }
    if rustup_adds_target() && compiler.has_target() {
        return Ok(());
    }
    build_from(&compiler, &find_source(&compiler)?)
}

impl Compiler {
    fn ask() -> Outcome<Self> {
        tools::require("rustc", "Install Rust 1.95 or newer.")?;
        let sysroot = Program::new("rustc").args(["--print", "sysroot"]).output()?;
        let full_version = Program::new("rustc").arg("--version").output()?;
        Ok(Self { sysroot: PathBuf::from(sysroot.trim()), full_version: full_version.trim().to_owned() })
    }

    /// `1.95.0`
    fn version(&self) -> &str {
        self.full_version.split_whitespace().nth(1).unwrap_or_default()
    }

    /// Where `rustup target add` puts a target's libraries.
    fn library_directory(&self) -> PathBuf {
        self.sysroot.join("lib").join("rustlib").join(TARGET).join("lib")
    }

    /// A library that we built for an earlier compiler stays behind when that compiler is updated in place, and every
    /// build would fail on it; so ours only counts for the compiler it was built by.
    fn has_target(&self) -> bool {
        let directory = self.library_directory();
        let fits = fs::read_to_string(directory.join(STAMP)).map_or(true, |stamp| stamp.trim() == self.full_version);
        fits && holds_std(&directory)
    }

    /// rustup would refuse to install over it.
    fn clear_away_what_no_longer_fits(&self) {
        let directory = self.library_directory();
        if directory.join(STAMP).exists() {
            let _ = fs::remove_dir_all(&directory);
        }
    }
}

fn holds_std(directory: &Path) -> bool {
    let Ok(entries) = fs::read_dir(directory) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    })
}

fn rustup_adds_target() -> bool {
    if find("rustup").is_none() {
        return false;
    }
    let added = step("Asking rustup for the WebAssembly target", || {
        Program::new("rustup").args(["target", "add", TARGET]).output()
    });
    if added.is_err() {
        eprintln!("    rustup cannot fetch it here; building it from Rust's own source instead");
    }
    added.is_ok()
}

/// Rust's source as rustup's component `rust-src`, or as the distribution packages it.
fn find_source(compiler: &Compiler) -> Outcome<PathBuf> {
    let component = compiler.sysroot.join("lib/rustlib/src/rust/library");
    if component.join("sysroot/Cargo.toml").is_file() {
        return Ok(component);
    }
    let packaged = step("Getting Rust's source from the distribution's packages", || {
        debian::rust_source(compiler.version(), &scratch()?)
    });
    packaged.map_err(|failure| no_way_left(compiler, &failure))
}

fn no_way_left(compiler: &Compiler, cause: &Failure) -> Failure {
    format!(
        "the standard library for {TARGET} is missing and none of the usual ways got it ({cause})\n\
         Either run `rustup target add {TARGET}` where rustup can reach its server, or set LATCHKEY_RUST_SRC to a \
         directory or .tar.xz that holds the `library/` of Rust {}.",
        compiler.version()
    )
    .into()
}

/// Builds the library out of a directory or archive and puts it where `rustup target add` would.
fn build_from(compiler: &Compiler, source: &Path) -> Outcome<()> {
    let scratch = scratch()?;
    let what = format!("Building the standard library for {TARGET} (half a minute, once)");
    let result = step(&what, || {
        let library = own_copy(source, &scratch)?;
        let built = compile(compiler, &library).map_err(|failure| does_not_fit(compiler, source, &failure))?;
        install(compiler, &built)
    });
    // Only the libraries are worth keeping; failing to tidy up is not worth stopping for.
    let _ = fs::remove_dir_all(&scratch);
    result
}

fn does_not_fit(compiler: &Compiler, source: &Path, failure: &Failure) -> Failure {
    format!("{failure} The source in {} must be that of exactly Rust {}.", source.display(), compiler.version()).into()
}

fn scratch() -> Outcome<PathBuf> {
    let directory = tools::directory()?.join("wasm-std");
    fs::create_dir_all(&directory).attempt(format!("create {}", directory.display()))?;
    Ok(directory)
}

/// A copy we may write to, since the source may belong to root or to a package manager.
fn own_copy(source: &Path, scratch: &Path) -> Outcome<PathBuf> {
    let copy = scratch.join("copy");
    let _ = fs::remove_dir_all(&copy);
    fs::create_dir_all(&copy).attempt(format!("create {}", copy.display()))?;
    if source.is_dir() {
        let library = library_within(source).ok_or_else(|| holds_no_library(source))?;
        Program::new("cp").arg("-RL").arg(&library).arg(copy.join("library")).run()?;
    } else {
        Program::new("tar").arg("-xf").arg(source).arg("-C").arg(&copy).run()?;
    }
    library_within(&copy).ok_or_else(|| holds_no_library(source))
}

fn holds_no_library(source: &Path) -> Failure {
    format!("{} holds no `library/sysroot/Cargo.toml` of Rust's source.", source.display()).into()
}

/// The directory with the standard library's workspace: this one, or one a few levels below it.
pub(crate) fn library_within(directory: &Path) -> Option<PathBuf> {
    fn search(directory: &Path, depth: u8) -> Option<PathBuf> {
        if directory.join("sysroot/Cargo.toml").is_file() {
            return Some(directory.to_path_buf());
        }
        let below = fs::read_dir(directory).ok().filter(|_| depth > 0)?;
        let below = below.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        below.map(|entry| entry.path()).find_map(|path| search(&path, depth - 1))
    }
    search(directory, 5)
}

/// Returns the directory the compiled libraries are in.
fn compile(compiler: &Compiler, library: &Path) -> Outcome<PathBuf> {
    // rustup's source brings all its dependencies along, and then the build needs no network. Debian's leaves some out
    // that only the library's own tests use, and cargo wants to know those, too.
    let without_network = vendored(library).map(|settings| cargo_build(compiler, library).args(settings).output());
    if !matches!(without_network, Some(Ok(_))) {
        cargo_build(compiler, library).run()?;
    }
    Ok(library.join("target").join(TARGET).join("release").join("deps"))
}

fn cargo_build(compiler: &Compiler, library: &Path) -> Program {
    // The library's panic messages name its source files, and end up in what browsers download: under the names that
    // Rust's own builds give them, not under the home directory of whoever built this.
    let remap = format!("--remap-path-prefix={}=/rustc/{}/library", library.display(), compiler.version());
    let flags = ["-Cembed-bitcode=yes", "-Zforce-unstable-if-unmarked", &remap];
    Program::new("cargo")
        .args(["build", "--release", "--manifest-path", "sysroot/Cargo.toml", "--target", TARGET])
        .args(["--features", "panic-unwind,compiler-builtins-mem", "--target-dir", "target"])
        .directory(library)
        // The library is written in the compiler's own dialect; nothing else of ours is built with these three.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env("__CARGO_DEFAULT_LIB_METADATA", "rustc")
}

/// Settings that make cargo take dependencies from the source's own `vendor` directory.
fn vendored(library: &Path) -> Option<Vec<String>> {
    let vendor = Some(library.join("vendor")).filter(|vendor| vendor.is_dir())?;
    let directory = format!("source.vendored-sources.directory='{}'", vendor.display());
    let words = ["--offline", "--config", "source.crates-io.replace-with='vendored-sources'", "--config", &directory];
    Some(words.map(str::to_owned).into())
}

/// Moves the libraries into place in one go, so that an interrupted set-up never leaves half a library.
fn install(compiler: &Compiler, built: &Path) -> Outcome<()> {
    let destination = compiler.library_directory();
    let staging = destination.with_file_name("lib.being-built");
    let _ = fs::remove_dir_all(&staging);
    let install = || -> std::io::Result<()> {
        fs::create_dir_all(&staging)?;
        copy_libraries(built, &staging)?;
        fs::write(staging.join(STAMP), &compiler.full_version)?;
        if destination.exists() {
            fs::remove_dir_all(&destination)?;
        }
        fs::rename(&staging, &destination)
    };
    install().attempt(format!("write to {}", destination.display()))?;
    eprintln!("    put into {}, where `rustup target add` would have", destination.display());
    Ok(())
}

fn copy_libraries(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if let Some(name) = path.file_name().filter(|_| path.extension().is_some_and(|extension| extension == "rlib")) {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}
