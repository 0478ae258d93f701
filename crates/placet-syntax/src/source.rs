//! Reads the files of a policy and stores their texts.
//!
//! [`load`] and [`load_texts`] follow imports breadth-first and read each file once, keyed by its canonical path. An import
//! can't leave the folder of the first file, even through a symbolic link. Texts are appended to [`Sources`] and never
//! removed, so a [`Span`] stays valid as long as its `Sources`.

use crate::ast::{File, Item};
use crate::{Code, Diagnostic, FileId, Limits, Span, parse};
pub use placet_core::{FileError, SAVED_POLICY_MAGIC, Sources, read_bounded, read_regular_file};
use std::collections::HashMap;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The parsed files of a policy.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// The source texts.
    pub sources: Sources,
    /// The syntax trees, beginning with the first file's.
    pub files: Vec<File>,
    /// The errors of reading and parsing.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a policy from a single text. Imports are errors: a text has no folder that they could be relative to.
///
/// ```
/// use placet_syntax::{Limits, source::load_text};
///
/// let loaded = load_text("shop.placet", "policy shop\nimport \"common.placet\"", &Limits::default());
/// assert_eq!(loaded.files.len(), 1);
/// assert_eq!(loaded.diagnostics[0].message, "a policy compiled from a text can't import files");
/// ```
pub fn load_text(name: &str, text: &str, limits: &Limits) -> Loaded {
    let mut loaded = Loaded::default();
    let file = loaded.sources.add(name, text);
    if text.len() > limits.file_bytes {
        loaded.diagnostics.push(too_large(Span::new(file, 0, 0), name, limits.file_bytes));
        return loaded;
    }
    loaded.parse(file, limits);
    for import in loaded.imports(0) {
        loaded.diagnostics.push(
            Diagnostic::new(
                Code::UnreadableFile,
                import.1,
                "a policy compiled from a text can't import files",
            )
            .help("compile the policy from a file"),
        );
    }
    loaded
}

/// Reads and parses a file and all files that it imports, directly or indirectly. Each file is read once.
///
/// An import is relative to the importing file and must stay in the folder of `path` after symbolic links are
/// resolved. An unreadable import is a diagnostic at the import. If `path` itself is unreadable, the diagnostic has an
/// empty span.
///
/// ```
/// use placet_syntax::{Code, Limits, source::load};
///
/// let loaded = load("no-such-file.placet".as_ref(), &Limits::default());
/// assert_eq!(loaded.diagnostics[0].code, Code::UnreadableFile);
/// assert_eq!(loaded.sources.paths().len(), 1); // to watch until the file appears
/// ```
pub fn load(path: &Path, limits: &Limits) -> Loaded {
    load_read(path, read_regular_file(path, limits.file_bytes), limits)
}

/// Like [`load`], but takes the bytes of the file at `path`, or the error of reading them, from the caller.
pub fn load_read(path: &Path, read: Result<Vec<u8>, FileError>, limits: &Limits) -> Loaded {
    load_from(&Disk, path, read, limits)
}

/// Like [`load`], but reads texts from memory. `main` names the first one.
///
/// An import is resolved among the names as it would be among files: relative to the folder of the importing text, and
/// in the folder of `main`. `/` separates folders. Texts that nothing imports are ignored; of two texts with one name the
/// last one counts.
///
/// ```
/// use placet_syntax::{Limits, source::load_texts};
///
/// let texts = [
///     ("shop/main.placet", "policy shop\nimport \"lib/data.placet\""),
///     ("shop/lib/data.placet", "taxonomy Data { email, phone }"),
/// ];
/// let loaded = load_texts("shop/main.placet", texts, &Limits::default());
/// assert!(loaded.diagnostics.is_empty());
/// assert_eq!(loaded.files.len(), 2);
/// ```
pub fn load_texts(
    main: &str,
    texts: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    limits: &Limits,
) -> Loaded {
    let texts = texts.into_iter().map(|(name, text)| (normal(Path::new(&name.into())), text.into()));
    let memory = Memory { texts: texts.collect() };
    let path = Path::new(main);
    let read = memory.read(&normal(path), limits.file_bytes);
    load_from(&memory, path, read, limits)
}

