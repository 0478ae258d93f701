//! The examples of the README.

use crate::stopping::spawn;
use ureq::Agent;

/// Returns the commands of all `console` blocks, with their output.
fn examples(page: &str) -> Vec<(String, String)> {
    let mut examples: Vec<(String, String)> = Vec::new();
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for line in block.lines() {
            match line.strip_prefix("$ ") {
                Some(command) => examples.push((command.to_owned(), String::new())),
                None => examples.last_mut().unwrap().1.push_str(line),
            }
        }
    }
    examples
}

/// Does what `curl` does with a path and an optional body.
fn curl(command: &str, address: &str) -> String {
    let command = command.strip_prefix("curl -s ").unwrap();
    let (place, body) =
        command.split_once(" -d ").map_or((command, None), |(place, body)| (place, Some(body)));
    let path = place.trim_matches('\'').strip_prefix("localhost:8080").unwrap();
    let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
    let place = format!("http://{address}{path}");
    let mut response = match body {
        Some(body) => agent.post(place).send(body.trim_matches('\'')).unwrap(),
        None => agent.get(place).call().unwrap(),
    };
    response.body_mut().read_to_string().unwrap()
}

/// Returns true if a text matches a pattern, in which `…` stands for any text.
fn fits(text: &str, pattern: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('…') else { return text == pattern };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('…').collect();
    let last = parts.pop().unwrap();
    for part in parts {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(last)
}

#[test]
fn readme_examples_give_the_documented_answers() {
    let page = std::fs::read_to_string("README.md").unwrap();
    let examples = examples(&page);
    let asked: Vec<_> = examples.iter().filter(|(command, _)| command.starts_with("curl")).collect();
    assert!(asked.len() >= 6, "the page has examples");
    let folder = tempfile::tempdir().unwrap();
    let service = spawn(folder.path());
    for (command, expected) in asked {
        let answer = curl(command, &service.address);
        assert!(fits(answer.trim_end(), expected), "{command}\n{answer}\n{expected}");
    }
    service.terminate();
    assert!(service.ends_well());
}
