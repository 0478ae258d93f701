//! Binary search over integers.

/// Returns the least number in `low..=high` for which a monotone test holds, or `None` if it holds for none.
///
/// Monotone: if the test holds for a number, it holds for all greater ones. Calls the test once per binary digit of
/// `high − low`.
///
/// ```
/// use placet_core::first_where;
///
/// assert_eq!(first_where(i64::MIN, i64::MAX, |number| number > 41), Some(42));
/// assert_eq!(first_where(0, 10, |number| number > 41), None);
/// ```
pub fn first_where(low: i64, high: i64, holds: impl Fn(i64) -> bool) -> Option<i64> {
    if !holds(high) {
        return None;
    }
    let (mut low, mut high) = (low, high);
    while low < high {
        // `midpoint` rounds towards zero, so between negative numbers it can return `high`; the loop would not end.
        let middle = low.midpoint(high).min(high - 1);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(low)
}
