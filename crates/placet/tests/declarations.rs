//! The views of a policy's declarations.

use placet::{Domain, Effect, Limits, Policy, SymbolNames};

const TEXT: &str = r#"
policy shop version "3"

taxonomy Data { contact { email, phone }  health { body { weight } }  other }

request {
  /// Is the shop open?
  open: bool required
  subject.age: int 0..150
  count: int
  share: number 0..1 default 0.5
  ratio: number
  name: string
  consent: { granted, refused } default refused
  asked: Data
  data: set of Data
  scopes: set? of { write, read }
  tags: set? of string
  born: date
  now: time
  keep: duration default 30 days
}

/// Children are protected.
rule children {
  cite "§9"
  cite "§2"
  deny when subject.age < 13
  because "Children can't agree."
  oblige erase within 30 days "Erase it all."
  oblige report
}

rule marketing {
  basis consent
  oblige erase within 30 days
  oblige erase within 2 days
  oblige erase when open "At once."
  oblige log
  allow when consent is granted
  otherwise deny
}

prove never_shut { never allow when consent is refused }

test "a child" { given { open: true, subject.age: 12, consent: granted }  expect deny by children }
test "wrong" { given { open: true, consent: granted, subject.age: 20 }  expect deny }
"#;

fn policy() -> Policy {
    Policy::from_text_with("shop.placet", TEXT, &Limits::default()).unwrap()
}

fn domain<'p>(policy: &'p Policy, name: &str) -> Domain<'p> {
    policy.attribute_declaration(name).unwrap().domain()
}

fn symbols<'p>(policy: &'p Policy, name: &str) -> SymbolNames<'p> {
    domain(policy, name).symbols().unwrap()
}

/// Returns the line of a text in the policy, from 1.
fn line_of(text: &str) -> usize {
    TEXT.lines().position(|line| line.contains(text)).unwrap() + 1
}

#[test]
fn attributes_are_in_the_order_of_the_policy_with_their_types() {
    let policy = policy();
    let shown: Vec<String> = policy.attributes().map(|attribute| attribute.to_string()).collect();
    assert_eq!(
        shown,
        [
            "open: bool",
            "subject.age: int 0..150",
            "count: int",
            "share: number 0..1",
            "ratio: number",
            "name: string",
            "consent: { granted, refused }",
            "asked: Data",
            "data: set of Data",
            "scopes: set? of { write, read }",
            "tags: set? of string",
            "born: date",
            "now: time",
            "keep: duration",
        ]
    );
    assert_eq!(policy.attributes().len(), shown.len());
    for (index, attribute) in policy.attributes().enumerate() {
        assert_eq!(policy.untyped_attribute(attribute.name()).unwrap().index(), index);
        assert_eq!(policy.attribute_declaration(attribute.name()).unwrap().name(), attribute.name());
    }
    assert!(policy.attribute_declaration("subject").is_none());
}

#[test]
fn domain_describes_each_kind_of_attribute() {
    let policy = policy();
    assert_eq!(domain(&policy, "open"), Domain::Bool);
    assert_eq!(domain(&policy, "subject.age"), Domain::Int { min: 0, max: 150 });
    assert_eq!(domain(&policy, "count"), Domain::Int { min: i64::MIN, max: i64::MAX });
    assert_eq!(domain(&policy, "share"), Domain::Number { min: 0.0, max: 1.0 });
    assert_eq!(domain(&policy, "ratio"), Domain::Number { min: f64::MIN, max: f64::MAX });
    assert_eq!(domain(&policy, "name"), Domain::String);
    assert_eq!(domain(&policy, "tags"), Domain::StringSet { may_be_empty: true });
    assert_eq!(domain(&policy, "born"), Domain::Date);
    assert_eq!(domain(&policy, "now"), Domain::Time);
    assert_eq!(domain(&policy, "keep"), Domain::Duration);
    assert!(matches!(domain(&policy, "asked"), Domain::Symbol(_)));
    assert!(matches!(domain(&policy, "data"), Domain::SymbolSet { may_be_empty: false, .. }));
    assert!(matches!(domain(&policy, "scopes"), Domain::SymbolSet { may_be_empty: true, .. }));
    assert!(domain(&policy, "name").symbols().is_none());
}

