//! Sampling.

use super::support::*;
use placet::Effect;
use placet_engine::DecisionLog;
use std::time::Duration;

const EACH: u64 = 20_000;

#[test]
fn keep_applies_to_one_effect() {
    let (shop, disk) = (Shop::new(), Disk::new());
    let log = DecisionLog::builder()
        .capacity(64 << 20)
        .keep(Effect::Allow, 0.1)
        .keep(Effect::Indeterminate, 0.0)
        .keep_errors(0.5)
        .to_writer(disk.clone())
        .unwrap();
    let allow = shop.request(r#"{"member": true, "purpose": "deliver", "subject.age": 30}"#);
    let deny = shop.request(r#"{"member": true, "subject.age": 3}"#);
    let open = shop.request(r#"{"member": true}"#);
    let error = shop.version.policy().request_from_json("{").unwrap_err();
    for request in [&allow, &deny, &open] {
        let answer = shop.answer(request);
        (0..EACH).for_each(|_| log.record(&answer, request));
    }
    (0..EACH).for_each(|_| log.record_error(&shop.version, &error, None, Duration::ZERO));
    log.close().unwrap();

    let (all, counts) = (lines(&disk.text()), log.counts());
    let count =
        |what: &str| all.iter().filter(|line| line["effect"] == what || line["event"] == what).count() as f64;
    // Six standard deviations, exceeded by a few runs in a thousand million.
    let is_near = |count: f64, share: f64| {
        let mean = EACH as f64 * share;
        (count - mean).abs() < 6.0 * (mean * (1.0 - share)).sqrt()
    };
    assert!(is_near(count("allow"), 0.1), "{}", count("allow"));
    assert!(is_near(count("error"), 0.5), "{}", count("error"));
    assert_eq!((count("deny"), count("indeterminate")), (EACH as f64, 0.0));
    assert_eq!(counts.written, all.len() as u64);
    assert_eq!(counts.written + counts.sampled_out, 4 * EACH);
    assert_eq!(lost(&all), 0, "what is left out is not lost");
    for line in &all {
        let share = match (line["event"].as_str(), line["effect"].as_str()) {
            (Some("error"), _) => Some(0.5),
            (_, Some("allow")) => Some(0.1),
            _ => None,
        };
        assert_eq!(line["share"].as_f64(), share);
    }
}

#[test]
fn keep_samples_neighbouring_lines_independently() {
    let (shop, disk) = (Shop::new(), Disk::new());
    let log =
        DecisionLog::builder().capacity(64 << 20).keep(Effect::Allow, 0.5).to_writer(disk.clone()).unwrap();
    shop.record(&log, 0, EACH);
    log.close().unwrap();
    let written = numbers(&lines(&disk.text()));
    // Alternating traffic is sampled from both sides.
    let even = written.iter().filter(|number| *number % 2 == 0).count() as f64;
    let pairs = written.windows(2).filter(|pair| pair[1] == pair[0] + 1).count() as f64;
    let (halves, quarters) = (EACH as f64 / 4.0, EACH as f64 / 4.0);
    assert!((even - halves).abs() < 6.0 * (EACH as f64 / 8.0).sqrt(), "{even}");
    assert!((pairs - quarters).abs() < 6.0 * (EACH as f64 / 4.0).sqrt(), "{pairs}");
}

#[test]
fn keep_clamps_its_share() {
    for (share, is_kept) in [(f64::NAN, true), (7.0, true), (-1.0, false), (f64::NEG_INFINITY, false)] {
        let (shop, disk) = (Shop::new(), Disk::new());
        let log = DecisionLog::builder().keep(Effect::Allow, share).to_writer(disk.clone()).unwrap();
        shop.record(&log, 0, 10);
        log.close().unwrap();
        assert_eq!(lines(&disk.text()).len(), if is_kept { 10 } else { 0 }, "{share}");
    }
}
