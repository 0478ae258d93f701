//! Saved models decide like the original, and damaged bytes never cause a panic or an endless search.

mod support;

use placet_check::check;
use placet_model::Model;
use placet_model::decision::Decision;
use placet_model::request::{Assignment, AttributeInput, Known, Request};
use placet_model::saved::SavedModel;
use placet_model::solver::{decide, decide_among, effect_among, firing, representatives, truths};
use placet_syntax::{Limits, source::load, source::load_text};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    let all = entries.map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> = all.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
    all.sort();
    all
}

/// Returns the policies of the corpus and the examples.
fn policies() -> Vec<PathBuf> {
    let folders = ["crates/placet/tests/corpus", "examples", "examples/zai"];
    folders.into_iter().flat_map(|folder| files(folder, "placet")).collect()
}

fn model_of(path: &Path) -> Model {
    let limits = Limits::default();
    let (model, diagnostics) = check(&load(path, &limits), &limits);
    model.unwrap_or_else(|| panic!("{}: {diagnostics:?}", path.display()))
}

fn bytes_of(model: &Model) -> Vec<u8> {
    postcard::to_stdvec(&model.to_saved()).unwrap()
}

fn restored(bytes: &[u8]) -> Option<Model> {
    let saved: SavedModel = postcard::from_bytes(bytes).ok()?;
    Model::from_saved(saved).ok()
}

/// Returns the requests in the file next to a policy.
fn requests(path: &Path) -> Vec<String> {
    let beside = if path.ends_with("zai/privacy.placet") {
        vec![
            root().join("examples/zai/requests.jsonl"),
            root().join("crates/placet/tests/corpus/clauses.requests.jsonl"),
        ]
    } else {
        vec![path.with_extension("requests.jsonl")]
    };
    let texts = beside.iter().filter_map(|path| std::fs::read_to_string(path).ok());
    texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn facts_of(model: &Model, request: &str) -> Option<Assignment> {
    Assignment::new(model, &support::request(model, request)?).ok()
}

#[test]
fn from_saved_preserves_decisions() {
    let mut decided = 0;
    for path in policies() {
        let model = model_of(&path);
        let bytes = bytes_of(&model);
        let again = restored(&bytes).unwrap_or_else(|| panic!("{}", path.display()));
        assert_eq!(bytes_of(&again), bytes, "{}", path.display());
        assert_eq!(bytes_of(&model_of(&path)), bytes, "{}", path.display());
        for (rule, saved) in model.rules.iter().zip(&again.rules) {
            assert_eq!((rule.location.clone(), rule.fires), (saved.location.clone(), saved.fires));
        }
        for request in requests(&path) {
            let (before, after) = (facts_of(&model, &request), facts_of(&again, &request));
            assert_eq!(before.is_some(), after.is_some(), "{request}");
            if let (Some(before), Some(after)) = (before, after) {
                assert_eq!(decide(&model, &before), decide(&again, &after), "{request}");
                decided += 1;
            }
        }
    }
    assert!(decided > 800, "the requests were found: {decided}");
}

#[test]
fn to_saved_stores_equal_universes_once() {
    let names: Vec<String> = (0..1_000).map(|number| format!("name_{number}")).collect();
    let text = |attributes: usize| {
        let attributes: String = (0..attributes).map(|number| format!("  a{number}: T\n")).collect();
        format!("policy p\ntaxonomy T {{ {} }}\nrequest {{\n{attributes}}}", names.join("  "))
    };
    let size = |attributes| bytes_of(&checked(&text(attributes))).len();
    assert!(size(101) - size(1) < 1_000);
}

fn checked(text: &str) -> Model {
    let limits = Limits::default();
    let (model, diagnostics) = check(&load_text("p.placet", text, &limits), &limits);
    model.unwrap_or_else(|| panic!("{diagnostics:?}"))
}

/// A small policy with every kind of attribute and condition.
const SMALL: &str = r#"
policy small version "1"
taxonomy Data { personal { contact  health { scan } }  public }
request {
  age: int 0..150
  limit: int -5..5 default 3
  score: number 0..1
  born: date
  at: time
  wait: duration
  country: string
  other: string
  data: Data
  purpose: { ship, ads }
  second: { ads, ship }
  consent: bool default false
  kinds: set of Data
  more: set? of Data
  tags: set of string
  marks: set? of string
}
rule grown {
  cite "§1"  because "grown"  basis contract
  allow when age >= 18 and purpose is ship
    except deep when consent { except deeper when wait > 2 days }
    except late when at > 2026-01-01T00:00:00Z
  oblige erase within 30 days when data in personal "soon"
}
rule sums { deny when limit + age > 20 or years(born, at) < 18 or score > 0.5 }
rule texts { deny when country like "d*e" or country is other or country in tags or country in {"at", "ch"} }
rule names { deny when purpose is second and (data in kinds or data is missing) }
rule sets {
  deny when any kinds in {health} or all more in {public, scan} or any kinds in more or all more in kinds
    or kinds is more or more is {} or tags is {"a", "b"} or any tags in marks
}
"#;

/// Calls every operation on a model, with limits that a search reaches soon.
fn use_all(mut model: Model) {
    model.limits.search_steps = 1_000;
    model.limits.representatives = 32;
    model.limits.related_representatives = 8;
    let texts = [
        "{}",
        r#"{"age": 20, "purpose": "ship", "data": "health", "kinds": ["personal"], "country": "dxe"}"#,
        r#"{"at": "2026-05-01T10:00:00Z", "born": "2010-02-28", "wait": "P3D", "consent": true, "score": 0.75,
            "limit": -2, "tags": ["a", "b"], "marks": [], "other": "at", "more": ["scan"], "second": "ads"}"#,
    ];
    let given = texts.iter().filter_map(|text| facts_of(&model, text));
    for facts in given.chain([Assignment::unknown(&model)]).collect::<Vec<_>>() {
        let decision: Decision = decide(&model, &facts);
        truths(&model, &facts);
        firing(&model, &facts);
        for (id, attribute) in model.declared().collect::<Vec<_>>() {
            for value in representatives(&model, &facts, id).into_iter().take(4) {
                value.display(&attribute.kind);
                let mut request = Request::new();
                if request.put(&model, id, AttributeInput::Value(value)).is_ok() {
                    let _ = Assignment::new(&model, &request).map(|facts| decide(&model, &facts));
                }
            }
            assert!(matches!(facts.get(id), Known::Known(_) | Known::OneOf(_) | Known::Missing));
        }
        assert!(decision.rules.len() <= model.rules.len());
    }
    bytes_of(&model);
}