#[test]
fn symbols_of_an_enum_are_its_names_as_declared() {
    let policy = policy();
    let scopes = symbols(&policy, "scopes");
    assert_eq!(scopes.values().collect::<Vec<_>>(), ["write", "read"]);
    assert_eq!((scopes.taxonomy(), scopes.groups().len()), (None, 0));
    assert_eq!(scopes.leaves_of("read").unwrap().collect::<Vec<_>>(), ["read"]);
    assert!(scopes.leaves_of("execute").is_none());
}

#[test]
fn symbols_of_a_taxonomy_are_leaves_in_groups() {
    let policy = policy();
    let data = symbols(&policy, "data");
    assert!(data == symbols(&policy, "asked") && data != symbols(&policy, "scopes"));
    assert_eq!(data.taxonomy(), Some("Data"));
    assert_eq!(data.values().collect::<Vec<_>>(), ["email", "phone", "weight", "other"]);
    assert_eq!(data.groups().collect::<Vec<_>>(), ["contact", "health", "body"]);
    assert_eq!(data.leaves_of("contact").unwrap().collect::<Vec<_>>(), ["email", "phone"]);
    assert_eq!(data.leaves_of("health").unwrap().collect::<Vec<_>>(), ["weight"]);
    assert_eq!(data.leaves_of("phone").unwrap().collect::<Vec<_>>(), ["phone"]);
    assert!(data.leaves_of("Data").is_none());
}

#[test]
fn attribute_tells_how_it_is_left_out() {
    let policy = policy();
    let of = |name: &str| {
        let attribute = policy.attribute_declaration(name).unwrap();
        (attribute.is_required(), attribute.default())
    };
    assert_eq!(of("open"), (true, None));
    assert_eq!(of("subject.age"), (false, None));
    assert_eq!(of("share"), (false, Some("0.5".to_owned())));
    assert_eq!(of("consent"), (false, Some("refused".to_owned())));
    assert_eq!(of("keep"), (false, Some("30 days".to_owned())));
}

#[test]
fn attribute_has_documentation_and_location() {
    let policy = policy();
    let open = policy.attribute_declaration("open").unwrap();
    assert_eq!(open.documentation(), "Is the shop open?");
    let location = open.location().unwrap();
    assert_eq!((location.file(), location.column()), ("shop.placet", Some(3)));
    assert!((line_of("Is the shop")..=line_of("open: bool")).contains(&location.line()), "{location}");
    assert_eq!(policy.attribute_declaration("count").unwrap().documentation(), "");
}

#[test]
fn attribute_declaration_names_the_attribute_of_its_policy_alone() {
    let (policy, other) = (policy(), policy());
    let mut request = policy.request();
    request.set("count", 3).unwrap();
    assert!(request.gives(policy.attribute_declaration("count").unwrap()));
    assert!(!request.gives(policy.attribute_declaration("name").unwrap()));
    assert!(!request.gives(other.attribute_declaration("count").unwrap()));
    assert!(policy.begin_with(policy.request(), policy.attributes().skip(1)).is_ok());
    let error = policy.begin_with(policy.request(), other.attributes()).unwrap_err();
    assert!(error.message.contains("declaration"), "{error}");
}

