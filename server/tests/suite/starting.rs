//! Starting and stopping, and everything that makes the process refuse to start.

use crate::program::{Place, link_program, write};
use std::os::unix::fs::PermissionsExt as _;

/// A start that ends by itself, because somebody else has the address. The installation is opened before that.
fn start(place: &Place) -> (i32, String) {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let said = place.run(&["serve", "--addr", &taken.local_addr().unwrap().to_string()]);
    let code = if said.err.starts_with("cannot listen at") { 0 } else { said.code };
    (code, said.err)
}

#[test]
fn a_first_start_needs_nothing_and_says_where_to_go() {
    let place = Place::new();
    let served = place.serve(&[]);
    assert_ne!(served.addr.port(), 0);
    assert_eq!(served.get("/readyz", "").0, 200);
    let (_, page) = served.get("/sign-in", "");
    assert!(page.contains("<!DOCTYPE html>"), "{page}");
    let expected = format!("Open http://{}/sign-up to make an account.\n", served.addr);
    let (rest, well) = served.stop();
    assert_eq!((rest, well), (expected, true));
    let mode = |name: &str| std::fs::metadata(place.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("data/master.key"), mode("data/latchkey.db")), (0o600, 0o600));
}

/// With `Type=notify`, `systemctl start` returns when the process says that it is ready, and not before.
#[cfg(target_os = "linux")]
#[test]
fn a_service_manager_hears_when_it_is_ready_and_when_it_stops() {
    let place = Place::new();
    let manager = std::os::unix::net::UnixDatagram::bind(place.path("notify")).unwrap();
    manager.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    let hear = || {
        let mut buffer = [0; 200];
        let length = manager.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    };
    let served = place.serve(&[("NOTIFY_SOCKET", &place.path("notify"))]);
    assert!(hear().starts_with("READY=1\n"));
    assert_eq!(served.get("/readyz", "").0, 200);
    served.stop();
    assert!(hear().starts_with("STOPPING=1\n"));
}

#[test]
fn closed_sign_up_points_to_the_command_line() {
    let place = Place::new();
    let (rest, _) = place.serve(&[("LATCHKEY_SIGN_UP", "closed")]).stop();
    assert!(rest.contains("latchkey account create"), "{rest}");
}

#[test]
fn plain_http_to_other_machines_is_warned_about() {
    for (url, warned) in [("http://lab.test", true), ("http://localhost:9", false), ("https://keys.example.com", false)]
    {
        let place = Place::new();
        place.serve(&[("LATCHKEY_PUBLIC_URL", url)]).stop();
        let log = std::fs::read_to_string(place.path("serve.log")).unwrap();
        assert_eq!(log.contains("plain HTTP"), warned, "{url} {log}");
    }
}

#[test]
fn a_database_without_its_master_key_is_never_re_keyed() {
    let place = Place::new();
    assert_eq!(start(&place).0, 0);
    let key = place.path("data/master.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let (code, err) = start(&place);
    assert_eq!(code, 1);
    assert!(err.contains("data/master.key does not exist. Restore the file from your backup"), "{err}");
    assert!(!std::path::Path::new(&key).exists());

    let other = Place::new();
    assert_eq!(start(&other).0, 0);
    std::fs::copy(other.path("data/master.key"), &key).unwrap();
    let (code, err) = start(&place);
    assert_eq!((code, err.contains("is not the master key of this database")), (1, true), "{err}");

    std::fs::write(&key, kept).unwrap();
    assert_eq!(start(&place).0, 0);
}

#[test]
fn a_master_key_that_others_can_read_is_refused() {
    let place = Place::new();
    assert_eq!(start(&place).0, 0);
    std::fs::set_permissions(place.path("data/master.key"), std::fs::Permissions::from_mode(0o640)).unwrap();
    let (code, err) = start(&place);
    assert_eq!(code, 1);
    assert!(err.contains("can be read by others than its owner (mode 0640). Run: chmod 600"), "{err}");
    assert_eq!(place.run(&["keys", "list", "--account", "acct_00000000000000000000000000"]).code, 1);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let place = Place::new();
    std::fs::create_dir(place.path("data")).unwrap();
    write(&place.path("data/latchkey.db"), &"not a database ".repeat(100));
    let (code, err) = start(&place);
    assert_eq!((code, err.contains("could not be opened as a SQLite database")), (1, true), "{err}");
}

#[test]
fn a_build_with_hashed_files_lets_browsers_keep_them() {
    let place = Place::new();
    let hash = "Tv2xv-QLbE6zDgpkQ3VIkA";
    let program = place.directory.path().join("latchkey");
    link_program(&program);
    write(&place.path("hash.txt"), &format!("js: {hash}\nwasm: {hash}\ncss: {hash}\n"));
    std::fs::create_dir_all(place.path("target/site/pkg")).unwrap();
    write(&place.path(&format!("target/site/pkg/latchkey.{hash}.css")), "main {}");
    write(&place.path("target/site/favicon.svg"), "<svg/>");

    let served = place.serve_by(&program, &[]);
    let css = format!("/pkg/latchkey.{hash}.css");
    let cached = |target: &str| {
        let said = served.get(target, "").1.to_lowercase();
        said.lines().find_map(|line| line.strip_prefix("cache-control: ").map(str::to_owned)).expect("the header")
    };
    assert_eq!(cached(&css), "public, max-age=31536000, immutable");
    assert_eq!(cached("/favicon.svg"), "no-cache");
    assert_eq!(cached("/pkg/latchkey.AAAAAAAAAAAAAAAAAAAAAA.css"), "no-store");
    for page in ["/sign-in", "/pkg/gone.js"] {
        assert!(served.get_as_browser(page).contains(&css), "{page}");
    }
}

#[test]
fn an_address_that_is_taken_is_refused() {
    let place = Place::new();
    let served = place.serve(&[]);
    let said = place.run(&["serve", "--addr", &served.addr.to_string()]);
    assert_eq!((said.code, said.err.contains("LATCHKEY_ADDR chooses another address")), (1, true), "{}", said.err);
}
