//! Decision diagrams as DOT and as Mermaid.

use placet::{Diagram, DiagramTarget};
use std::fmt::Write as _;

/// The terminals, with their names in the output.
const EFFECTS: [(DiagramTarget, &str); 2] = [(DiagramTarget::Allow, "allow"), (DiagramTarget::Deny, "deny")];

/// Formats a diagram in the language of Graphviz.
pub(crate) fn dot(name: &str, diagram: &Diagram) -> String {
    let mut out = format!("digraph {} {{\n", dot_text(name));
    for (index, node) in diagram.nodes.iter().enumerate() {
        let _ = writeln!(out, "  n{index} [label={}];", dot_text(&node.name));
    }
    for effect in effects(diagram) {
        let _ = writeln!(out, "  {effect} [label=\"{effect}\", shape=box];");
    }
    for (index, node) in diagram.nodes.iter().enumerate() {
        for edge in &node.edges {
            let (target, words) = (target(edge.target), dot_text(&edge.classes.join(", ")));
            let _ = writeln!(out, "  n{index} -> {target} [label={words}];");
        }
    }
    out.push_str("}\n");
    out
}

/// Formats a diagram in the language of Mermaid.
pub(crate) fn mermaid(diagram: &Diagram) -> String {
    let mut out = String::from("flowchart TD\n");
    for (index, node) in diagram.nodes.iter().enumerate() {
        let _ = writeln!(out, "  n{index}([\"{}\"])", mermaid_text(&node.name));
    }
    for effect in effects(diagram) {
        let _ = writeln!(out, "  {effect}[\"{effect}\"]");
    }
    for (index, node) in diagram.nodes.iter().enumerate() {
        for edge in &node.edges {
            let (target, words) = (target(edge.target), mermaid_text(&edge.classes.join(", ")));
            let _ = writeln!(out, "  n{index} -->|\"{words}\"| {target}");
        }
    }
    out
}

/// Returns the effects that some request has.
fn effects(diagram: &Diagram) -> impl Iterator<Item = &'static str> + '_ {
    let targets = || diagram.nodes.iter().flat_map(|node| &node.edges).map(|edge| edge.target);
    let is_reached = move |effect| diagram.root == effect || targets().any(|target| target == effect);
    EFFECTS.into_iter().filter(move |(effect, _)| is_reached(*effect)).map(|(_, name)| name)
}

pub(crate) fn target(target: DiagramTarget) -> String {
    match target {
        DiagramTarget::Allow => "allow".to_owned(),
        DiagramTarget::Deny => "deny".to_owned(),
        DiagramTarget::Node(index) => format!("n{index}"),
    }
}

/// Quotes a text. In a quoted text of DOT, a backslash begins an escape such as `\N`, the name of the node.
fn dot_text(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

/// Replaces the characters that mean something in a quoted text of Mermaid, which shows it as HTML, by entities.
fn mermaid_text(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '#' | '"' | '<' | '>' | '&' | '`' | '\\' | '*' | '_' | '|' | '\n' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use placet::Policy;

    fn diagram(text: &str) -> Diagram {
        Policy::from_text(text).unwrap().diagram().unwrap()
    }

    #[test]
    fn dot_and_mermaid_name_values_and_effects() {
        let diagram = diagram(
            "policy p  request { age: int 0..150  kind: { \"a\\\"<b>\", c } }
             rule adults { allow when age >= 18 and kind is c }",
        );
        let expected = r#"digraph "p" {
  n0 [label="age"];
  n1 [label="kind"];
  allow [label="allow", shape=box];
  deny [label="deny", shape=box];
  n0 -> deny [label="0..17"];
  n0 -> n1 [label="18..150"];
  n1 -> deny [label="\"a\\\"<b>\""];
  n1 -> allow [label="c"];
}
"#;
        assert_eq!(dot("p", &diagram), expected);
        let expected = r##"flowchart TD
  n0(["age"])
  n1(["kind"])
  allow["allow"]
  deny["deny"]
  n0 -->|"0..17"| deny
  n0 -->|"18..150"| n1
  n1 -->|"#34;a#92;#34;#60;b#62;#34;"| deny
  n1 -->|"c"| allow
"##;
        assert_eq!(mermaid(&diagram), expected);
    }

    #[test]
    fn a_diagram_without_nodes_is_its_effect() {
        let diagram = diagram("policy p  request { age: int 0..150 }  rule everyone { allow when age >= 0 }");
        assert_eq!(dot("p", &diagram), "digraph \"p\" {\n  allow [label=\"allow\", shape=box];\n}\n");
        assert_eq!(mermaid(&diagram), "flowchart TD\n  allow[\"allow\"]\n");
    }
}
