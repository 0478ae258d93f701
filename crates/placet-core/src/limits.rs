//! Limits on the resources that compiling and evaluating a policy may use.

/// Limits on the size and depth of a policy. Each has a default and an error that names it.
///
/// The defaults are far beyond hand-written policies. A program that compiles other people's policies can lower them.
///
/// ```
/// # use placet_core as placet;
/// use placet::Limits;
///
/// let mut limits = Limits::default();
/// assert_eq!(limits.nesting, Limits::MAX_NESTING);
/// limits.rules = 1_000;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The size of one file, in bytes (default [`Limits::MAX_FILE_BYTES`]).
    pub file_bytes: usize,
    /// The size of one saved policy, in bytes (default [`Limits::MAX_SAVED_BYTES`]).
    pub saved_bytes: usize,
    /// The length of one line, in bytes (default [`Limits::MAX_LINE_BYTES`]).
    pub line_bytes: usize,
    /// The number of files in one policy (default [`Limits::MAX_FILES`]).
    pub files: usize,
    /// The nesting depth of parentheses, `not`, `years(`, exceptions, `where` blocks and taxonomy levels (default
    /// [`Limits::MAX_NESTING`]).
    pub nesting: usize,
    /// The number of diagnostics reported for one policy (default [`Limits::MAX_DIAGNOSTICS`]). More are only counted.
    pub diagnostics: usize,
    /// The number of rules in one policy, including table rows (default [`Limits::MAX_RULES`]).
    pub rules: usize,
    /// The number of conditions that quantifiers and lookups of one policy are written out to (default
    /// [`Limits::MAX_WRITTEN_OUT`]): the conditions in each `where (…)` for each leaf, and around each lookup for each of its
    /// values.
    pub written_out: usize,
    /// The number of search steps for a request with unknown attributes (default [`Limits::MAX_SEARCH_STEPS`]).
    ///
    /// One step visits one part of a condition; grounding the conditions takes steps too. Beyond the limit the decision
    /// is indeterminate and marked `approximate`.
    pub search_steps: usize,
    /// The number of search steps for one proof (default [`Limits::MAX_PROOF_STEPS`]). Beyond the limit the proof is
    /// *not decided*.
    pub proof_steps: usize,
    /// The number of representative values of one attribute in a search (default [`Limits::MAX_REPRESENTATIVES`]). A
    /// condition that needs more is treated as independent of all others.
    pub representatives: usize,
    /// Like `representatives`, for each of two ordered attributes that a condition relates (default
    /// [`Limits::MAX_RELATED_REPRESENTATIVES`]). Lower, since the search checks these values in pairs.
    pub related_representatives: usize,
    /// The number of 64-bit words of the masks that one decision reads (default [`Limits::MAX_MASK_WORDS`]). A policy
    /// that needs more is decided by a decision diagram.
    pub mask_words: usize,
    /// The number of diagram nodes built while compiling a policy, for each attribute order tried (default
    /// [`Limits::MAX_GRAPH_NODES`]). A policy that needs more gets slices of a diagram, or bitmaps alone.
    pub graph_nodes: usize,
    /// The number of steps for building diagrams (default [`Limits::MAX_GRAPH_STEPS`]). Works like `graph_nodes`.
    pub graph_steps: u64,
    /// The size of the packed diagram, in bytes (default [`Limits::MAX_GRAPH_BYTES`]). Bitmaps are faster than walking
    /// a diagram that doesn't fit into the CPU cache.
    pub graph_bytes: usize,
    /// The size of the rules' bitmaps, in bytes (default [`Limits::MAX_BITMAP_BYTES`]). Attributes that need more are
    /// checked rule by rule.
    pub bitmap_bytes: usize,
}

impl Limits {
    /// 16 MiB.
    pub const MAX_FILE_BYTES: usize = 16 << 20;
    /// 512 MiB: twice the bitmaps of the largest policy.
    pub const MAX_SAVED_BYTES: usize = 512 << 20;
    /// 1 MiB.
    pub const MAX_LINE_BYTES: usize = 1 << 20;
    /// 1,024 files.
    pub const MAX_FILES: usize = 1 << 10;
    /// 100 levels.
    pub const MAX_NESTING: usize = 100;
    /// 200 diagnostics.
    pub const MAX_DIAGNOSTICS: usize = 200;
    /// A million rules.
    pub const MAX_RULES: usize = 1_000_000;
    /// 4,194,304 conditions.
    pub const MAX_WRITTEN_OUT: usize = 1 << 22;
    /// 32,768 steps, about ten milliseconds.
    pub const MAX_SEARCH_STEPS: usize = 1 << 15;
    /// Fifty million steps, about ten seconds.
    pub const MAX_PROOF_STEPS: usize = 50_000_000;
    /// 16,384 values.
    pub const MAX_REPRESENTATIVES: usize = 1 << 14;
    /// 512 values.
    pub const MAX_RELATED_REPRESENTATIVES: usize = 1 << 9;
    /// 256 words.
    pub const MAX_MASK_WORDS: usize = 1 << 8;
    /// 262,144 nodes.
    pub const MAX_GRAPH_NODES: usize = 1 << 18;
    /// Eight million steps, about a second.
    pub const MAX_GRAPH_STEPS: u64 = 1 << 23;
    /// 16 MiB.
    pub const MAX_GRAPH_BYTES: usize = 16 << 20;
    /// 256 MiB.
    pub const MAX_BITMAP_BYTES: usize = 256 << 20;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: Self::MAX_FILE_BYTES,
            saved_bytes: Self::MAX_SAVED_BYTES,
            line_bytes: Self::MAX_LINE_BYTES,
            files: Self::MAX_FILES,
            nesting: Self::MAX_NESTING,
            diagnostics: Self::MAX_DIAGNOSTICS,
            rules: Self::MAX_RULES,
            written_out: Self::MAX_WRITTEN_OUT,
            search_steps: Self::MAX_SEARCH_STEPS,
            proof_steps: Self::MAX_PROOF_STEPS,
            representatives: Self::MAX_REPRESENTATIVES,
            related_representatives: Self::MAX_RELATED_REPRESENTATIVES,
            mask_words: Self::MAX_MASK_WORDS,
            graph_nodes: Self::MAX_GRAPH_NODES,
            graph_steps: Self::MAX_GRAPH_STEPS,
            graph_bytes: Self::MAX_GRAPH_BYTES,
            bitmap_bytes: Self::MAX_BITMAP_BYTES,
        }
    }
}
