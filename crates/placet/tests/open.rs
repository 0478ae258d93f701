//! Policies are read only from regular files, and only up to the size limit.

#![cfg(unix)]

use placet::__private::compile_file;
use placet::{Code, FileError, FileKind, Limits, OpenError, Policy};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("placet-open-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn fifo(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    }

    /// A file with a beginning and a hole, so large as to end the memory of the machine if it is read whole.
    fn huge(&self, name: &str, head: &[u8]) -> PathBuf {
        let path = self.path(name);
        let mut file = File::create(&path).unwrap();
        file.write_all(head).unwrap();
        file.set_len(1 << 42).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs what could block for ever; panics after a minute.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || send.send(work()));
    receive.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("it blocks"))
}

fn refused(path: &Path) -> FileError {
    let (opened, owned) = (path.to_path_buf(), path.to_path_buf());
    match in_time(move || Policy::open(opened)) {
        Err(error @ OpenError::Read { .. }) => {
            assert!(error.to_string().contains(&owned.display().to_string()), "{error}");
            let OpenError::Read { error, .. } = error else { unreachable!() };
            error
        }
        other => panic!("{}: {other:?}", owned.display()),
    }
}

fn first_code(path: &Path) -> (Code, String) {
    let path = path.to_path_buf();
    let error = in_time(move || compile_file(&path, &Limits::default())).unwrap_err();
    let first = error.diagnostics.first().unwrap();
    (first.code, first.message.clone())
}

#[test]
fn open_refuses_a_pipe_without_blocking() {
    let folder = Folder::new("pipe");
    let pipe = folder.fifo("policy.placet");
    assert!(matches!(refused(&pipe), FileError::NotRegular(FileKind::Pipe)));
    assert_eq!(first_code(&pipe).0, Code::UnreadableFile);
}

#[test]
fn open_refuses_devices_and_folders() {
    let folder = Folder::new("devices");
    assert!(matches!(refused(Path::new("/dev/zero")), FileError::NotRegular(FileKind::Device)));
    assert!(matches!(refused(&folder.0), FileError::NotRegular(FileKind::Folder)));
    assert!(matches!(refused(&folder.path("none.placet")), FileError::Io(_)));
}

#[test]
fn open_stops_reading_behind_the_limits() {
    let folder = Folder::new("huge");
    let saved = folder.huge("policy.bin", b"placet");
    assert!(matches!(refused(&saved), FileError::TooLarge { limit: Limits::MAX_SAVED_BYTES }));
    let text = folder.huge("policy.placet", b"policy shop");
    let opened = text.clone();
    match in_time(move || Policy::open(opened)).unwrap_err() {
        OpenError::Compile(error) => {
            let first = error.diagnostics.first().unwrap();
            assert_eq!(first.code, Code::FileTooLarge);
            assert!(first.message.contains(&text.display().to_string()), "{}", first.message);
        }
        other => panic!("{other}"),
    }
    assert_eq!(first_code(&text).0, Code::FileTooLarge);
}

#[test]
fn import_refuses_what_open_refuses() {
    let folder = Folder::new("import");
    folder.fifo("pipe.placet");
    folder.huge("huge.placet", b"");
    for (import, code) in [("pipe.placet", Code::UnreadableFile), ("huge.placet", Code::FileTooLarge)] {
        let main = folder.path("main.placet");
        fs::write(&main, format!("policy shop\nimport \"{import}\"\n")).unwrap();
        let (found, message) = first_code(&main);
        assert_eq!(found, code);
        assert!(message.contains(import), "{message}");
    }
}
