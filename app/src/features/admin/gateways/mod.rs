//! `/admin/gateways`: how a gateway in front of the company's own API asks Latchkey whether a request may pass.
//!
//! The configurations are whole files, with this installation's address filled in. The suite runs nginx and Caddy with theirs,
//! and docs/GATEWAYS.md shows the same texts.

mod page;

pub use page::GatewaysPage;

/// A gateway, and how it is configured.
#[derive(Debug, Clone, Copy)]
pub struct Gateway {
    /// What it is called.
    pub name: &'static str,
    /// What the copy button copies.
    what: &'static str,
    /// What a person has to know beside the text.
    note: &'static str,
    template: &'static str,
}

/// Every gateway we know.
pub static GATEWAYS: [Gateway; 4] = [
    Gateway {
        name: "nginx",
        what: "nginx configuration",
        note: "With auth_request, which Debian's and nginx's own packages have. nginx writes whole URLs into its log, keys in them too.",
        template: include_str!("nginx.conf"),
    },
    Gateway {
        name: "Caddy",
        what: "Caddyfile",
        note: "With forward_auth. What a refusal says is passed on as it is.",
        template: include_str!("Caddyfile"),
    },
    Gateway {
        name: "Traefik",
        what: "Traefik configuration",
        note: "With ForwardAuth. Leave trustForwardHeader off. Whoever has an expiring key is not told so: Traefik passes on what refusals say, and of other answers only what your API is told.",
        template: include_str!("traefik.yml"),
    },
    Gateway {
        name: "Envoy",
        what: "Envoy configuration",
        note: "With ext_authz over HTTP. What a refusal says is passed on as it is.",
        template: include_str!("envoy.yaml"),
    },
];

impl Gateway {
    /// The configuration for an installation that is at `public_url`: `http` or `https`, a host and perhaps a port.
    pub fn configuration(&self, public_url: &str) -> String {
        let (scheme, authority) = public_url.split_once("://").unwrap_or(("https", public_url));
        let usual = if scheme == "http" { "80" } else { "443" };
        let (host, port) = match authority.rsplit_once(':') {
            // Not a colon within the brackets of an IPv6 address.
            Some((host, port)) if !port.contains(']') => (host, port),
            _ => (authority, usual),
        };
        let lines = self.template.trim_end().lines().filter_map(|line| match line.strip_prefix("%TLS%") {
            Some(_) if scheme == "http" => None,
            Some(line) => Some(line),
            None => Some(line),
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        text.replace("%URL%", public_url)
            .replace("%SCHEME%", scheme)
            .replace("%AUTHORITY%", authority)
            .replace("%HOST%", host)
            .replace("%PORT%", port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_filled_in_wherever_it_belongs() {
        for (public_url, server, asked) in [
            ("https://keys.example.com", "server keys.example.com:443;", "proxy_pass https://latchkey/v1/auth;"),
            (
                "https://keys.example.com:8443",
                "server keys.example.com:8443;",
                "proxy_set_header Host keys.example.com:8443;",
            ),
            ("http://127.0.0.1:3000", "server 127.0.0.1:3000;", "proxy_pass http://latchkey/v1/auth;"),
            ("http://[::1]", "server [::1]:80;", "proxy_set_header Host [::1];"),
        ] {
            let nginx = GATEWAYS[0].configuration(public_url);
            assert!(nginx.contains(server) && nginx.contains(asked), "{nginx}");
            assert_eq!(nginx.contains("proxy_ssl_verify on;"), public_url.starts_with("https"), "{nginx}");
            for gateway in GATEWAYS {
                let text = gateway.configuration(public_url);
                let left: Vec<_> = text.lines().filter(|line| line.contains('%')).collect();
                assert_eq!(left, Vec::<&str>::new(), "{}", gateway.name);
                assert!(text.contains(public_url.split_once("://").unwrap().1.trim_end_matches(":8443")), "{text}");
            }
        }
    }
}