/// A place that policies are read from.
trait Store {
    /// True if the files can change, so that they are worth watching.
    const CHANGES: bool;

    /// Returns the path that identifies a file.
    fn identify(&self, path: &Path) -> io::Result<PathBuf>;

    /// Reads an identified file of at most `limit` bytes.
    fn read(&self, path: &Path, limit: usize) -> Result<Vec<u8>, FileError>;
}

/// The file system.
struct Disk;

impl Store for Disk {
    const CHANGES: bool = true;

    fn identify(&self, path: &Path) -> io::Result<PathBuf> {
        path.canonicalize()
    }

    fn read(&self, path: &Path, limit: usize) -> Result<Vec<u8>, FileError> {
        read_regular_file(path, limit)
    }
}

/// Texts by their normal paths.
struct Memory {
    texts: HashMap<PathBuf, String>,
}

impl Store for Memory {
    const CHANGES: bool = false;

    fn identify(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(normal(path))
    }

    fn read(&self, path: &Path, limit: usize) -> Result<Vec<u8>, FileError> {
        match self.texts.get(path) {
            Some(text) if text.len() > limit => Err(FileError::TooLarge { limit }),
            Some(text) => Ok(text.clone().into_bytes()),
            None => Err(io::Error::new(io::ErrorKind::NotFound, "no text has this name").into()),
        }
    }
}

/// Returns a path without `.`, and without a folder before `..`. Doesn't look at the file system.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match (part, out.components().next_back()) {
            (Component::CurDir, _) | (Component::ParentDir, Some(Component::RootDir)) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                out.pop();
            }
            _ => out.push(part),
        }
    }
    out
}

/// Returns true if an identified path lies in a folder or below it.
fn is_inside(path: &Path, folder: &Path) -> bool {
    // The path of a text may begin with `..`, which a relative folder doesn't exclude: the empty folder begins all paths.
    path.strip_prefix(folder).is_ok_and(|rest| !rest.starts_with(".."))
}

fn load_from<S: Store>(store: &S, path: &Path, read: Result<Vec<u8>, FileError>, limits: &Limits) -> Loaded {
    let mut loaded = Loaded::default();
    if S::CHANGES {
        loaded.sources.add_path(path.to_path_buf());
    }
    let name = path.display().to_string();
    let first = read.and_then(|text| Ok((store.identify(path)?, text)));
    let (real, text) = match first {
        Ok(found) => found,
        Err(reason) => {
            let file = loaded.sources.add(name.clone(), "");
            let span = Span::new(file, 0, 0);
            loaded.diagnostics.push(unreadable(&name, span, &reason));
            return loaded;
        }
    };
    let root = real.parent().map(Path::to_path_buf).unwrap_or_default();
    let mut seen = vec![real];
    let mut names = vec![path.to_path_buf()];
    // `set_text` replaces the empty text: it needs the file's id for its diagnostics.
    let file = loaded.sources.add(name, "");
    loaded.set_text(file, text, limits);
    let mut next = 0;
    while next < seen.len() {
        let folder =
            names.get(next).and_then(|name| name.parent()).map(Path::to_path_buf).unwrap_or_default();
        for (import, span) in loaded.imports(next) {
            // `join` with an absolute path drops the folder, so an absolute import is refused before it is watched.
            let asked = folder.join(&import);
            if Path::new(&import).is_absolute() {
                loaded.diagnostics.push(outside(&import, span));
                continue;
            }
            if S::CHANGES {
                loaded.sources.add_path(asked.clone());
            }
            let real = match store.identify(&asked) {
                Ok(real) => real,
                Err(error) => {
                    loaded.diagnostics.push(unreadable(&import, span, &error.into()));
                    continue;
                }
            };
            if !is_inside(&real, &root) {
                loaded.diagnostics.push(outside(&import, span));
            } else if !seen.contains(&real) {
                if seen.len() >= limits.files {
                    loaded.diagnostics.push(Diagnostic::new(
                        Code::TooManyFiles,
                        span,
                        format!("the policy has more than {} files", limits.files),
                    ));
                    return loaded;
                }
                match store.read(&real, limits.file_bytes) {
                    Ok(text) => {
                        let file = loaded.sources.add(asked.display().to_string(), "");
                        loaded.set_text(file, text, limits);
                        seen.push(real);
                        names.push(asked);
                    }
                    Err(error) => loaded.diagnostics.push(unreadable(&import, span, &error)),
                }
            }
        }
        next += 1;
    }
    loaded
}

