//! The operations of [`bits`](super::bits) with AVX-512: 64 rows per operation, and one instruction turns a bit of each
//! byte into a bitmap word.

use crate::columns::Counts;
use crate::columns::bits::{AHEAD, Bits, ROWS};
use crate::columns::codes::Codes;
use crate::columns::work::Block;
use fearless_simd::prelude::*;
use fearless_simd::u8x64;
use std::arch::x86_64::{
    __m512i, _MM_HINT_T0, _mm_prefetch, _mm512_add_epi8, _mm512_mask_blend_epi8, _mm512_maskz_set1_epi8,
    _mm512_movepi8_mask, _mm512_or_si512, _mm512_permutex2var_epi8, _mm512_set_epi64,
};

fearless_simd::kernel!(
    /// Decides a block. Everything inlined here is compiled for AVX-512.
    pub(super) fn run(proof: Avx512, block: Block<'_>) -> Counts {
        block.decide(
            |bytes, codes, out| split(bytes, codes, out),
            |low, high| {
                let bytes: u8x64<_> = unfold(low, high).simd_into(proof);
                bytes.into()
            },
            |soon| _mm_prefetch::<_MM_HINT_T0>(soon.cast()),
        )
    }
);

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn split(bytes: &[u8; ROWS], codes: &Codes, out: &mut [Bits]) {
    // A constant number of bitmaps lets the compiler unroll the inner loop.
    macro_rules! by_count {
        ($($count:literal)*) => {
            match out.len() {
                $($count => if let Some(out) = out.first_chunk_mut::<$count>() {
                    planes(bytes, codes, out);
                })*
                _ => {}
            }
        };
    }
    by_count!(1 2 3 4 5 6 7 8);
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn planes<const N: usize>(bytes: &[u8; ROWS], codes: &Codes, out: &mut [Bits; N]) {
    let [first, second, third, fourth] = codes.quarters().map(|quarter| load(&quarter));
    let (chunks, _) = bytes.as_chunks();
    for (word, chunk) in chunks.iter().enumerate() {
        _mm_prefetch::<_MM_HINT_T0>(chunk.as_ptr().wrapping_add(AHEAD).cast());
        let codes = load(chunk);
        // A permutation selects from two quarters by the lower seven bits of a code; the top bit then selects between
        // both results.
        let low = _mm512_permutex2var_epi8(first, codes, second);
        let high = _mm512_permutex2var_epi8(third, codes, fourth);
        let mut members = _mm512_mask_blend_epi8(_mm512_movepi8_mask(codes), low, high);
        for plane in out.iter_mut() {
            if let Some(plane) = plane.get_mut(word) {
                *plane = _mm512_movepi8_mask(members);
            }
            // Doubling moves the next bit of each byte to the top.
            members = _mm512_add_epi8(members, members);
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn unfold(low: u64, high: u64) -> __m512i {
    _mm512_or_si512(_mm512_maskz_set1_epi8(low, 1), _mm512_maskz_set1_epi8(high, 2))
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
#[inline]
fn load(bytes: &[u8; 64]) -> __m512i {
    let (words, _) = bytes.as_chunks();
    let word = |at: usize| words.get(at).map_or(0, |word| i64::from_le_bytes(*word));
    _mm512_set_epi64(word(7), word(6), word(5), word(4), word(3), word(2), word(1), word(0))
}