#[test]
fn from_saved_rejects_truncated_bytes() {
    let bytes = bytes_of(&checked(SMALL));
    for end in 0..bytes.len() {
        assert!(restored(&bytes[..end]).is_none(), "{end} of {} bytes", bytes.len());
    }
    use_all(restored(&bytes).unwrap());
}

#[test]
fn from_saved_survives_damaged_bytes() {
    let bytes = bytes_of(&checked(SMALL));
    let mut random = Random(7);
    let mut restored_ones = 0;
    for _ in 0..1_500 {
        let mut damaged = bytes.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(damaged.len());
            match random.below(4) {
                0 => damaged[at] = random.next() as u8,
                1 => damaged[at] ^= 1 << random.below(8),
                2 => drop(damaged.remove(at)),
                _ => damaged.insert(at, random.next() as u8),
            }
        }
        if let Some(model) = restored(&damaged) {
            restored_ones += 1;
            use_all(model);
        }
    }
    assert!(restored_ones > 25, "some damage is to no more than names: {restored_ones}");
}

#[test]
fn decide_among_feasible_rules_equals_decide() {
    for path in policies() {
        let model = model_of(&path);
        let all: Vec<usize> = (0..model.rules.len()).collect();
        for request in requests(&path) {
            let Some(facts) = facts_of(&model, &request) else { continue };
            let decision = decide(&model, &facts);
            assert_eq!(effect_among(&model, &facts, &all), decision.effect, "{request}");
            assert_eq!(decide_among(&model, &facts, &all), decision, "{request}");
            let truths = truths(&model, &facts);
            let open = |rule: &usize| truths.get(model.rules[*rule].fires) != Some(false);
            let mut open: Vec<usize> = all.iter().copied().filter(open).collect();
            open.push(usize::MAX);
            assert_eq!(decide_among(&model, &facts, &open), decision, "{request}");
        }
    }
}

/// A deterministic pseudo-random sequence: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}
