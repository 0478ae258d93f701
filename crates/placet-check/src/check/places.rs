//! Files and lines, for what stays in the model when the texts are gone.

use placet_model::policy::SourceLocation;
use placet_syntax::{Sources, Span};
use std::sync::Arc;

/// The files of a policy with the beginnings of their lines.
pub(super) struct Places {
    files: Vec<(Arc<str>, Vec<usize>)>,
}

impl Places {
    /// Cost: linear in the texts, so that each place costs but a search in the lines.
    pub(super) fn new(sources: &Sources) -> Self {
        let breaks = |text: &str| text.match_indices('\n').map(|(at, _)| at).collect();
        Self { files: sources.iter().map(|(name, text)| (name.into(), breaks(text))).collect() }
    }

    /// The file and line where a span begins.
    pub(super) fn place(&self, span: Span) -> SourceLocation {
        let Some((file, breaks)) = self.files.get(span.file.0 as usize) else {
            return SourceLocation::default();
        };
        let before = breaks.partition_point(|at| *at < span.start as usize);
        SourceLocation { file: file.clone(), line: u32::try_from(before + 1).unwrap_or(u32::MAX) }
    }
}
