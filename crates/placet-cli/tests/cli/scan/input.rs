//! Reading tables, and mapping their columns to attributes.

use super::*;
use serde_json::json;

/// A policy with an attribute of each type.
const TYPES: &str = "policy types
request {
  flag: bool  count: int 0..9  share: number 0..1  name: string  kind: { x, y }  data: set? of { a, b, c }
  labels: set of string  day: date  at: time  idle: duration
}
rule every {
  allow when flag and count is 3 and share >= 0.5 and name is \"n, n\" and kind is y and all data in {a, b}
    and any labels in {\"p q\"} and day >= 2026-01-15 and at >= 2026-01-15T00:00:00Z and idle < 1 hour
}
";

#[test]
fn scan_parses_cells_by_attribute_type() {
    let head = "flag,count,share,name,kind,data,labels,day,at,idle\n";
    let row = |cells: &str| format!("{head}{cells}\n");
    let fits = [
        r#"true,3,0.5,"n, n",y,a;b,p q;r,2026-01-15,2026-01-15T08:00:00+08:00,3599"#,
        r#"On,3,5e-1,"n, n",y,"[""a"",""b""]","[""p q""]",2026-01-16,2026-01-15T00:00:00Z,PT59M"#,
        r#"1,+3,1,"n, n",y,[],p q,2026-02-01,2026-12-01T00:00:00.5Z,-5"#,
        r#"Y,3,1,"n, n",y, a ; b ,r ; p q,9999-12-31,2026-01-15T00:00:00Z,0.25"#,
    ];
    for cells in fits {
        let folder = Folder::new().with("types.placet", TYPES).with("t.csv", row(cells));
        let ran = folder.run(&["scan", "types.placet", "t.csv", "-o", "-", "-q"]).ends(0).quiet();
        assert_eq!(ran.out, "effect\nallow\n", "{cells}");
    }
    let good = fits[0];
    for (from, to, column) in [
        ("true,", "maybe,", "flag"),
        (",3,", ",3.0,", "count"),
        (",3,", ",10,", "count"),
        (",3,", ",99999999999999999999,", "count"),
        ("0.5", "half", "share"),
        ("0.5", "1.5", "share"),
        (",y,", ",z,", "kind"),
        ("a;b", "a;d", "data"),
        ("a;b", "[a", "data"),
        ("2026-01-15,", "15.1.2026,", "day"),
        ("08:00:00+08:00", "08:00:00", "at"),
        ("3599", "soon", "idle"),
    ] {
        let cells = good.replacen(from, to, 1);
        assert_ne!(cells, good);
        let folder = Folder::new().with("types.placet", TYPES).with("t.csv", row(&cells));
        let ran = folder.run(&["scan", "types.placet", "t.csv"]).ends(2);
        assert!(ran.err.starts_with("error: t.csv: row 1, column `"), "{cells}: {}", ran.err);
        assert!(ran.err.contains(&format!("`{column}`")), "{column}: {}", ran.err);
    }
}

#[test]
fn columns_maps_column_names() {
    let table = "customer_age,why,id\n30,deliver,1\n12,deliver,2\n";
    let folder = Folder::with_shop("").with("t.csv", table);
    let scan = ["scan", "shop.placet", "t.csv", "--set", "guardian=no", "-o", "-", "-q"];
    let ran = folder.run(&scan).ends(1);
    assert!(ran.err.contains("customer_age") && ran.err.contains("--columns"), "{}", ran.err);
    for columns in [
        &["--columns", "subject.age=customer_age,purpose=why"][..],
        &["--columns", "subject.age=customer_age", "--columns", "purpose=why"],
    ] {
        let ran = folder.run(&[&scan[..], columns].concat()).ends(1);
        assert!(ran.err.contains("`id`") && ran.err.contains("--ignore-unknown"), "{}", ran.err);
        let ran = folder.run(&[&scan[..], columns, &["--ignore-unknown"]].concat()).ends(0).quiet();
        assert_eq!(ran.lines(), ["effect", "allow", "deny"]);
    }
    let ran = folder.run(&[&scan[..], &["--columns", "subject.age=age"]].concat()).ends(1);
    assert!(ran.err.contains("`age`"), "{}", ran.err);
    let ran = folder.run(&[&scan[..], &["--columns", "subject.age"]].concat()).ends(64);
    assert!(ran.err.contains("NAME=VALUE"), "{}", ran.err);
}

#[test]
fn set_gives_every_row_a_value() {
    let folder = Folder::with_shop("").with("t.csv", "subject.age\n30\n12\n");
    let scan = ["scan", "shop.placet", "t.csv", "-o", "-", "-q", "--set", "guardian=off", "--set"];
    let ran = folder.run(&[&scan[..], &["purpose=deliver"]].concat()).ends(0).quiet();
    assert_eq!(ran.lines(), ["effect", "allow", "deny"]);
    let ran = folder.run(&[&scan[..], &["purpose=deliver", "--set", "country="]].concat()).ends(0).quiet();
    assert_eq!(ran.lines(), ["effect", "indeterminate", "deny"], "nothing is a value that is not known");
    for (wrong, named) in
        [("purpose=delivery", "delivery"), ("guardian=maybe", "maybe"), ("purpos=deliver", "purpose")]
    {
        let ran = folder.run(&[&scan[..], &[wrong]].concat()).ends(1);
        assert!(ran.err.starts_with("error: --set ") && ran.err.contains(named), "{}", ran.err);
    }
}

#[test]
fn on_error_fails_or_writes_null() {
    let table = "subject.age,purpose,guardian\n30,deliver,no\n151,deliver,no\n30,deliver,perhaps\n30,deliver\n12,deliver,no\n";
    let folder = Folder::with_shop("").with("t.csv", table);
    let ran = folder.run(&["scan", "shop.placet", "t.csv", "-o", "out.csv"]).ends(2);
    let (says, named) = (&ran.err, ["row 2", "`subject.age`", "151", "int 0..150"]);
    assert!(named.iter().all(|part| says.contains(part)) && ran.out.is_empty(), "{says}");
    assert!(!folder.path().join("out.csv").exists());

    let null = ["--on-error", "null", "--format", "json"];
    for batch in ["1", "2", "100"] {
        let args = ["scan", "shop.placet", "t.csv", "-o", "out.jsonl", "--batch-rows", batch];
        let ran = folder.run(&[&args[..], &null].concat()).ends(2).quiet();
        assert_eq!(effects(&folder.text("out.jsonl")), ["allow", "null", "null", "null", "deny"]);
        let told = summary(&ran);
        assert_eq!((&told["erroneous"], &told["rows"]), (&json!(3), &json!(5)));
        let rows: Vec<&Value> =
            told["errors"].as_array().unwrap().iter().map(|fault| &fault["row"]).collect();
        assert_eq!(rows, [2, 3, 4]);
        assert_eq!(told["errors"][2]["message"], "row 4: 2 cells, expected 3");
    }
    let allowed = ["scan", "shop.placet", "t.csv", "--allowed", "-o", "out.csv"];
    folder.run(&[&allowed[..], &null].concat()).ends(2);
    assert_eq!(folder.text("out.csv"), "subject.age,purpose,guardian\n30,deliver,no\n");
}

#[test]
fn scan_requires_columns_of_required_attributes() {
    let text =
        "policy shop\nrequest { member: bool required  age: int }\nrule members { allow when member }\n";
    let folder =
        Folder::new().with("a.placet", text).with("t.csv", "age\n3\n").with("u.csv", "member\ntrue\n\"\"\n");
    let ran = folder.run(&["scan", "a.placet", "t.csv"]).ends(1);
    assert!(ran.err.contains("`member`") && ran.err.contains("--set"), "{}", ran.err);
    let ran = folder.run(&["scan", "a.placet", "u.csv"]).ends(2);
    assert!(ran.err.contains("row 2") && ran.err.contains("`member`"), "{}", ran.err);
}

#[test]
fn scan_reads_csv_dialects() {
    let folder = Folder::with_shop("")
        .with("bare.csv", " 30 , deliver , ?\n 12, deliver, no\n")
        .with("t.tsv", "subject.age\tpurpose\tguardian\n30\tdeliver\t\n12\tdeliver\tno\n")
        .with("t.csv", "subject.age|purpose|guardian\r\n30|deliver|n/a\r\n12|deliver|no\r\n");
    let ways: [&[&str]; 4] = [
        &["bare.csv", "--no-header", "--names", "subject.age,purpose,guardian", "--trim", "--null", "?"],
        &[
            "bare.csv",
            "--no-header",
            "--columns",
            "subject.age=1,purpose=2,guardian=3",
            "--trim",
            "--null",
            "?",
        ],
        &["t.tsv"],
        &["t.csv", "--delimiter", "|", "--null", "none", "--null", "n/a"],
    ];
    for way in ways {
        let args = [&["scan", "shop.placet"], way, &["-o", "out.jsonl"]].concat();
        folder.run(&args).ends(0).quiet();
        assert_eq!(effects(&folder.text("out.jsonl")), ["allow", "deny"], "{way:?}");
    }
    let ran = folder.run(&["scan", "shop.placet", "t.tsv", "--delimiter", "ab"]).ends(64);
    assert!(ran.err.contains("ASCII"), "{}", ran.err);
}

#[test]
fn scan_reads_parquet_structs_as_dotted_names() {
    use arrow_array::{ArrayRef, Int8Array, RecordBatch, StringArray, StructArray};
    let age: ArrayRef = Arc::new(Int8Array::from(vec![30, 12]));
    let field = arrow_schema::Field::new("age", age.data_type().clone(), true);
    let subject = StructArray::from(vec![(Arc::new(field), age)]);
    let purpose: ArrayRef = Arc::new(StringArray::from(vec!["deliver", "deliver"]));
    let batch =
        RecordBatch::try_from_iter([("subject", Arc::new(subject) as ArrayRef), ("purpose", purpose)])
            .unwrap();
    let folder = Folder::with_shop("");
    let file = std::fs::File::create(folder.path().join("t")).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    // The first bytes tell the format.
    let args = ["scan", "shop.placet", "t", "--set", "guardian=no", "-o", "-", "-q"];
    assert_eq!(folder.run(&args).ends(0).quiet().lines(), ["effect", "allow", "deny"]);
}

#[test]
fn scan_rejects_files_that_are_not_tables() {
    let folder = Folder::with_shop("")
        .with("t.csv.gz", b"\x1f\x8b\x08\x00rest")
        .with("t.parquet", "subject.age\n30\n")
        .with("t.csv", b"subject.age,country\n30,\xe9\n");
    let ran = folder.run(&["scan", "shop.placet", "t.csv.gz"]).ends(1);
    assert!(ran.err.contains("gzip -dc t.csv.gz | placet scan"), "{}", ran.err);
    let ran = folder.run(&["scan", "shop.placet", "t.parquet"]).ends(1);
    assert!(ran.err.starts_with("error: t.parquet: "), "{}", ran.err);
    let ran = folder.run(&["scan", "shop.placet", "t.csv"]).ends(2);
    assert!(ran.err.contains("row 1") && ran.err.contains("`country`"), "{}", ran.err);
}

#[test]
fn scan_decides_rows_like_requests() {
    let mut state = 7_u64;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    let purposes = ["deliver", "marketing", "newsletter", "advertising"];
    let (mut table, mut requests) =
        ("subject.age,purpose,consented,guardian,country\n".to_owned(), String::new());
    for _ in 0..2_000 {
        let age = ["", "0", "12", "13", "17", "18", "150"][below(7)];
        let purpose = purposes.get(below(5)).copied().unwrap_or_default();
        let [consented, guardian] = [below(3), below(3)].map(|at| ["", "true", "false"][at]);
        let country = ["", "SG", "MY"][below(3)];
        table += &format!("{age},{purpose},{consented},{guardian},{country}\n");
        let known = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
        let text = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
        let request = json!({
            "subject.age": known(age), "purpose": text(purpose), "consented": known(consented),
            "guardian": known(guardian), "country": text(country),
        });
        requests += &format!("{request}\n");
    }
    let folder = Folder::with_shop("").with("t.csv", table).with("requests.jsonl", requests);
    let decided = folder.run(&["decide", "shop.placet", "requests.jsonl"]).ends(0).json();
    let reasons = ["--reasons", "rules,clauses,missing", "--output-format", "jsonl"];
    let args = ["scan", "shop.placet", "t.csv", "-q", "-o", "-", "--batch-rows", "300"];
    let scanned = folder.run(&[&args[..], &reasons].concat()).ends(0).json();
    assert_eq!(decided.len(), scanned.len());
    for (decided, scanned) in decided.iter().zip(&scanned) {
        let of_decision = ["effect", "rules", "cites", "missing"].map(|key| &decided[key]);
        assert_eq!(of_decision, ["effect", "rules", "clauses", "missing"].map(|key| &scanned[key]));
    }
    for effect in ["allow", "deny", "indeterminate"] {
        assert!(decided.iter().filter(|decided| decided["effect"] == effect).count() > 200, "{effect}");
    }
}
