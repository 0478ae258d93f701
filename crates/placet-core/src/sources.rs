//! The source texts of a policy.

use crate::span::{FileId, Span};
use std::path::PathBuf;

/// The source texts that [`Span`]s point into.
///
/// ```
/// # use placet_core as placet;
/// use placet::{Span, Sources};
///
/// let mut sources = Sources::default();
/// let file = sources.add("shop.placet", "policy shop\n// “Adults”\nlet adult = age >= 18");
/// let span = Span::new(file, 32, 37);
/// assert_eq!(sources.slice(span), "adult");
/// assert_eq!(sources.position(span), (3, 5));
/// ```
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
    /// Adds a text and returns its id. Diagnostics show the name.
    ///
    /// ```
    /// # use placet_core as placet;
    /// let mut sources = placet::Sources::default();
    /// let file = sources.add("shop.placet", "policy shop");
    /// assert_eq!(sources.name(file), "shop.placet");
    /// assert_eq!(sources.text(file), "policy shop");
    /// ```
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source { name: name.into(), text: text.into() });
        id
    }

    /// Replaces the text of a file, if `file` is in these sources. Spans into the old text become invalid.
    pub fn set_text(&mut self, file: FileId, text: String) {
        if let Some(source) = self.files.get_mut(file.0 as usize) {
            source.text = text;
        }
    }

    /// Returns true if there are no texts, as in a policy that was loaded from a saved file.
    ///
    /// ```
    /// # use placet_core as placet;
    /// assert!(placet::Sources::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Returns the text of a file, or an empty text if `file` isn't in these sources.
    pub fn text(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |source| source.text.as_str())
    }

    /// Returns the name of a file, or an empty name if `file` isn't in these sources.
    pub fn name(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |source| source.name.as_str())
    }

    /// Returns the text at a span, or an empty text if the span is out of bounds.
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.range()).unwrap_or_default()
    }

    /// Returns the 1-based line and column of a span's start. The column counts characters. Cost: linear in the text
    /// before the span.
    pub fn position(&self, span: Span) -> (usize, usize) {
        let before = self.text(span.file).get(..span.start as usize).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..).map_or(0, |line| line.chars().count());
        (before.matches('\n').count() + 1, column + 1)
    }

    /// Iterates over the names and texts of all files, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|source| (source.name.as_str(), source.text.as_str()))
    }

    /// Adds a path to [`Sources::paths`].
    pub fn add_path(&mut self, path: PathBuf) {
        self.paths.push(path);
    }

    /// Returns the paths to watch for changes of the policy: the first file's and one for each import, whether or not
    /// the file exists, in the order of reading. Empty if the policy was compiled from texts.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }
}
