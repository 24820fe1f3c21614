//! The installation as the screens know it, and where their files are.

use crate::config::{PublicUrl, Settings};
use app::server_context::{Cookies, Site};
use leptos::config::{Env, LeptosOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

const OUTPUT_NAME: &str = "latchkey";
const PKG: &str = "pkg";

/// Where the dashboard is reached by a process that listens at `addr`.
pub fn public_url(settings: &Settings, addr: SocketAddr) -> PublicUrl {
    settings.public_url.clone().unwrap_or_else(|| PublicUrl::of_listener(addr))
}

/// What the screens need to know.
pub fn describe(settings: &Settings, addr: SocketAddr) -> Site {
    let url = public_url(settings, addr);
    // Listening on every interface without saying where: others reach it over plain HTTP, whatever the name is.
    let exposed = settings.public_url.is_none() && addr.ip().is_unspecified();
    Site {
        product_name: settings.product_name.clone(),
        public_url: url.origin().to_owned(),
        api_url: settings.api_url.clone().unwrap_or_else(|| url.origin().to_owned()),
        cookies: if url.is_https() { Cookies::Https } else { Cookies::Http },
        insecure: !url.is_https() && (exposed || !url.is_loopback()),
    }
}

/// Where the built pages and assets are: where the settings say, else `site` beside the program, as an archive unpacks
/// it, else where a build in the source tree leaves them.
pub fn root(settings: &Settings) -> PathBuf {
    let beside = || Some(program_directory()?.join("site")).filter(|site| site.is_dir());
    settings.site_root.clone().or_else(beside).unwrap_or_else(|| PathBuf::from("target/site"))
}

/// Leptos' own options, made from our settings and never from `LEPTOS_*`.
pub fn leptos_options(settings: &Settings, addr: SocketAddr) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name(OUTPUT_NAME)
        .site_root(root(settings).to_string_lossy().as_ref())
        .site_pkg_dir(PKG)
        .env(if cfg!(debug_assertions) { Env::DEV } else { Env::PROD })
        .site_addr(addr)
        .hash_files(hash_file().is_some_and(|path| path.exists()))
        .build()
}

/// The stylesheet's path, hashed if the build hashed it: for pages that are not drawn by the app.
pub fn stylesheet(options: &LeptosOptions) -> String {
    format!("/{}", package_file(options, "css"))
}

/// What every page loads, below the site's root.
pub fn expected_files(options: &LeptosOptions) -> [String; 3] {
    ["js", "wasm", "css"].map(|kind| package_file(options, kind))
}

fn package_file(options: &LeptosOptions, kind: &str) -> String {
    let hashes =
        if options.hash_files { hash_file().and_then(|path| std::fs::read_to_string(path).ok()) } else { None };
    let hash = hashes.as_deref().and_then(|hashes| {
        hashes
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(named, _)| named.trim() == kind)
            .map(|(_, hash)| hash.trim())
    });
    match hash {
        Some(hash) => format!("{PKG}/{OUTPUT_NAME}.{hash}.{kind}"),
        None => format!("{PKG}/{OUTPUT_NAME}.{kind}"),
    }
}

/// Where the build leaves the hashes of its files: beside the program.
pub fn hash_file() -> Option<PathBuf> {
    Some(program_directory()?.join("hash.txt"))
}

fn program_directory() -> Option<PathBuf> {
    std::env::current_exe().ok()?.parent().map(Path::to_owned)
}
