//! The files of a policy: their texts, and the files that they import.

use crate::ast::{File, Item};
use crate::{Code, Diagnostic, FileId, Limits, Span, parse};
pub use placet_core::{FileError, SAVED_POLICY_MAGIC, read_bounded, read_regular_file};
use std::path::{Path, PathBuf};

/// The texts that spans point into.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
    paths: Vec<PathBuf>,
}

#[derive(Debug, Clone)]
struct Source {
    name: String,
    text: String,
}

impl Sources {
    /// Adds a text under the name that diagnostics shall call it by.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source { name: name.into(), text: text.into() });
        id
    }

    /// The text of a file; empty for a file of other sources.
    pub fn text(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |source| source.text.as_str())
    }

    /// The name of a file; empty for a file of other sources.
    pub fn name(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |source| source.name.as_str())
    }

    /// The text at a span; empty where the span lies outside.
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.range()).unwrap_or_default()
    }

    /// The line and column, from 1, at which a span begins; the column counts characters.
    pub fn position(&self, span: Span) -> (usize, usize) {
        let before = self.text(span.file).get(..span.start as usize).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..).map_or(0, |line| line.chars().count());
        (before.matches('\n').count() + 1, column + 1)
    }

    /// All files, with their names and texts.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|source| (source.name.as_str(), source.text.as_str()))
    }

    /// The paths that were looked for, whether they were found or not, one for each import and in the order of reading:
    /// what to watch for a policy's changes. None where a text was compiled.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }
}

/// A policy's files, parsed.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// The texts.
    pub sources: Sources,
    /// The syntax trees, the first file's first.
    pub files: Vec<File>,
    /// What is wrong so far.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a text that stands alone: it can import nothing.
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
            Diagnostic::new(Code::UnreadableFile, import.1, "a policy from a text alone can't import files")
                .help("compile it from its path"),
        );
    }
    loaded
}

/// Reads and parses a file and all that it imports, each file once.
///
/// An import is relative to the importing file and may not lead, links resolved, outside the folder of `path`.
/// What can't be read is a diagnostic at the import, or of no place where `path` itself can't be read.
pub fn load(path: &Path, limits: &Limits) -> Loaded {
    load_read(path, read_regular_file(path, limits.file_bytes), limits)
}

/// Like [`load`], with the result of reading the file at `path`.
pub fn load_read(path: &Path, read: Result<Vec<u8>, FileError>, limits: &Limits) -> Loaded {
    let mut loaded = Loaded::default();
    loaded.sources.paths.push(path.to_path_buf());
    let name = path.display().to_string();
    let first = read.and_then(|text| Ok((path.canonicalize()?, text)));
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
    let file = loaded.sources.add(name, "");
    loaded.set_text(file, text, limits);
    let mut next = 0;
    while next < seen.len() {
        let folder =
            names.get(next).and_then(|name| name.parent()).map(Path::to_path_buf).unwrap_or_default();
        for (import, span) in loaded.imports(next) {
            let asked = folder.join(&import);
            if Path::new(&import).is_absolute() {
                loaded.diagnostics.push(outside(&import, span));
                continue;
            }
            loaded.sources.paths.push(asked.clone());
            let real = match asked.canonicalize() {
                Ok(real) => real,
                Err(error) => {
                    loaded.diagnostics.push(unreadable(&import, span, &error.into()));
                    continue;
                }
            };
            if !real.starts_with(&root) {
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
                match read_regular_file(&real, limits.file_bytes) {
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
            Ok(text) => {
                if let Some(source) = self.sources.files.get_mut(file.0 as usize) {
                    source.text = text;
                }
            }
            Err(error) => {
                if let Some(fault) =
                    binary_file(self.sources.name(file), error.as_bytes(), Span::new(file, 0, 0))
                {
                    self.diagnostics.push(fault);
                    self.files.push(File { damaged: true, ..File::default() });
                    return;
                }
                let at = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                if let Some(source) = self.sources.files.get_mut(file.0 as usize) {
                    source.text = text;
                }
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::InvalidUtf8,
                        Span::new(file, at, at + '\u{fffd}'.len_utf8()),
                        format!("byte {at} is not UTF-8"),
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

    /// The imports of a file.
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

/// The diagnostic for a file that could not be read.
fn unreadable(name: &str, span: Span, error: &FileError) -> Diagnostic {
    match error {
        FileError::TooLarge { limit } => too_large(span, name, *limit),
        error => Diagnostic::new(Code::UnreadableFile, span, format!("`{name}` can't be read"))
            .note(error.to_string()),
    }
}

/// The diagnostic for a file that is not a text in any encoding; `None` for one that may be.
fn binary_file(name: &str, bytes: &[u8], span: Span) -> Option<Diagnostic> {
    let fault = |what: &str| Diagnostic::new(Code::NotAText, span, format!("`{name}` is {what}"));
    if bytes.starts_with(&SAVED_POLICY_MAGIC) {
        let help = "give the text that it was compiled from; `decide`, `scan`, `explain` and `diff` take saved policies";
        return Some(fault("a saved policy, not a text").help(help));
    }
    let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    (bytes.contains(&0) && !is_utf16).then(|| {
        fault("a binary file, not the text of a policy").help("give the file that the policy is written in")
    })
}

fn too_large(span: Span, name: &str, limit: usize) -> Diagnostic {
    Diagnostic::new(Code::FileTooLarge, span, format!("`{name}` is larger than {limit} bytes"))
        .help("split it into files and `import` them")
}

fn outside(import: &str, span: Span) -> Diagnostic {
    Diagnostic::new(Code::ImportOutside, span, format!("`{import}` leads outside the folder of the policy"))
        .help("imports are relative and stay in the folder of the file that is compiled")
}
