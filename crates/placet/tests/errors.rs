//! Errors: each cause is said once, and errors about files name the path.

use placet::{CompileError, EnvelopeError, FileError, LoadError, OpenError, Policy};
use placet_samples::error_chain as chain;
use std::{fs, io};

#[test]
fn open_errors_say_each_cause_once() {
    let folder = tempfile::tempdir().unwrap();
    let name = |file: &str| folder.path().join(file).display().to_string();

    let error = Policy::open(folder.path()).unwrap_err();
    let expected = format!("`{}` can't be read: it is a folder, not a regular file", folder.path().display());
    assert_eq!(chain(&error), expected);

    let saved = folder.path().join("door.placetc");
    let policy =
        Policy::from_text("policy door  request { open: bool }  rule r { allow when open }").unwrap();
    let mut bytes = policy.to_bytes();
    bytes.pop();
    fs::write(&saved, bytes).unwrap();
    let expected = format!(
        "`{}` can't be loaded: the saved policy is damaged: its checksum does not fit",
        name("door.placetc")
    );
    let error = Policy::open(&saved).unwrap_err();
    assert!(matches!(&error, OpenError::Load { path, .. } if *path == saved), "{error}");
    assert_eq!(chain(&error), expected);

    fs::write(folder.path().join("door.placet"), "policy door  rule r { allow when open }").unwrap();
    let error = Policy::open(name("door.placet")).unwrap_err();
    assert!(chain(&error).starts_with(&format!("{}:1:", name("door.placet"))), "{error}");
}

#[test]
fn other_errors_say_each_cause_once() {
    let missing = || io::Error::new(io::ErrorKind::NotFound, "no such file");
    assert_eq!(chain(&FileError::Io(missing())), "no such file");
    let error = OpenError::Read { path: "door.placet".into(), error: FileError::Io(missing()) };
    assert_eq!(chain(&error), "`door.placet` can't be read: no such file");
    assert_eq!(chain(&io::Error::from(FileError::TooLarge { limit: 1 })), "it is larger than 1 bytes");
    assert_eq!(chain(&LoadError::NotAProgram), "this is no saved policy");
    assert_eq!(
        chain(&LoadError::Invalid("it is empty".to_owned())),
        "the saved policy is not valid: it is empty"
    );

    let error: CompileError = Policy::from_text("policy door  rule r { allow when open }").unwrap_err();
    assert!(!chain(&error).is_empty());
    assert_eq!(chain(&OpenError::from(error.clone())), chain(&error));

    let policy = Policy::from_text("policy p  request { x: int 0..9 }  rule r { allow when x > 1 }").unwrap();
    let error = policy.request().set("x", 10).map(drop).unwrap_err();
    assert_eq!(chain(&error), "`x`: `10` lies outside its domain, expected int 0..9");
    assert_eq!(chain(&EnvelopeError::from(error.clone())), chain(&error));
}
