//! Reload: a policy's files are changed in every way, and the engine follows them while their policy is fit.

#[cfg(unix)]
#[path = "reload/links.rs"]
mod links;
#[path = "reload/shared.rs"]
mod shared;
#[path = "reload/shop.rs"]
mod shop;

use placet::{Code, Policy};
use placet_engine::{
    Engine, Facts, Key, KeyType, Reload, ReloadCause, ReloadError, ReloadReport, Reloader, Resolver,
};
use shop::{Shop, adults, brisk, on_demand, polled};
use std::fs;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

fn code(report: &ReloadReport) -> Option<Code> {
    match report.error() {
        Some(ReloadError::Compile(error)) => error.diagnostics.first().map(|fault| fault.code),
        _ => None,
    }
}

#[test]
fn an_edit_in_place_is_swapped_in() {
    let shop = Shop::open(&adults("1", 18));
    let request = r#"{"age": 17}"#;
    assert!(!shop.engine.version().policy().decide_json(request).unwrap().is_allowed());

    shop.write("main.placet", &adults("2", 16));
    let report = shop.swapped_to("2");
    assert_eq!(report.cause, ReloadCause::Change);
    assert!(shop.engine.version().policy().decide_json(request).unwrap().is_allowed());

    let swapped = report.swapped().unwrap();
    assert_eq!(swapped.swap.old.version(), Some("1"));
    let [region] = swapped.difference().effects.as_slice() else { panic!("{:?}", swapped.difference()) };
    assert_eq!(
        (region.from.as_str(), region.to.as_str(), region.when[0].is.as_str()),
        ("deny", "allow", "16..17")
    );
    assert!(report.to_string().starts_with("swapped shop 1 ("), "{report}");
    assert_eq!(shop.reloader.counts().swapped, 1);
}

#[test]
fn a_file_replaced_by_renaming_is_swapped_in() {
    let shop = Shop::open(&adults("1", 18));
    shop.replace("main.placet", adults("2", 16));
    shop.swapped_to("2");
    // The watch isn't bound to the file that was replaced.
    shop.replace("main.placet", adults("3", 14));
    shop.swapped_to("3");
    shop.write("main.placet", &adults("4", 12));
    shop.swapped_to("4");
}

#[test]
fn a_file_created_again_is_swapped_in() {
    let shop = Shop::open(&adults("1", 18));
    fs::remove_file(shop.path("main.placet")).unwrap();
    let report = shop.kept("1");
    assert!(matches!(report.error(), Some(ReloadError::Read { .. })), "{report}");
    assert!(report.to_string().contains("main.placet` can't be read"), "{report}");
    shop.write("main.placet", &adults("2", 16));
    shop.swapped_to("2");
}

#[test]
fn a_folder_created_again_is_swapped_in() {
    let shop = Shop::of("policies/shop/main.placet", &brisk(), |folder| {
        fs::create_dir_all(folder.join("policies/shop")).unwrap();
        fs::write(folder.join("policies/shop/main.placet"), adults("1", 18)).unwrap();
    });
    fs::remove_dir_all(shop.path("policies")).unwrap();
    shop.kept("1");
    fs::create_dir_all(shop.path("policies/shop")).unwrap();
    shop.write("policies/shop/main.placet", &adults("2", 16));
    shop.swapped_to("2");
    shop.write("policies/shop/main.placet", &adults("3", 14));
    shop.swapped_to("3");
}

#[test]
fn a_replaced_folder_is_swapped_in() {
    let shop = Shop::of("policies/main.placet", &brisk(), |folder| {
        fs::create_dir(folder.join("policies")).unwrap();
        fs::write(folder.join("policies/main.placet"), adults("1", 18)).unwrap();
    });
    fs::create_dir(shop.path("next")).unwrap();
    shop.write("next/main.placet", &adults("2", 16));
    fs::rename(shop.path("policies"), shop.path("last")).unwrap();
    fs::rename(shop.path("next"), shop.path("policies")).unwrap();
    shop.swapped_to("2");
    shop.write("policies/main.placet", &adults("3", 14));
    shop.swapped_to("3");
}

const RULES: &str = "request { age: int 0..150 }\nrule adults { allow when age >= 18 }\n";

fn imports(version: &str, files: &[&str]) -> String {
    let imports: String = files.iter().map(|file| format!("import \"{file}\"\n")).collect();
    format!("policy shop version \"{version}\"\n{imports}")
}

