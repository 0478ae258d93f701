//! Saved policies decide like their texts, and no bytes do harm.

mod support;

use placet::{Limits, LoadError, Policy};
use placet_samples::{Shape, model, policy, saved, with_optional};
use sha2::{Digest, Sha256};
use support::{Random, all_policies, corpus, policy_of, root};

/// The position of the checksum, and the beginning of the bytes that it covers.
const CHECKSUM: std::ops::Range<usize> = 8..40;

/// Bytes with a checksum that fits them.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() >= CHECKSUM.end {
        let digest = Sha256::digest(&bytes[CHECKSUM.end..]);
        bytes[CHECKSUM].copy_from_slice(&digest);
    }
    bytes
}

#[test]
fn a_saved_policy_answers_as_its_text_does() {
    let mut compared = 0;
    for path in all_policies() {
        let policy = policy_of(&path);
        let bytes = policy.to_bytes();
        let loaded = Policy::from_bytes(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(loaded.to_bytes(), bytes, "{}", path.display());
        assert_eq!(loaded.strategy(), policy.strategy());
        assert_eq!((loaded.name(), loaded.version()), (policy.name(), policy.version()));
        let name = path.file_stem().unwrap().to_str().unwrap();
        let requests = if path.parent().unwrap().ends_with("tests/corpus") {
            corpus(name, "requests.jsonl")
        } else if name == "privacy" {
            std::fs::read_to_string(root().join("examples/zai/requests.jsonl")).unwrap()
        } else {
            String::new()
        };
        for (number, line) in requests.lines().enumerate() {
            assert_eq!(loaded.decide_json(line), policy.decide_json(line), "{line}");
            compared += 1;
            // An explanation of a request that isn't allowed searches for changes, which takes its time.
            if number % 12 != 0 {
                continue;
            }
            let explained = |policy: &Policy| {
                let request = policy.request_from_json(line)?;
                Ok::<_, placet::RequestError>(serde_json::to_string(&policy.explain(&request)?).unwrap())
            };
            assert_eq!(explained(&loaded), explained(&policy), "{line}");
        }
    }
    assert!(compared > 500, "{compared}");
}

#[test]
fn from_bytes_finds_damage() {
    let bytes = policy_of(&root().join("examples/newsletter.placet")).to_bytes();
    for length in 0..bytes.len() {
        assert!(Policy::from_bytes(&bytes[..length]).is_err(), "{length}");
    }
    for place in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 1 << (place % 8);
        assert!(Policy::from_bytes(&damaged).is_err(), "{place}");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(matches!(Policy::from_bytes(&longer), Err(LoadError::Checksum)));
    assert!(matches!(Policy::from_bytes(&sealed(longer)), Err(LoadError::Form(_))));
    assert!(matches!(Policy::from_bytes(b"policy door"), Err(LoadError::NotAProgram)));
    let mut newer = bytes;
    newer[6] = 0xff;
    assert!(matches!(Policy::from_bytes(&newer), Err(LoadError::Version { found: 0xff, .. })));
}

/// With a checksum that fits, changed bytes are refused, or give some policy that answers and ends.
#[test]
fn from_bytes_survives_hostile_bytes() {
    let mut random = Random(1);
    let (mut loaded, mut refused) = (0, 0);
    let optional = (0..20).map(|seed| {
        let mut random = placet_samples::Random::new(seed);
        let text = policy(&mut random, &Shape::related());
        saved(with_optional(&mut random, model(&text).unwrap(), 60))
    });
    for bytes in all_policies().iter().map(|path| policy_of(path).to_bytes()).chain(optional) {
        for _ in 0..60 {
            let mut changed = bytes.clone();
            for _ in 0..=random.below(3) {
                let place = CHECKSUM.end + random.below((changed.len() - CHECKSUM.end) as u64) as usize;
                changed[place] = match random.below(3) {
                    0 => random.next() as u8,
                    1 => changed[place].wrapping_add(1),
                    _ => 0xff,
                };
            }
            let Ok(policy) = Policy::from_bytes(&sealed(changed)) else {
                refused += 1;
                continue;
            };
            loaded += 1;
            let answered = policy.decide(&policy.request());
            assert!(answered.is_ok() || answered.is_err());
            assert!(policy.decide_json("{}").is_ok() == policy.effect_json("{}").is_ok());
        }
    }
    assert!(loaded > 0 && refused > 0, "{loaded} {refused}");
}

#[test]
fn the_hash_tells_policies_apart_and_no_more() {
    let of = |age: u8| {
        let text =
            format!("policy door  request {{ age: int 0..150 }}  rule adult {{ allow when age >= {age} }}");
        Policy::from_text(&text).unwrap()
    };
    let (one, other) = (of(18), of(21));
    assert_ne!(one.hash(), other.hash());
    assert_eq!(one.hash(), of(18).hash());
    let saved = one.to_bytes();
    assert_eq!(Policy::from_bytes(&saved).unwrap().hash(), one.hash());
    let text = "policy door  request { age: int 0..150 }  rule adult { allow when age >= 18 }";
    let elsewhere = Policy::from_text_with("/etc/door.placet", text, &Limits::default()).unwrap();
    assert_eq!(elsewhere.hash(), one.hash(), "where it stands says nothing of what it says");
    assert_ne!(elsewhere.to_bytes(), saved);
}
