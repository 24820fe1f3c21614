//! The program is asked whatever the description of its API allows, and forbids, by schemathesis: no answer is a fault of ours
//! and none is one that is not described.

use crate::program::{Place, Served};
use crate::tools;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

struct Stage {
    place: Place,
    served: Served,
    private_key: String,
    installation_key: String,
}

impl Stage {
    fn set() -> Self {
        let place = Place::new();
        // It fails as often as it can.
        let served = place.serve(&[("LATCHKEY_FAILED_AUTHENTICATIONS_PER_MINUTE", "0")]);
        let account = place.run(&["account", "create", "--email", "ada@example.org", "--external-id", "c", "--json"]);
        let installation =
            place.run(&["installation-key", "create", "--name", "st", "--scope", "read,provision,roll", "--json"]);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            private_key: text(&account.json()["key_pair"]["private_key"]),
            installation_key: text(&installation.json()["key"]),
            place,
            served,
        }
    }

    /// Asks by `document`, at the paths that `paths` matches.
    fn ask(&self, document: &Value, paths: &str) -> Output {
        let file = self.place.path("openapi.json");
        std::fs::write(&file, document.to_string()).unwrap();
        let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/schemathesis.toml");
        let url = format!("http://{}", self.served.addr);
        let mut command = Command::new(tools::find("python", "python/bin"));
        command
            .args(["-m", "schemathesis.cli", "--config-file"])
            .arg(settings)
            .args(["run", &file, "--url", &url, "--include-path-regex", paths])
            .args(if is_deep() { &["--max-examples", "150"][..] } else { &[] })
            .current_dir(self.place.directory.path())
            .env("PRIVATE_KEY", &self.private_key)
            .env("INSTALLATION_KEY", &self.installation_key)
            .env("NO_PROXY", "*")
            .stdin(Stdio::null());
        command.output().unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "`cargo xtask test --deep` says how much is tried")]
fn is_deep() -> bool {
    std::env::var_os("LATCHKEY_TEST_DEEP").is_some()
}

fn document() -> Value {
    serde_json::from_str(server::api::document()).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn no_answer_is_a_fault_and_none_is_one_that_is_not_described() {
    let stage = Stage::set();
    let output = stage.ask(&document(), "^/");
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("Tested: 38"), "every operation was asked for: {said}");
    stage.served.stop();
}

/// An answer that is taken out of the description is found missing, and one that is described as another is found, too: the
/// check above can fail.
#[test]
fn an_answer_that_is_not_described_is_found() {
    let stage = Stage::set();
    let verify = "/v1/keys/verify";
    let answers = format!("/paths/{}/post/responses", verify.replace('/', "~1"));
    let mut without_422 = document();
    assert!(without_422.pointer_mut(&answers).unwrap().as_object_mut().unwrap().remove("422").is_some());
    let mut of_another_type = document();
    *of_another_type.pointer_mut("/components/schemas/Worth/properties/valid/type").unwrap() = "string".into();
    for (document, finding) in
        [(without_422, "Undocumented status code"), (of_another_type, "Response violates schema")]
    {
        let output = stage.ask(&document, &format!("^{verify}$"));
        let said = said(&output);
        assert!(!output.status.success() && said.contains(finding), "{finding}: {said}");
    }
    stage.served.stop();
}