#[test]
fn an_edited_import_is_swapped_in() {
    let shop = Shop::of("main.placet", &brisk(), |folder| {
        fs::create_dir(folder.join("parts")).unwrap();
        fs::write(folder.join("main.placet"), imports("1", &["parts/ages.placet"])).unwrap();
        fs::write(folder.join("parts/ages.placet"), RULES).unwrap();
    });
    shop.write("parts/ages.placet", &RULES.replace("18", "16"));
    shop.swapped_to("1");
    assert!(shop.engine.version().policy().decide_json(r#"{"age": 16}"#).unwrap().is_allowed());
}

#[test]
fn imports_are_watched_while_they_are_imported() {
    let shop = Shop::open(&format!("{}{RULES}", imports("1", &[])));
    fs::create_dir(shop.path("parts")).unwrap();
    shop.write("parts/more.placet", "rule never { deny when age > 120 }\n");
    shop.replace("main.placet", format!("{}{RULES}", imports("2", &["parts/more.placet"])));
    shop.swapped_to("2");
    shop.replace("parts/more.placet", "rule never { deny when age > 110 }\n");
    let report = shop.swapped_to("2");
    assert_eq!(report.swapped().unwrap().difference().effects[0].when[0].is, "111..120");
    shop.replace("main.placet", format!("{}{RULES}", imports("3", &[])));
    shop.swapped_to("3");
    // A file that is no longer imported isn't watched: the next report belongs to the edit after it.
    shop.write("parts/more.placet", "this is no policy\n");
    shop.replace("main.placet", format!("{}{RULES}", imports("4", &[])));
    let report = shop.swapped_to("4");
    assert_eq!(report.swapped().unwrap().swap.old.version(), Some("3"));
    assert_eq!(shop.reloader.counts().failed, 0);
}

#[test]
fn a_missing_import_is_swapped_in_when_created() {
    for options in [brisk(), polled()] {
        let shop = Shop::open_with(&format!("{}{RULES}", imports("1", &[])), &options);
        shop.write("main.placet", &imports("2", &["parts/ages.placet"]));
        assert_eq!(code(&shop.kept("1")), Some(Code::UnreadableFile));
        fs::create_dir(shop.path("parts")).unwrap();
        shop.write("parts/ages.placet", RULES);
        shop.swapped_to("2");
    }
}

#[test]
fn a_broken_policy_keeps_the_old_one_until_it_is_corrected() {
    let shop = Shop::open(&adults("1", 18));
    shop.write("main.placet", &adults("2", 16).replace("age >=", "aeg >="));
    let report = shop.kept("1");
    assert_eq!(code(&report), Some(Code::UnknownName));
    assert!(report.to_string().contains("main.placet:3:26: P0304"), "{report}");
    assert!(shop.reloader.counts().failed >= 1);
    shop.write("main.placet", &adults("2", 16));
    shop.swapped_to("2");
}

#[test]
fn a_failing_test_keeps_the_policy() {
    let shop = Shop::open(&adults("1", 18));
    let tests = "test \"sixteen is enough\" { given { age: 16 } expect allow }\n\
                 test \"all may\" { given { age: 0 } expect allow by adults }\n";
    shop.write("main.placet", &format!("{}{tests}", adults("2", 16)));
    let report = shop.kept("1");
    let Some(ReloadError::Tests(tests)) = report.error() else { panic!("{report}") };
    assert_eq!((tests.count, tests.of, tests.failed.len()), (1, 2, 1));
    let test = &tests.failed[0];
    assert_eq!(test.title, "all may");
    assert!(test.location.ends_with("main.placet:5"), "{}", test.location);
    assert_eq!(test.failures, ["expected allow, got deny", "`adults` isn't among the determining rules"]);
    assert!(report.to_string().contains("1 of 2 tests fail: `all may` at "), "{report}");
}

#[test]
fn a_failing_test_is_reported_for_an_unchanged_hash() {
    let shop = Shop::open_with(&adults("1", 18), &on_demand());
    shop.write(
        "main.placet",
        &format!("{}test \"nobody\" {{ given {{ age: 20 }} expect deny }}\n", adults("1", 18)),
    );
    assert!(matches!(shop.reloader.reload_now().error(), Some(ReloadError::Tests(_))));
}

#[test]
fn tests_past_their_time_limit_keep_the_policy() {
    let mut options = on_demand();
    options.test_time = Duration::ZERO;
    let shop = Shop::open_with(&adults("1", 18), &options);
    let tests = "test \"a\" { given { age: 16 } expect allow }\n".to_owned();
    shop.write("main.placet", &(adults("2", 16) + &tests + &tests.replace("\"a\"", "\"b\"")));
    let report = shop.reloader.reload_now();
    assert!(matches!(report.error(), Some(ReloadError::TestsLate { run: 1, of: 2, .. })), "{report}");
    // A single test that has ended isn't late.
    shop.write("main.placet", &(adults("2", 16) + &tests));
    assert!(shop.reloader.reload_now().swapped().is_some());
}

#[test]
fn a_refuted_proof_keeps_the_policy() {
    let proof = "prove children { never allow when age < 16 }\n";
    let shop = Shop::open(&(adults("1", 18) + proof));
    shop.write("main.placet", &(adults("2", 14) + proof));
    let report = shop.kept("1");
    assert_eq!(code(&report), Some(Code::ProofRefuted));
    shop.write("main.placet", &(adults("2", 16) + proof));
    shop.swapped_to("2");
}

/// Like [`adults`], with a denial of its own, a test and a proof.
fn guarded(version: &str, age: u8) -> String {
    adults(version, 0)
        + &format!("rule minors {{ deny when age < {age} }}\n")
        + &format!("prove minors {{ never allow when age < {age} }}\n")
        + "test \"grown\" { given { age: 20 } expect allow }\n"
}

#[test]
fn a_half_written_file_keeps_the_policy() {
    let shop = Shop::open(&adults("1", 18));
    let text = adults("2", 16);
    shop.write("main.placet", &text[..text.len() / 2]);
    shop.kept("1");
    shop.write("main.placet", &text);
    shop.swapped_to("2");
}

#[test]
fn a_file_cut_off_anywhere_keeps_the_policy() {
    let shop = Shop::open_with(&guarded("1", 18), &on_demand());
    let text = guarded("2", 16);
    for end in 0..text.len() {
        shop.write("main.placet", &text[..end]);
        let report = shop.reloader.reload_now();
        // With all rules and the start of the checks, the new policy is complete.
        match report.swapped() {
            Some(_) => {
                assert!(text[..end].contains("test \"grown\""), "{report}: {}", &text[..end]);
                break;
            }
            None => assert_eq!(shop.engine.version().version(), Some("1")),
        }
    }
    let answer = |age: &str| shop.engine.version().policy().decide_json(age).unwrap();
    assert!(answer(r#"{"age": 16}"#).is_allowed() && !answer(r#"{"age": 15}"#).is_allowed());
}

#[test]
fn a_policy_without_checks_is_refused_after_one_with_checks() {
    let shop = Shop::open_with(&adults("1", 18), &on_demand());
    let proof = "prove children { never allow when age < 16 }\n";
    let test = "test \"grown\" { given { age: 20 } expect allow }\n";
    let look = |text: String| {
        shop.write("main.placet", &text);
        let report = shop.reloader.reload_now();
        match report.error() {
            Some(ReloadError::Unchecked { lost, .. }) => Err(*lost),
            None => Ok(()),
            Some(other) => panic!("{other}"),
        }
    };
    assert_eq!(look(adults("2", 18) + test), Ok(()));
    assert_eq!(look(adults("3", 18)), Err("tests"));
    assert_eq!(look(adults("3", 18) + proof), Err("tests"));
    // Checks that came with a text of the same hash count too.
    assert_eq!(look(adults("2", 18) + test + proof), Ok(()));
    assert_eq!(look(adults("3", 18) + test), Err("proofs"));
    // A smaller number of checks is enough.
    assert_eq!(look(adults("3", 18) + test + &test.replace("grown", "old") + proof), Ok(()));
    assert_eq!(look(adults("4", 18) + test + proof), Ok(()));
    // A saved policy has no checks.
    let saved = Policy::from_text(&adults("5", 18)).unwrap().to_bytes();
    shop.replace("main.placet", saved);
    assert!(shop.reloader.reload_now().swapped().is_some());
    assert_eq!(look(adults("6", 18)), Ok(()));
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_being_written_is_not_read() {
    use std::io::Write;
    let mut options = brisk();
    options.quiet = Duration::from_millis(1);
    options.longest_delay = Duration::from_secs(3_600);
    let shop = Shop::open_with(&adults("1", 18), &options);
    // The first half is a valid policy, and nothing reveals that the denial is missing.
    let mut file = fs::File::create(shop.path("main.placet")).unwrap();
    file.write_all(adults("half", 0).as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    file.write_all(b"rule minors { deny when age < 18 }\n").unwrap();
    drop(file);
    let report = shop.swapped_to("half");
    assert_eq!(report.swapped().unwrap().swap.old.version(), Some("1"));
    assert!(!shop.engine.version().policy().decide_json(r#"{"age": 17}"#).unwrap().is_allowed());
}

#[test]
fn the_longest_delay_ends_the_wait_for_quiet() {
    let mut options = brisk();
    options.quiet = Duration::from_secs(3_600);
    options.longest_delay = Duration::from_millis(50);
    let shop = Shop::open_with(&adults("1", 18), &options);
    shop.replace("main.placet", adults("2", 16));
    shop.swapped_to("2");
}

#[test]
fn an_unchanged_hash_is_not_swapped() {
    let shop = Shop::open(&adults("1", 18));
    let before = shop.engine.version();
    // A further test doesn't change the policy's hash.
    let test = "test \"grown\" { given { age: 20 } expect allow }\n";
    shop.write("main.placet", &(adults("1", 18) + test));
    let report = shop.until(|report| matches!(report.reload, Reload::Unchanged(_)));
    assert!(report.to_string().ends_with("has not changed"), "{report}");
    assert!(Arc::ptr_eq(&before, &shop.engine.version()));
    assert_eq!(shop.reloader.counts().swapped, 0);
}

#[test]
fn a_replaced_saved_program_is_swapped_in() {
    let saved = |version: &str, age| Policy::from_text(&adults(version, age)).unwrap().to_bytes();
    let shop = Shop::of("main.placetc", &brisk(), |folder| {
        fs::write(folder.join("main.placetc"), saved("1", 18)).unwrap();
    });
    shop.replace("main.placetc", saved("2", 16));
    let report = shop.swapped_to("2");
    assert_eq!(report.swapped().unwrap().difference().effects[0].when[0].is, "16..17");

    let bytes = saved("3", 14);
    shop.replace("main.placetc", &bytes[..bytes.len() - 1]);
    let report = shop.kept("2");
    assert!(matches!(report.error(), Some(ReloadError::Load { .. })), "{report}");
    shop.replace("main.placetc", &bytes);
    shop.swapped_to("3");
    // A text may replace a saved program.
    shop.replace("main.placetc", adults("4", 12));
    shop.swapped_to("4");
}

#[test]
fn a_swap_reports_warnings() {
    let shop = Shop::open(&adults("1", 18));
    shop.write("main.placet", &(adults("2", 16) + "rule Elders { deny when age > 120 }\n"));
    let report = shop.swapped_to("2");
    let warnings = report.swapped().unwrap().warnings();
    assert!(!warnings.is_empty() && !warnings.iter().any(placet::Diagnostic::is_error));
    assert!(report.to_string().contains("with a warning"), "{report}");
}

#[test]
fn polling_reloads_without_events() {
    let shop = Shop::open_with(&adults("1", 18), &polled());
    shop.write("main.placet", &adults("2", 16));
    shop.swapped_to("2");
    shop.replace("main.placet", adults("3", 14));
    shop.swapped_to("3");
    fs::remove_file(shop.path("main.placet")).unwrap();
    shop.kept("3");
    shop.write("main.placet", &adults("4", 12));
    shop.swapped_to("4");
}

#[test]
fn reload_now_reads_the_files_with_any_options() {
    for options in [brisk(), polled(), on_demand()] {
        let shop = Shop::open_with(&adults("1", 18), &options);
        let report = shop.reloader.reload_now();
        assert!(matches!(report.reload, Reload::Unchanged(_)), "{report}");
        assert_eq!(report.cause, ReloadCause::Call);
        shop.replace("main.placet", adults("2", 16));
        let _ = shop.reloader.reload_now();
        assert_eq!(shop.engine.version().version(), Some("2"));
    }
}

#[test]
fn reload_now_answers_concurrent_calls() {
    let shop = Shop::open_with(&adults("1", 18), &on_demand());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    assert_eq!(shop.reloader.reload_now().cause, ReloadCause::Call);
                }
            });
        }
    });
    assert_eq!(shop.reloader.counts().unchanged, 1 + 80);
}

#[test]
fn a_panicking_callback_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.placet");
    fs::write(&path, adults("1", 18)).unwrap();
    let engine = Engine::new(Policy::open(&path).unwrap());
    let (sender, calls) = channel();
    let reloader = Reloader::watch_with(&engine, &path, &on_demand(), move |_| {
        sender.send(()).unwrap();
        panic!("a callback that panics");
    })
    .unwrap();
    fs::write(&path, adults("2", 16)).unwrap();
    assert!(reloader.reload_now().swapped().is_some());
    fs::write(&path, adults("3", 14)).unwrap();
    assert!(reloader.reload_now().swapped().is_some());
    assert_eq!(engine.version().version(), Some("3"));
    // The first callback and that of the first swap have returned. The last may be in progress.
    assert!(reloader.counts().callback_panics >= 2);
    drop(reloader);
    assert_eq!(calls.iter().count(), 3);
}

#[test]
fn reload_now_fails_within_the_callback() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.placet");
    fs::write(&path, adults("1", 18)).unwrap();
    let engine = Engine::new(Policy::open(&path).unwrap());
    let shared: Arc<OnceLock<Arc<Reloader>>> = Arc::default();
    let (sender, answers) = channel();
    let within = shared.clone();
    let reloader = Reloader::watch_with(&engine, &path, &on_demand(), move |report| {
        if report.cause == ReloadCause::Call {
            sender.send(within.get().unwrap().reload_now()).unwrap();
        }
    });
    let reloader = Arc::new(reloader.unwrap());
    shared.set(reloader.clone()).unwrap();
    assert!(reloader.reload_now().error().is_none());
    let answer = answers.recv_timeout(Duration::from_secs(60)).unwrap();
    assert!(matches!(answer.error(), Some(ReloadError::WithinCallback)), "{answer}");
}

