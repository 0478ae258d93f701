//! Choices, from a seed or from a fuzzer's bytes.

/// A sequence of choices, the same for the same seed or the same bytes.
///
/// Each choice consumes the fuzzer's next bytes, so that changing one byte changes one choice. A fixed sequence follows
/// them. A seed gives SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
    bytes: std::vec::IntoIter<u8>,
}

impl Random {
    /// Creates the sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed, bytes: Vec::new().into_iter() }
    }

    /// Creates the sequence that these bytes choose.
    pub fn steered(bytes: &[u8]) -> Self {
        Self { state: 0, bytes: Vec::from(bytes).into_iter() }
    }

    /// Returns any number.
    pub fn number(&mut self) -> u64 {
        self.chosen(8).unwrap_or_else(|| self.mixed())
    }

    /// Returns a number below `bound`, or 0 if the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let width = match bound {
            0 | 1 => return 0,
            2..=0x100 => 1,
            0x101..=0x1_0000 => 2,
            _ => 8,
        };
        self.chosen(width).unwrap_or_else(|| self.mixed()) % bound
    }

    /// Returns a number from `low` to `high`, both included.
    pub fn between(&mut self, low: u32, high: u32) -> u32 {
        let above = self.below(u64::from(high.saturating_sub(low)) + 1);
        low.saturating_add(u32::try_from(above).unwrap_or_default())
    }

    /// Returns true in this many of a hundred cases.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < u64::from(percent)
    }

    /// Returns one of these, if there is any.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let at = self.below(from.len() as u64);
        from.get(usize::try_from(at).unwrap_or_default())
    }

    /// Returns one of these texts, or an empty one if there is none.
    pub fn word<'a>(&mut self, from: &[&'a str]) -> &'a str {
        self.pick(from).copied().unwrap_or_default()
    }

    /// Returns at least one and at most `most` of these, in their order.
    pub fn some<'a, T>(&mut self, from: &'a [T], most: usize) -> Vec<&'a T> {
        let wanted = 1 + self.below(most.min(from.len()) as u64) as usize;
        let mut left = wanted;
        let mut out = Vec::with_capacity(wanted);
        for (at, one) in from.iter().enumerate() {
            if self.below((from.len() - at) as u64) < left as u64 {
                out.push(one);
                left -= 1;
            }
        }
        out
    }

    /// Returns the number in the next bytes, while there are any.
    fn chosen(&mut self, width: usize) -> Option<u64> {
        let first = self.bytes.next()?;
        let rest = self.bytes.by_ref().take(width - 1);
        Some(rest.fold(u64::from(first), |number, byte| number << 8 | u64::from(byte)))
    }

    fn mixed(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
