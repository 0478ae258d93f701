//! Writes what criterion measured as one Markdown page, on the machine that measured it.
//!
//! ```text
//! report [CRITERION_DIR]...
//! ```
//!
//! A directory is the `criterion` folder of some target directory; without any it is this suite's own. Every benchmark
//! group in them becomes a table, so another suite's results need no word here. Within a group all is compared with
//! Placet: with the benchmark named `placet`, or else the fastest whose name begins so.

use placet_peers::{Engine, Failure, Visitor, each_growth, each_privacy_12};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The file that criterion writes for a benchmark.
#[derive(Deserialize)]
struct Description {
    group_id: String,
    function_id: Option<String>,
    value_str: Option<String>,
    throughput: Option<serde_json::Value>,
}

/// The estimates that criterion writes for a benchmark.
#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    confidence_interval: Interval,
    point_estimate: f64,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

/// One row of a table; times in nanoseconds for one of the elements that the benchmark counts, or for a round if it counts none.
struct Row {
    name: String,
    elements: Option<u64>,
    median: f64,
    low: f64,
    high: f64,
}

impl Row {
    fn new(description: &Description, estimates: &Estimates) -> Self {
        let counted = description.throughput.as_ref();
        let elements = counted
            .and_then(|counted| {
                counted.get("Elements").or_else(|| counted.pointer("/ElementsAndBytes/elements"))
            })
            .and_then(serde_json::Value::as_u64);
        let name: Vec<&str> = [&description.function_id, &description.value_str]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        let per = elements.unwrap_or(1).max(1) as f64;
        Self {
            name: if name.is_empty() { description.group_id.clone() } else { name.join("/") },
            elements,
            median: estimates.median.point_estimate / per,
            low: estimates.median.confidence_interval.lower_bound / per,
            high: estimates.median.confidence_interval.upper_bound / per,
        }
    }
}

fn main() -> Result<(), Failure> {
    let mut directories: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if directories.is_empty() {
        directories.push(own_criterion_directory());
    }
    let mut groups: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for directory in &directories {
        collect(directory, &mut groups).map_err(|error| format!("{}: {error}", directory.display()))?;
    }
    if groups.is_empty() {
        return Err("no results there; run the benchmarks first".into());
    }
    let mut out = String::from("# Benchmarks\n\n");
    write_machine(&mut out)?;
    out.push_str(
        "\nA round does something to all of the requests, or whatever the benchmark counts, and *each* is the time for one of \
         them. Where a benchmark counts nothing, it is the time of the round. *Beside Placet* is how many \
         times Placet's time it is.\n",
    );
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_cached_key(|(name, _)| natural(name));
    for (name, rows) in &mut groups {
        write_group(&mut out, name, rows)?;
    }
    print!("{out}");
    Ok(())
}

fn own_criterion_directory() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target")).join("criterion")
}

/// Finds the results below a directory, however deep criterion put them.
fn collect(directory: &Path, groups: &mut BTreeMap<String, Vec<Row>>) -> Result<(), Failure> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if !path.is_dir() {
            continue;
        }
        let (description, estimates) = (path.join("benchmark.json"), path.join("estimates.json"));
        // Criterion keeps the run before in `base`; `new` is the last one.
        if path.file_name().is_some_and(|name| name == "new") && description.is_file() && estimates.is_file()
        {
            let description: Description = serde_json::from_str(&fs::read_to_string(description)?)?;
            let estimates: Estimates = serde_json::from_str(&fs::read_to_string(estimates)?)?;
            let row = Row::new(&description, &estimates);
            groups.entry(description.group_id).or_default().push(row);
        } else {
            collect(&path, groups)?;
        }
    }
    Ok(())
}

fn write_machine(out: &mut String) -> Result<(), Failure> {
    let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .arg("--version")
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok());
    let unknown = || "unknown".to_owned();
    writeln!(out, "| | |\n| --- | --- |")?;
    writeln!(out, "| processor | {} |", processor.unwrap_or_else(unknown))?;
    writeln!(
        out,
        "| cores | {} |",
        std::thread::available_parallelism().map_or_else(|_| unknown(), |n| n.to_string())
    )?;
    writeln!(out, "| compiler | {} |", rustc.unwrap_or_else(unknown).trim())?;
    let mut packages = Packages(BTreeSet::new());
    each_privacy_12(&mut packages)?;
    each_growth(1, &mut packages)?;
    for package in packages.0 {
        writeln!(out, "| {package} | {} |", locked_version(package).unwrap_or("unknown"))?;
    }
    Ok(())
}

/// The crates that the suite measures.
struct Packages(BTreeSet<&'static str>);

impl Visitor for Packages {
    fn visit<E: Engine>(&mut self, _: impl FnOnce() -> Result<E, Failure>) -> Result<(), Failure> {
        self.0.extend(E::PACKAGE);
        Ok(())
    }
}

/// The version of a crate that this program was built with.
fn locked_version(package: &str) -> Option<&'static str> {
    let lock = include_str!("../../Cargo.lock");
    let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{package}\""));
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

fn write_group(out: &mut String, name: &str, rows: &mut [Row]) -> Result<(), Failure> {
    rows.sort_by(|a, b| a.median.total_cmp(&b.median));
    // The fastest stands first.
    let of_placet = rows.iter().find(|row| row.name.starts_with("placet"));
    let placet = rows.iter().find(|row| row.name == "placet").or(of_placet).map(|row| row.median);
    writeln!(out, "\n## {name}\n")?;
    writeln!(out, "| | ns each, median | 95% interval | beside Placet | in a round |")?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: |")?;
    for row in rows {
        let ratio =
            placet.map_or_else(|| "–".to_owned(), |placet| format!("{} ×", figures(row.median / placet)));
        let elements = row.elements.map_or_else(|| "–".to_owned(), grouped);
        writeln!(
            out,
            "| {} | {} | {} to {} | {ratio} | {elements} |",
            row.name,
            figures(row.median),
            figures(row.low),
            figures(row.high)
        )?;
    }
    Ok(())
}

/// Three figures: more would claim what a run on a shared machine can't know.
fn figures(value: f64) -> String {
    if !value.is_finite() || value <= 0.0 {
        return value.to_string();
    }
    let magnitude = value.log10().floor() as i32;
    if magnitude >= 2 {
        let unit = 10f64.powi(magnitude - 2);
        grouped(((value / unit).round() * unit) as u64)
    } else {
        format!("{value:.*}", usize::try_from(2 - magnitude).unwrap_or_default())
    }
}

/// With a comma after each three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A key that sorts `growth/100` before `growth/1000` and after `growth/20`.
fn natural(name: &str) -> Vec<(u64, String)> {
    name.split(['/', '-', '_', ' ']).map(|part| (part.parse().unwrap_or_default(), part.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::{figures, grouped, locked_version, natural};

    #[test]
    fn figures_are_three() {
        let shown = [2.468_1, 36.6, 999.6, 1_234.0, 14_700_499.0, 0.051_9].map(figures);
        assert_eq!(shown, ["2.47", "36.6", "1,000", "1,230", "14,700,000", "0.0519"]);
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn sizes_sort_as_numbers() {
        let mut names = ["growth/1000", "growth/20", "growth/100"];
        names.sort_by_cached_key(|name| natural(name));
        assert_eq!(names, ["growth/20", "growth/100", "growth/1000"]);
    }

    #[test]
    fn versions_are_read_from_the_lock_file() {
        assert!(locked_version("serde_json").is_some_and(|version| version.starts_with("1.")));
        assert_eq!(locked_version("no-such-crate"), None);
    }
}