#[test]
fn drop_stops_watching() {
    for options in [brisk(), polled(), on_demand()] {
        let Shop { folder, engine, reports, reloader } = Shop::open_with(&adults("1", 18), &options);
        drop(reloader);
        // The callback was dropped, and so was the thread that owned it.
        assert_eq!(reports.recv_timeout(Duration::ZERO).unwrap_err(), RecvTimeoutError::Disconnected);
        fs::write(folder.path().join("main.placet"), adults("2", 16)).unwrap();
        assert_eq!(engine.version().version(), Some("1"));
    }
}

#[test]
fn watch_swaps_in_a_newer_file_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.placet");
    let engine = Engine::new(Policy::from_text(&adults("1", 18)).unwrap());
    fs::write(&path, adults("2", 16)).unwrap();
    let (sender, reports) = channel();
    let _reloader = Reloader::watch(&engine, &path, move |report| drop(sender.send(report.clone()))).unwrap();
    let report = reports.recv_timeout(Duration::from_secs(60)).unwrap();
    assert_eq!(report.cause, ReloadCause::Start);
    assert_eq!(report.swapped().unwrap().swap.new.version(), Some("2"));
}

#[test]
fn watch_accepts_a_missing_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not/yet/main.placet");
    let engine = Engine::new(Policy::from_text(&adults("1", 18)).unwrap());
    let (sender, reports) = channel();
    let _reloader =
        Reloader::watch_with(&engine, &path, &brisk(), move |report| drop(sender.send(report.clone())))
            .unwrap();
    let next = || reports.recv_timeout(Duration::from_secs(60)).unwrap();
    assert!(matches!(next().error(), Some(ReloadError::Read { .. })));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, adults("2", 16)).unwrap();
    while next().swapped().is_none() {}
    assert_eq!(engine.version().version(), Some("2"));
}

#[test]
fn a_report_names_attributes_that_only_a_resolver_knows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.placet");
    fs::write(&path, adults("1", 18)).unwrap();
    let people = Resolver::in_place("people", |_: &Key| Ok(Facts::new()));
    let engine = Engine::builder(Policy::open(&path).unwrap())
        .key("subject", KeyType::Text)
        .resolver(people.attributes(["age"]).keyed_by(["subject"]))
        .build()
        .unwrap();
    let reloader = Reloader::watch_with(&engine, &path, &on_demand(), |_| {}).unwrap();
    fs::write(&path, adults("2", 18).replace("age", "seniority")).unwrap();
    let report = reloader.reload_now().to_string();
    assert!(report.contains("it does not know `age`, which the resolver `people` serves"), "{report}");
}
