//! The command itself: help, colours, completions.

use super::folder::*;

#[test]
fn completions_are_valid_shell_scripts() {
    let folder = Folder::new();
    for (shell, sign) in [
        ("bash", "complete -F _placet"),
        ("zsh", "#compdef placet"),
        ("fish", "complete -c placet"),
        ("elvish", "edit:completion"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let ran = folder.run(&["completions", shell]).ends(0).quiet();
        assert!(ran.out.contains(sign), "{shell}");
        for subcommand in [
            "check", "fmt", "test", "decide", "explain", "compile", "diff", "scan", "log", "--filter",
            "--format",
        ] {
            assert!(ran.out.contains(subcommand.trim_start_matches('-')), "{shell}: {subcommand}");
        }
    }
    let ran = folder.run(&["completions", "tcsh"]).ends(64);
    assert!(ran.err.contains("fish"), "the shells that there are: {}", ran.err);
}

#[test]
fn invalid_command_lines_exit_with_64() {
    let folder = Folder::with_shop("");
    let lines: [&[&str]; 12] = [
        &[],
        &["decree"],
        &["check"],
        &["fmt"],
        &["test"],
        &["decide"],
        &["explain", "shop.placet"],
        &["log"],
        &["completions"],
        &["check", "shop.placet", "--strict"],
        &["check", "shop.placet", "--format", "xml"],
        &["--color", "sometimes", "check", "shop.placet"],
    ];
    for args in lines {
        let ran = folder.run(args).ends(64);
        assert_eq!(ran.out, "", "{args:?}");
        assert!(ran.err.contains("Usage") || ran.err.contains("--help"), "{args:?}: {}", ran.err);
    }
}

#[test]
fn help_shows_examples_and_exit_statuses() {
    let folder = Folder::new();
    for arg in ["--help", "-h", "help"] {
        let ran = folder.run(&[arg]).ends(0).quiet();
        assert!(ran.out.contains("Examples:\n  placet check privacy.placet"), "{}", ran.out);
    }
    for (subcommand, statuses) in
        [("check", 2), ("fmt", 2), ("test", 2), ("decide", 3), ("explain", 3), ("scan", 3), ("log", 3)]
    {
        for args in [[subcommand, "--help"], ["help", subcommand]] {
            let ran = folder.run(&args).ends(0).quiet();
            let (_, examples) = ran.out.split_once("Examples:\n").expect(subcommand);
            assert!(examples.contains(&format!("placet {subcommand} ")), "{}", ran.out);
            let (_, status) = ran.out.split_once("Exit status:").expect(subcommand);
            let status = status.split("\n\n").next().unwrap();
            let named = (0..3).filter(|status_| status.contains(&status_.to_string())).count();
            assert_eq!(named, statuses, "{subcommand}: {status}");
        }
    }
    assert!(
        folder.run(&["completions", "--help"]).ends(0).out.contains("Example:\n  placet completions bash")
    );
}

#[test]
fn help_examples_are_valid_command_lines() {
    let folder = Folder::new();
    let mut seen = 0;
    let named =
        ["check", "fmt", "test", "decide", "explain", "query", "matrix", "compile", "diff", "scan", "log"];
    for subcommand in named {
        let help = folder.run(&[subcommand, "--help"]).ends(0).out;
        for line in help.lines().filter(|line| line.starts_with("  ") && line.contains("placet ")) {
            let Some((_, command)) = line.split_once("placet ") else { continue };
            let command = command.split(['|', '>']).next().unwrap();
            let args: Vec<&str> = command.split_whitespace().collect();
            if args[0] != subcommand {
                continue;
            }
            seen += 1;
            let code = folder.run_with(&args, "{}").code;
            assert_ne!(code, 64, "`placet {command}` is not understood");
        }
    }
    assert!(seen >= 10, "only {seen} examples");
}

#[test]
fn version_is_the_crate_version() {
    let ran = Folder::new().run(&["--version"]).ends(0).quiet();
    assert_eq!(ran.out, format!("placet {}\n", env!("CARGO_PKG_VERSION")));
}

const ESCAPE: char = '\u{1b}';

#[test]
fn pipes_get_no_colours() {
    let folder = Folder::with_shop(FAILING).with("broken.placet", BROKEN).with("request.json", "{}");
    let lines: [&[&str]; 5] = [
        &["check", "broken.placet"],
        &["test", "shop.placet"],
        &["explain", "shop.placet", "request.json"],
        &["--help"],
        &["decree"],
    ];
    for args in lines {
        let ran = folder.run(args);
        assert!(!ran.out.contains(ESCAPE) && !ran.err.contains(ESCAPE), "{args:?}");
        assert!(!ran.out.is_empty() || !ran.err.is_empty(), "{args:?}");
    }
}

#[test]
fn color_always_colours_pipes() {
    let folder = Folder::with_shop(FAILING).with("broken.placet", BROKEN).with("request.json", "{}");
    for args in [["check", "broken.placet", "--color=always"], ["--color", "always", "check"]] {
        let mut args = args.to_vec();
        if args.last() == Some(&"check") {
            args.push("broken.placet");
        }
        assert!(folder.run(&args).ends(1).err.contains(ESCAPE), "{args:?}");
    }
    let coloured = folder.run(&["--color", "always", "explain", "shop.placet", "request.json"]).ends(0);
    assert!(coloured.out.contains(ESCAPE), "{}", coloured.out);
    let coloured = folder.run(&["--color", "always", "test", "shop.placet"]).ends(1);
    assert!(coloured.out.contains(ESCAPE), "{}", coloured.out);
    // JSON stays without colours.
    for args in [
        &["--color", "always", "check", "broken.placet", "--format", "json"][..],
        &["--color", "always", "test", "shop.placet", "--format", "json"],
        &["--color", "always", "explain", "shop.placet", "request.json", "--format", "json"],
        &["--color", "always", "decide", "shop.placet", "request.json"],
    ] {
        assert!(!folder.run(args).out.contains(ESCAPE), "{args:?}");
    }
    let plain = folder.run(&["--color", "never", "check", "broken.placet"]).ends(1);
    assert!(!plain.err.contains(ESCAPE));
}

#[test]
fn color_changes_nothing_but_escapes() {
    let folder = Folder::with_shop("").with("broken.placet", BROKEN);
    let plain = folder.run(&["--color", "never", "check", "broken.placet"]).err;
    let coloured = folder.run(&["--color", "always", "check", "broken.placet"]).err;
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once(ESCAPE) {
        stripped.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    stripped.push_str(rest);
    assert_eq!(stripped, plain);
}

#[test]
fn help_is_wrapped_once_at_any_width() {
    let folder = Folder::new();
    let subcommands =
        ["", "check", "fmt", "test", "decide", "explain", "compile", "diff", "scan", "log", "completions"];
    for (width, flag) in [60, 80, 120].into_iter().flat_map(|width| [(width, "--help"), (width, "-h")]) {
        for subcommand in subcommands {
            let mut args = vec![subcommand, flag];
            args.retain(|arg| !arg.is_empty());
            let mut command = folder.command(&args);
            let help = Ran::of(command.env("COLUMNS", width.to_string()).output().unwrap()).ends(0).out;
            let fits = usize::min(width, 100);
            let lines: Vec<&str> = help.lines().collect();
            for pair in lines.windows(2) {
                // Prose starts at the margin; lists and examples are indented.
                let is_prose = |line: &str| line.starts_with(|c: char| !c.is_whitespace());
                if !(is_prose(pair[0]) && is_prose(pair[1])) || pair[0].ends_with(':') {
                    continue;
                }
                let next = pair[1].split_whitespace().next().unwrap();
                assert!(
                    pair[0].chars().count() + 1 + next.chars().count() > fits,
                    "{args:?} at {width}: the line ends too early\n{}\n{}",
                    pair[0],
                    pair[1]
                );
            }
        }
    }
}
