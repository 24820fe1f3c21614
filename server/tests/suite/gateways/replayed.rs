//! docs/GATEWAYS.md: the configurations in it are those of the dashboard, and the questions in it are answered.

use crate::program::Place;
use crate::world::{World, basic};
use app::features::admin::GATEWAYS;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

const PAGE: &str = include_str!("../../../../docs/GATEWAYS.md");

/// The blocks of code in the section of this name, each with its language.
fn blocks(section: &str) -> Vec<(&'static str, &'static str)> {
    let (_, rest) = PAGE.split_once(&format!("\n## {section}\n")).unwrap_or_else(|| panic!("no section {section}"));
    let text = rest.split("\n## ").next().unwrap();
    let mut fences = text.split("```").skip(1).step_by(2);
    fences.by_ref().map(|block| block.split_once('\n').unwrap()).collect()
}

#[test]
fn the_configurations_that_are_documented_are_those_of_the_dashboard() {
    for gateway in GATEWAYS {
        let shown = gateway.configuration("https://keys.example.com");
        let documented = blocks(gateway.name).iter().any(|(_, text)| text.trim_end() == shown);
        assert!(documented, "docs/GATEWAYS.md does not show this for {}:\n{shown}", gateway.name);
    }
}

#[tokio::test]
async fn the_dashboard_shows_each_configuration_with_the_address_of_the_installation() {
    let world = World::at("https://keys.example.org:8443").await;
    world.account().await;
    world.backend.create_admin(&World::operator(), crate::world::EMAIL, None).await.unwrap();
    let cookie = world.signed_in().await;
    let page = world.get("/admin/gateways", &[("cookie", &cookie), ("accept", "text/html")]).await;
    assert_eq!(page.status, 200);
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    for gateway in GATEWAYS {
        let shown = escaped(&gateway.configuration("https://keys.example.org:8443"));
        assert!(page.body.contains(&shown), "{} is not shown as it is:\n{shown}\n{}", gateway.name, page.body);
    }
}

/// What each of them sends, word for word, answered by the program itself. Those that are run send theirs as well.
#[test]
fn the_question_of_every_gateway_is_answered() {
    let place = Place::new();
    let arguments = ["account", "create", "--email", "ada@example.org", "--external-id", "cus_1", "--json"];
    let made = place.run(&arguments).json();
    let key = made["key_pair"]["private_key"].as_str().unwrap();
    let served = place.serve(&[]);
    let ask = |question: &str, authorization: &str| {
        let lines: Vec<String> = question.trim_end().lines().map(|line| format!("{line}\r\n")).collect();
        assert!(lines.iter().any(|line| line.contains("Basic KEY")), "a question with a key: {question}");
        let mut stream = TcpStream::connect(served.addr).unwrap();
        let question = lines.concat().replace("Basic KEY", authorization);
        write!(stream, "{question}Connection: close\r\n\r\n").unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        said
    };
    for gateway in GATEWAYS {
        let sections = blocks(gateway.name);
        let questions: Vec<_> = sections.iter().filter(|(language, _)| *language == "http").collect();
        assert!(!questions.is_empty(), "what {} sends is not written down", gateway.name);
        for (_, question) in questions {
            let said = ask(question, &basic(key));
            assert!(said.starts_with("HTTP/1.1 200 OK\r\n"), "{}: {said}", gateway.name);
            for (name, value) in [
                ("x-latchkey-account", made["account_id"].as_str().unwrap()),
                ("x-latchkey-external-id", "cus_1"),
                ("x-latchkey-pair", made["key_pair"]["id"].as_str().unwrap()),
                ("x-latchkey-pair-status", "active"),
            ] {
                assert!(said.contains(&format!("\r\n{name}: {value}\r\n")), "{}: {said}", gateway.name);
            }
            let said = ask(question, &basic("private_typo"));
            assert!(said.starts_with("HTTP/1.1 403 "), "{}: {said}", gateway.name);
            assert!(!said.contains("x-latchkey-account"), "{}: {said}", gateway.name);
            let in_url = question.replace("/images?size=2", &format!("/images?key={key}"));
            assert_ne!(in_url, **question, "{} says which URL it was asked for", gateway.name);
            assert!(ask(&in_url, &basic(key)).starts_with("HTTP/1.1 400 "), "{}: {in_url}", gateway.name);
        }
    }
    served.stop();
}
