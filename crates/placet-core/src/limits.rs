//! Bounds on what a text may ask of the compiler.

/// How large and how deep a policy may be. Every bound has an error that names it.
///
/// The defaults are far beyond what a person writes; an embedder that compiles other people's policies can
/// tighten them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one file (default [`Limits::MAX_FILE_BYTES`]).
    pub file_bytes: usize,
    /// Bytes of one saved policy (default [`Limits::MAX_SAVED_BYTES`]).
    pub saved_bytes: usize,
    /// Bytes of one line (default [`Limits::MAX_LINE_BYTES`]).
    pub line_bytes: usize,
    /// Files of one policy (default [`Limits::MAX_FILES`]).
    pub files: usize,
    /// Parentheses, `not`, `years(`, exceptions, `where` blocks and taxonomy levels in one another (default
    /// [`Limits::MAX_NESTING`]).
    pub nesting: usize,
    /// Diagnostics reported for one policy (default [`Limits::MAX_DIAGNOSTICS`]); the rest is counted.
    pub diagnostics: usize,
    /// Rules of one policy, table rows included (default [`Limits::MAX_RULES`]).
    pub rules: usize,
    /// Steps of the search that decides a request with missing attributes (default [`Limits::MAX_SEARCH_STEPS`]).
    /// A step is a part of a condition visited once; grounding the conditions takes from the same. Beyond it the
    /// decision is indeterminate and says `approximate`.
    pub search_steps: usize,
    /// Steps of the search that decides one proof (default [`Limits::MAX_PROOF_STEPS`]). Beyond it the proof is
    /// *not decided*.
    pub proof_steps: usize,
    /// Values by which one attribute is represented in a search (default [`Limits::MAX_REPRESENTATIVES`]). A
    /// condition that would need more is treated as independent of the others.
    pub representatives: usize,
    /// As `representatives`, for each of two ordered attributes that a condition relates: their values are looked at
    /// pair by pair (default [`Limits::MAX_RELATED_REPRESENTATIVES`]).
    pub related_representatives: usize,
    /// Cells of a dense table that answers every combination of classes (default [`Limits::MAX_TABLE_CELLS`]). A
    /// policy that would need more gets a decision diagram.
    pub table_cells: usize,
    /// Nodes of all diagrams on the way to a policy's decision diagram, for each order of attributes that is tried
    /// (default [`Limits::MAX_GRAPH_NODES`]). A policy that would need more gets slices of one, or bitmaps alone.
    pub graph_nodes: usize,
    /// As `graph_nodes`, steps of building (default [`Limits::MAX_GRAPH_STEPS`]).
    pub graph_steps: u64,
    /// Bytes of the packed diagram (default [`Limits::MAX_GRAPH_BYTES`]): a walk through memory that no cache holds
    /// is slower than the bitmaps.
    pub graph_bytes: usize,
    /// Bytes of the bitmaps of rules (default [`Limits::MAX_BITMAP_BYTES`]). Attributes that would need more are
    /// looked at rule by rule.
    pub bitmap_bytes: usize,
}

impl Limits {
    /// 16 MiB.
    pub const MAX_FILE_BYTES: usize = 16 << 20;
    /// 512 MiB: the bitmaps of the largest policy and as much again.
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
    /// 32,768 steps, about ten milliseconds.
    pub const MAX_SEARCH_STEPS: usize = 1 << 15;
    /// Fifty million steps, about ten seconds.
    pub const MAX_PROOF_STEPS: usize = 50_000_000;
    /// 16,384 values.
    pub const MAX_REPRESENTATIVES: usize = 1 << 14;
    /// 512 values.
    pub const MAX_RELATED_REPRESENTATIVES: usize = 1 << 9;
    /// 16,384 cells of a byte.
    pub const MAX_TABLE_CELLS: usize = 1 << 14;
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
            search_steps: Self::MAX_SEARCH_STEPS,
            proof_steps: Self::MAX_PROOF_STEPS,
            representatives: Self::MAX_REPRESENTATIVES,
            related_representatives: Self::MAX_RELATED_REPRESENTATIVES,
            table_cells: Self::MAX_TABLE_CELLS,
            graph_nodes: Self::MAX_GRAPH_NODES,
            graph_steps: Self::MAX_GRAPH_STEPS,
            graph_bytes: Self::MAX_GRAPH_BYTES,
            bitmap_bytes: Self::MAX_BITMAP_BYTES,
        }
    }
}
