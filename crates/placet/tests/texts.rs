//! Policies from texts in memory that import each other.

use placet::{Code, CompileError, Policy};

/// Compiles texts that make up a policy. `imports` stands in the first one, `main`.
fn compile(main: &str, imports: &str, others: &[(&str, &str)]) -> Result<Policy, CompileError> {
    let text = format!(
        "policy shop\n{imports}\nrequest {{ data: Data }}\nrule email {{ allow when data is email }}"
    );
    let first = [(main, text.as_str())];
    Policy::from_texts(main, first.into_iter().chain(others.iter().copied()))
}

/// Returns the code and the message of the first error, with its file and line.
fn first(error: &CompileError) -> (Code, String, String) {
    let diagnostic = error.diagnostics.first().unwrap();
    let span = diagnostic.span().unwrap();
    let place = format!("{}:{}", error.sources.name(span.file), error.sources.position(span).0);
    (diagnostic.code, diagnostic.message.clone(), place)
}

const DATA: &str = "taxonomy Data { email, phone }";

#[test]
fn import_finds_a_text_by_its_name() {
    let policy = compile("main.placet", "import \"data.placet\"", &[("data.placet", DATA)]).unwrap();
    assert!(policy.decide_json(r#"{"data": "email"}"#).unwrap().is_allowed());
    let names: Vec<&str> = policy.sources().iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["main.placet", "data.placet"]);
    assert!(policy.sources().paths().is_empty(), "there is no file to watch");
}

#[test]
fn import_is_relative_to_the_importing_text() {
    let texts = [
        ("shop/lib/data.placet", "import \"deep/more.placet\"\nimport \"../top.placet\""),
        ("shop/lib/deep/more.placet", DATA),
        ("./shop/./top.placet", "let is_mail = data is email"),
    ];
    for main in ["shop/main.placet", "./shop/main.placet"] {
        let policy = compile(main, "import \"lib/data.placet\"", &texts).unwrap();
        assert_eq!(policy.sources().iter().count(), 4);
    }
    // Without the folder in the name of the first text, the import names another text.
    let (code, ..) = first(&compile("main.placet", "import \"lib/data.placet\"", &texts).unwrap_err());
    assert_eq!(code, Code::UnreadableFile);
}

#[test]
fn import_of_a_missing_text_is_reported_at_the_import() {
    let error = compile("shop/main.placet", "import \"data.placet\"", &[("data.placet", DATA)]).unwrap_err();
    let expected = (Code::UnreadableFile, "`data.placet` can't be read".into(), "shop/main.placet:2".into());
    assert_eq!(first(&error), expected);
    assert_eq!(error.diagnostics[0].notes, ["no text has this name"]);
}

#[test]
fn import_stays_in_the_folder_of_the_first_text() {
    for (main, import, name) in [
        ("shop/main.placet", "../data.placet", "data.placet"),
        ("main.placet", "../data.placet", "../data.placet"),
        ("../main.placet", "../data.placet", "../../data.placet"),
        ("/shop/main.placet", "../../data.placet", "/data.placet"),
        ("/shop/main.placet", "/shop/data.placet", "/shop/data.placet"),
        ("shop/main.placet", "lib/../../data.placet", "data.placet"),
    ] {
        let error = compile(main, &format!("import \"{import}\""), &[(name, DATA)]).unwrap_err();
        assert_eq!(first(&error).0, Code::ImportOutside, "{main} imports {import}");
    }
    for main in ["../shop/main.placet", "/shop/main.placet", "/main.placet", "../main.placet"] {
        let name = main.replace("main", "data");
        let policy = compile(main, "import \"lib/../data.placet\"", &[(name.as_str(), DATA)]);
        assert!(policy.is_ok(), "{main}: {policy:?}");
    }
}

#[test]
fn imports_in_a_cycle_are_read_once() {
    let texts = [
        ("a.placet", "import \"lib/b.placet\"\nimport \"main.placet\"\nimport \"./a.placet\""),
        ("lib/b.placet", "import \"../a.placet\"\ntaxonomy Data { email, phone }"),
    ];
    let policy = compile("main.placet", "import \"a.placet\"", &texts).unwrap();
    assert_eq!(policy.sources().iter().count(), 3);
}

#[test]
fn from_texts_reports_a_missing_first_text() {
    let error = Policy::from_texts("main.placet", [("shop.placet", "policy shop")]).unwrap_err();
    assert_eq!(first(&error).0, Code::UnreadableFile);
    assert_eq!(error.to_string(), "main.placet:1:1: P0206: `main.placet` can't be read");
}

#[test]
fn from_texts_ignores_texts_that_nothing_imports() {
    let texts = [("data.placet", DATA), ("broken.placet", "rule {")];
    assert!(compile("main.placet", "import \"data.placet\"", &texts).is_ok());
}

#[test]
fn from_texts_takes_owned_maps() {
    let texts = std::collections::HashMap::from([(
        "door.placet".to_owned(),
        "policy door  request { open: bool }  rule open { allow when open }".to_owned(),
    )]);
    assert!(Policy::from_texts("door.placet", texts).is_ok());
}
