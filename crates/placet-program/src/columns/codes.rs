//! A byte for each byte.

/// What each code stands for.
#[derive(Debug, Clone)]
pub(super) struct Codes {
    bytes: [u8; 256],
    /// How many parts of 16 codes differ from the last code's byte, which all codes behind them have.
    parts: usize,
}

impl Codes {
    pub(super) fn new(bytes: &[u8; 256]) -> Self {
        let [.., rest] = *bytes;
        let differ = bytes.iter().rposition(|byte| *byte != rest).map_or(0, |last| last + 1);
        Self { bytes: *bytes, parts: differ.div_ceil(16) }
    }

    /// The byte of a code.
    #[inline(always)]
    pub(super) fn get(&self, code: u8) -> u8 {
        // INVARIANT: there is one for each code.
        self.bytes.get(usize::from(code)).copied().unwrap_or(u8::MAX)
    }

    /// The parts of 16 codes that need to be looked at.
    pub(super) fn parts(&self) -> &[[u8; 16]] {
        let (parts, _) = self.bytes.as_chunks();
        parts.get(..self.parts).unwrap_or_default()
    }

    /// The byte of all codes behind these parts.
    pub(super) fn rest(&self) -> u8 {
        let [.., rest] = self.bytes;
        rest
    }
}