#[test]
fn rules_have_effects_reasons_and_locations() {
    let policy = policy();
    let rules: Vec<_> = policy.rules().collect();
    let names: Vec<_> = rules.iter().map(|rule| (rule.name(), rule.effect())).collect();
    assert_eq!(
        names,
        [("children", Effect::Deny), ("marketing", Effect::Allow), ("marketing/otherwise", Effect::Deny),]
    );
    let children = rules[0];
    assert_eq!(children.cites().collect::<Vec<_>>(), ["§9", "§2"]);
    assert_eq!((children.basis(), children.because()), (None, Some("Children can't agree.")));
    assert_eq!(children.documentation(), "Children are protected.");
    let duties: Vec<_> = children.obligations().map(|duty| (duty.name(), duty.text())).collect();
    assert_eq!(duties, [("erase", Some("Erase it all.")), ("report", None)]);
    assert_eq!((rules[1].basis(), rules[1].because()), (Some("consent"), None));
    for rule in &rules[..2] {
        let expected = format!("shop.placet:{}:1", line_of(&format!("rule {}", rule.name())));
        assert_eq!(rule.location().to_string(), expected);
    }
}

#[test]
fn location_of_a_row_is_in_the_row() {
    let text = "policy p\nrequest { a: bool  b: bool }\ntable rows {\n  allow\n  | a    | b     |\n  | true | false |\n  | *    | true  |\n}";
    let policy = Policy::from_text_with("p.placet", text, &Limits::default()).unwrap();
    let rows: Vec<_> = policy.rules().map(|rule| (rule.name(), rule.location().to_string())).collect();
    assert_eq!(rows, [("rows/1", "p.placet:6:3".to_owned()), ("rows/2", "p.placet:7:3".to_owned())]);
}

#[test]
fn obligations_are_listed_once_in_the_order_of_decisions() {
    let policy = policy();
    let duties: Vec<_> =
        policy.obligations().map(|duty| (duty.name(), duty.within_seconds(), duty.text())).collect();
    assert_eq!(
        duties,
        [
            ("erase", Some(2 * 86_400), None),
            ("erase", Some(30 * 86_400), Some("Erase it all.")),
            ("erase", None, Some("At once.")),
            ("log", None, None),
            ("report", None, None),
        ]
    );
}

#[test]
fn run_tests_pairs_each_test_with_its_outcome() {
    let policy = policy();
    assert_eq!(policy.tests().map(|test| test.title()).collect::<Vec<_>>(), ["a child", "wrong"]);
    let run: Vec<_> = policy.run_tests().collect();
    assert!(run[0].1.passed() && !run[1].1.passed());
    assert_eq!(run[1].0.title(), "wrong");
    assert_eq!(run[1].0.location().line(), line_of("test \"wrong\""));
    assert_eq!(run[1].1.failures, ["expected deny, got allow"]);
    let proofs: Vec<_> = policy.proofs().map(|proof| (proof.name(), proof.location().line())).collect();
    assert_eq!(proofs, [("never_shut", line_of("prove never_shut"))]);
}

#[test]
fn saved_policy_keeps_what_decisions_need() {
    let (policy, saved) = (policy(), Policy::from_bytes(&policy().to_bytes()).unwrap());
    for (one, other) in policy.attributes().zip(saved.attributes()) {
        assert_eq!((one.to_string(), one.domain()), (other.to_string(), other.domain()));
        assert_eq!((one.is_required(), one.default()), (other.is_required(), other.default()));
        assert_eq!((other.documentation(), other.location()), ("", None));
        let values = |domain: Domain<'_>| -> Option<Vec<String>> {
            domain.symbols().map(|symbols| symbols.values().map(str::to_owned).collect())
        };
        assert_eq!(values(one.domain()), values(other.domain()));
    }
    for (one, other) in policy.rules().zip(saved.rules()) {
        let location = other.location();
        assert_eq!((location.file(), location.line()), ("shop.placet", one.location().line()));
        assert_eq!((other.name(), location.column()), (one.name(), None));
    }
    assert_eq!(saved.obligations().len(), policy.obligations().len());
    assert_eq!((saved.tests().len(), saved.proofs().len()), (0, 0));
    assert!(saved.sources().is_empty() && !policy.sources().is_empty());
}
