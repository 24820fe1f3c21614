//! Telling the service manager that the process is ready, or stopping: `sd_notify(3)`, as far as it is needed here.
//!
//! Then `systemctl start latchkey` returns when requests are answered, and fails when they never will be.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;

/// Where the service manager listens; nowhere if the process was not started by one.
#[derive(Debug, Clone, Default)]
pub struct Notifier {
    socket: Option<PathBuf>,
}

impl Notifier {
    /// `socket` is what the service manager put into `NOTIFY_SOCKET`.
    pub fn new(socket: Option<&OsStr>) -> Self {
        Self { socket: socket.map(PathBuf::from) }
    }

    /// Requests are answered from now on.
    pub fn ready(&self) {
        self.tell("READY=1\nSTATUS=Answering requests");
    }

    /// No new requests are answered from now on.
    pub fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=Finishing what is under way");
    }

    /// Whoever does not listen is not worth stopping for: the service manager has a time limit of its own.
    fn tell(&self, state: &str) {
        if let Some(Err(error)) = self.socket.as_ref().map(|socket| send(socket, state)) {
            tracing::warn!(%error, "the service manager could not be told");
        }
    }
}

#[cfg(target_os = "linux")]
fn send(socket: &std::path::Path, state: &str) -> io::Result<()> {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    let address = match socket.as_os_str().as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address).map(|_| ())
}

#[cfg(not(target_os = "linux"))]
fn send(_: &std::path::Path, _: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    fn heard(listener: &UnixDatagram) -> String {
        listener.set_read_timeout(Some(std::time::Duration::from_secs(10))).expect("set");
        let mut buffer = [0; 200];
        let length = listener.recv(&mut buffer).expect("heard");
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    #[test]
    fn the_service_manager_is_told_wherever_it_listens() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("notify");
        let listener = UnixDatagram::bind(&path).expect("bound");
        Notifier::new(Some(path.as_os_str())).ready();
        assert!(heard(&listener).starts_with("READY=1\n"));

        let name = format!("latchkey-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).expect("a name");
        let listener = UnixDatagram::bind_addr(&address).expect("bound");
        Notifier::new(Some(OsStr::new(&format!("@{name}")))).stopping();
        assert!(heard(&listener).starts_with("STOPPING=1\n"));
    }
}
