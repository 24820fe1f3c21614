//! Where things are reached.

use http::Uri;
use std::net::{IpAddr, SocketAddr};

/// Where the dashboard is reached: scheme and authority, nothing else. Decides how cookies are named and marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    host: String,
    https: bool,
}

impl PublicUrl {
    /// Reads `http://` or `https://`, a host and perhaps a port. A default port is dropped, as browsers drop it from the
    /// origin that this is compared with.
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let https = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        let plain = matches!(uri.path(), "" | "/") && uri.query().is_none() && !text.contains(['#', '@']);
        if !plain || authority.host().is_empty() {
            return None;
        }
        let host = authority.host().to_ascii_lowercase();
        let default_port = if https { 443 } else { 80 };
        let port = authority.port_u16().filter(|port| *port != default_port);
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let scheme = if https { "https" } else { "http" };
        Some(Self { origin: format!("{scheme}://{host}{port}"), host, https })
    }

    /// Where a process that listens here is reached by a browser on the same machine.
    pub fn of_listener(addr: SocketAddr) -> Self {
        let host = match addr.ip() {
            ip if ip.is_unspecified() => "localhost".to_owned(),
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        Self { origin: format!("http://{host}:{}", addr.port()), host, https: false }
    }

    /// Scheme, host and port, as browsers write an origin; without a trailing slash.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether browsers talk to it over TLS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether only this machine can reach it by this name.
    pub fn is_loopback(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let named = host == "localhost" || host.ends_with(".localhost");
        named || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

/// Reads where the company's API is; it may lie under a path.
pub(super) fn parse_api_url(text: &str) -> Option<String> {
    let uri: Uri = text.parse().ok()?;
    let usable = matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.host().is_some_and(|host| !host.is_empty())
        && uri.query().is_none()
        && !text.contains(['#', '@']);
    usable.then(|| text.trim_end_matches('/').to_owned())
}
