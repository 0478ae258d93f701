//! `placet scan`.

mod input;
mod output;
mod report;
mod streams;
mod summary;

use super::folder::*;
use serde_json::Value;
use std::sync::Arc;

/// Six people, two of each effect.
const PEOPLE: &str = "\
subject.age,purpose,consented,guardian,country
30,newsletter,true,false,SG
12,deliver,no,false,SG
30,deliver,,,
40,deliver,0,1,MY
,deliver,f,N,SG
17,advertising,YES,on,SG
";
const EFFECTS: [&str; 6] = ["allow", "deny", "indeterminate", "deny", "indeterminate", "allow"];

fn with_people() -> Folder {
    Folder::with_shop("").with("people.csv", PEOPLE)
}

/// Writes a CSV table as Parquet in row groups of two rows. All columns are texts, except ages and bools.
fn with_parquet(folder: Folder, name: &str) -> Folder {
    use arrow_array::{ArrayRef, BooleanArray, Int16Array, RecordBatch, StringArray};
    let rows: Vec<Vec<&str>> = PEOPLE.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let column = |at: usize| rows.iter().map(move |row| Some(row[at]).filter(|cell| !cell.is_empty()));
    let truths = |at: usize| -> ArrayRef {
        let is_true = |cell: &str| matches!(cell, "true" | "1" | "YES" | "on");
        Arc::new(column(at).map(|cell| cell.map(is_true)).collect::<BooleanArray>())
    };
    let ages: ArrayRef =
        Arc::new(column(0).map(|cell| cell.map(|cell| cell.parse().unwrap())).collect::<Int16Array>());
    let texts = |at: usize| -> ArrayRef { Arc::new(column(at).collect::<StringArray>()) };
    let columns = [
        ("subject.age", ages),
        ("purpose", texts(1)),
        ("consented", truths(2)),
        ("guardian", truths(3)),
        ("country", texts(4)),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true)));
    let batch = batch.unwrap();
    let properties = parquet::file::properties::WriterProperties::builder();
    let properties = properties.set_max_row_group_row_count(Some(2)).build();
    let file = std::fs::File::create(folder.path().join(name)).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    folder
}

/// Parses the summary, one JSON object.
fn summary(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).expect(&ran.out)
}

/// Returns the effects in JSON Lines.
fn effects(text: &str) -> Vec<String> {
    let effect = |line: &str| {
        let row: Value = serde_json::from_str(line).expect(line);
        row["effect"].as_str().unwrap_or("null").to_owned()
    };
    text.lines().map(effect).collect()
}
