//! Converts spans to file names and line numbers, which the model keeps when the source texts are gone.

use placet_model::policy::SourceLocation;
use placet_syntax::{Sources, Span};
use std::sync::Arc;

/// The file names of a policy with the offsets of their line ends.
pub(super) struct Locations {
    files: Vec<(Arc<str>, Vec<usize>)>,
}

impl Locations {
    /// Indexes the line ends. Cost: linear in the texts.
    pub(super) fn new(sources: &Sources) -> Self {
        let breaks = |text: &str| text.match_indices('\n').map(|(at, _)| at).collect();
        Self { files: sources.iter().map(|(name, text)| (name.into(), breaks(text))).collect() }
    }

    /// Returns the file and line of a span's start. Cost: logarithmic in the lines. A rule needs it for itself and each
    /// of its exceptions, so counting lines from the start of the text would be quadratic.
    pub(super) fn location(&self, span: Span) -> SourceLocation {
        let Some((file, breaks)) = self.files.get(span.file.0 as usize) else {
            return SourceLocation::default();
        };
        let before = breaks.partition_point(|at| *at < span.start as usize);
        SourceLocation { file: file.clone(), line: u32::try_from(before + 1).unwrap_or(u32::MAX) }
    }
}