impl Loaded {
    fn set_text(&mut self, file: FileId, bytes: Vec<u8>, limits: &Limits) {
        match String::from_utf8(bytes) {
            Ok(text) => self.sources.set_text(file, text),
            Err(error) => {
                if let Some(fault) =
                    binary_file(self.sources.name(file), error.as_bytes(), Span::new(file, 0, 0))
                {
                    self.diagnostics.push(fault);
                    self.files.push(File { damaged: true, ..File::default() });
                    return;
                }
                // The lossy text has its first replacement character at `at`, so the span points to it.
                let at = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                self.sources.set_text(file, text);
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::InvalidUtf8,
                        Span::new(file, at, at + '\u{fffd}'.len_utf8()),
                        format!("byte {at} isn't valid UTF-8"),
                    )
                    .help("save the file as UTF-8"),
                );
                self.files.push(File { damaged: true, ..File::default() });
                return;
            }
        }
        self.parse(file, limits);
    }

    fn parse(&mut self, file: FileId, limits: &Limits) {
        let (tree, faults) = parse(&self.sources, file, limits);
        self.files.push(tree);
        self.diagnostics.extend(faults);
    }

    /// Returns the paths and spans of a file's imports.
    fn imports(&self, index: usize) -> Vec<(String, Span)> {
        let items = self.files.get(index).map(|file| file.items.as_slice()).unwrap_or_default();
        items
            .iter()
            .filter_map(|item| match item {
                Item::Import(import) => Some((import.path.text.clone(), import.path.span)),
                _ => None,
            })
            .collect()
    }
}

/// Returns the diagnostic of an unreadable file.
fn unreadable(name: &str, span: Span, error: &FileError) -> Diagnostic {
    match error {
        FileError::TooLarge { limit } => too_large(span, name, *limit),
        error => Diagnostic::new(Code::UnreadableFile, span, format!("`{name}` can't be read"))
            .note(error.to_string()),
    }
}

/// Returns the diagnostic of a binary file, or `None` if the bytes may be text in some encoding.
fn binary_file(name: &str, bytes: &[u8], span: Span) -> Option<Diagnostic> {
    let fault = |what: &str| Diagnostic::new(Code::NotAText, span, format!("`{name}` is {what}"));
    if bytes.starts_with(&SAVED_POLICY_MAGIC) {
        let help = "use the text that it was compiled from; `decide`, `scan`, `explain` and `diff` take saved policies";
        return Some(fault("a saved policy, not the text of a policy").help(help));
    }
    // UTF-16 text is full of NUL bytes. The caller reports it as text that isn't UTF-8, which tells how to fix it.
    let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    (bytes.contains(&0) && !is_utf16).then(|| {
        fault("a binary file, not the text of a policy").help("use the file that the policy is written in")
    })
}

fn too_large(span: Span, name: &str, limit: usize) -> Diagnostic {
    Diagnostic::new(Code::FileTooLarge, span, format!("`{name}` is larger than {limit} bytes"))
        .help("split it into smaller files and `import` them")
}

fn outside(import: &str, span: Span) -> Diagnostic {
    Diagnostic::new(Code::ImportOutside, span, format!("`{import}` is outside the folder of the policy"))
        .help("write a relative path to a file in the folder of the compiled file or below it")
}
