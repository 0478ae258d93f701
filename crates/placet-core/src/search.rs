//! Searches in whole numbers.

/// The first number of `low..=high` for which a test holds that holds from some number on; `None` if it holds for none.
///
/// ```
/// use placet_core::first_where;
///
/// assert_eq!(first_where(i64::MIN, i64::MAX, |number| number > 41), Some(42));
/// assert_eq!(first_where(0, 10, |number| number > 41), None);
/// ```
///
/// Cost: one test for each binary digit of the distance.
pub fn first_where(low: i64, high: i64, holds: impl Fn(i64) -> bool) -> Option<i64> {
    if !holds(high) {
        return None;
    }
    let (mut low, mut high) = (low, high);
    while low < high {
        // Rounded towards zero: between negative numbers that may be the greater of them.
        let middle = low.midpoint(high).min(high - 1);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(low)
}
