//! The operations of [`bits`](super::bits) with AVX2: 32 rows per operation.

use crate::columns::Counts;
use crate::columns::bits::{self, AHEAD, Bits, NONE, ROWS};
use crate::columns::codes::Codes;
use crate::columns::work::Block;
use std::arch::x86_64::{
    __m256i, _MM_HINT_T0, _mm_prefetch, _mm256_add_epi8, _mm256_adds_epu8, _mm256_movemask_epi8,
    _mm256_or_si256, _mm256_set_epi64x, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8,
    _mm256_sub_epi8, _mm256_xor_si256,
};

fearless_simd::kernel!(
    /// Decides a block. Everything inlined here is compiled for AVX2.
    pub(super) fn run(_proof: Avx2, block: Block<'_>) -> Counts {
        block.decide(
            |bytes, codes, out| split(bytes, codes, out),
            bits::unfold,
            |soon| _mm_prefetch::<_MM_HINT_T0>(soon.cast()),
        )
    }
);

#[target_feature(enable = "avx2")]
fn split(bytes: &[u8; ROWS], codes: &Codes, out: &mut [Bits]) {
    let Some((open, sets)) = out.split_first_mut() else { return };
    // A constant number of sets lets the compiler unroll the inner loop.
    macro_rules! by_count {
        ($($count:literal)*) => {
            match sets.len() {
                $($count => if let Some(sets) = sets.first_chunk_mut::<$count>() {
                    planes(bytes, codes, open, sets);
                })*
                _ => {}
            }
        };
    }
    by_count!(0 1 2 3 4 5 6 7);
}

#[target_feature(enable = "avx2")]
fn planes<const N: usize>(bytes: &[u8; ROWS], codes: &Codes, open: &mut Bits, sets: &mut [Bits; N]) {
    let table = Table::new(codes);
    let (chunks, _) = bytes.as_chunks::<64>();
    let members = |chunk: &[u8; 64]| match chunk.as_chunks::<32>() {
        ([low, high, ..], _) => (table.get(load(low)), table.get(load(high))),
        // INVARIANT: twice 32 is 64.
        _ => (_mm256_setzero_si256(), _mm256_setzero_si256()),
    };
    let mut all = _mm256_setzero_si256();
    for (word, chunk) in chunks.iter().enumerate() {
        _mm_prefetch::<_MM_HINT_T0>(chunk.as_ptr().wrapping_add(AHEAD).cast());
        let (mut low, mut high) = members(chunk);
        all = _mm256_or_si256(all, _mm256_or_si256(low, high));
        for set in sets.iter_mut() {
            // Doubling moves the next bit of each byte to the top.
            (low, high) = (_mm256_add_epi8(low, low), _mm256_add_epi8(high, high));
            if let Some(out) = set.get_mut(word) {
                *out = tops(low, high);
            }
        }
    }
    *open = NONE;
    // Most blocks have no unknown rows. Testing that once is cheaper than extracting the bits in the loop above.
    if _mm256_movemask_epi8(all) != 0 {
        for (out, chunk) in open.iter_mut().zip(chunks) {
            let (low, high) = members(chunk);
            *out = tops(low, high);
        }
    }
}

/// Returns the top bits of 64 bytes.
#[target_feature(enable = "avx2")]
#[inline]
fn tops(low: __m256i, high: __m256i) -> u64 {
    let (low, high) = (_mm256_movemask_epi8(low), _mm256_movemask_epi8(high));
    u64::from(low.cast_unsigned()) | u64::from(high.cast_unsigned()) << 32
}

/// A table of codes in vectors.
struct Table {
    /// The bytes of 16 codes each, in both lanes, XORed with the byte of all codes behind them: a miss then contributes
    /// 0.
    parts: [__m256i; 16],
    count: usize,
    rest: __m256i,
}

impl Table {
    #[target_feature(enable = "avx2")]
    #[inline]
    fn new(codes: &Codes) -> Self {
        let rest = _mm256_set1_epi8(codes.rest().cast_signed());
        let mut parts = [_mm256_setzero_si256(); 16];
        for (part, bytes) in parts.iter_mut().zip(codes.parts()) {
            let bytes = u128::from_le_bytes(*bytes);
            let (low, high) = ((bytes as u64).cast_signed(), ((bytes >> 64) as u64).cast_signed());
            *part = _mm256_xor_si256(_mm256_set_epi64x(high, low, high, low), rest);
        }
        Self { parts, count: codes.parts().len(), rest }
    }

    /// Returns the bytes of 32 codes.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn get(&self, codes: __m256i) -> __m256i {
        let mut found = self.rest;
        let mut from_part = codes;
        for part in self.parts.iter().take(self.count) {
            // A shuffle returns 0 for indices with the top bit set. The saturating addition sets it for all codes but
            // the 16 of this part.
            let index = _mm256_adds_epu8(from_part, _mm256_set1_epi8(0x70));
            found = _mm256_xor_si256(found, _mm256_shuffle_epi8(*part, index));
            from_part = _mm256_sub_epi8(from_part, _mm256_set1_epi8(16));
        }
        found
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(bytes: &[u8; 32]) -> __m256i {
    let (words, _) = bytes.as_chunks();
    let word = |at: usize| words.get(at).map_or(0, |word| i64::from_le_bytes(*word));
    _mm256_set_epi64x(word(3), word(2), word(1), word(0))
}
