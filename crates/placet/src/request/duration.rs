//! Parsers of durations, as requests write them: JSON numbers of seconds and ISO 8601 texts.

use placet_core::calendar;
use placet_model::request::ValueError;

/// Parses a JSON number of seconds into microseconds, exactly.
///
/// # Errors
/// If the number is finer than a microsecond, or out of range.
pub(crate) fn seconds(raw: &str) -> Result<i64, ValueError> {
    let (mantissa, exponent) = match raw.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            (mantissa, exponent.parse::<i64>().map_err(|_| ValueError::OutsideDomain)?)
        }
        None => (raw, 0),
    };
    let (negative, unsigned) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa),
    };
    let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    // The digits as one number; `scale` is the exponent that turns them into microseconds.
    let digits = format!("{whole}{decimals}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    let trailing = i64::try_from(digits.len() - digits.trim_end_matches('0').len()).unwrap_or(0);
    let scale = i64::try_from(decimals.len())
        .ok()
        .and_then(|places| exponent.checked_add(6)?.checked_sub(places)?.checked_add(trailing));
    let scale = scale.and_then(|scale| u32::try_from(scale).ok()).ok_or(ValueError::OutsideDomain)?;
    let value: i128 = significant.parse().map_err(|_| ValueError::OutsideDomain)?;
    let micros = 10_i128
        .checked_pow(scale)
        .and_then(|power| value.checked_mul(power))
        .ok_or(ValueError::OutsideDomain)?;
    i64::try_from(if negative { -micros } else { micros }).map_err(|_| ValueError::OutsideDomain)
}

/// Parses an ISO 8601 duration into microseconds: weeks alone, or days to seconds, with a fraction on seconds only.
///
/// It is no general parser: years and months have no fixed length, so it refuses them.
///
/// # Errors
/// If the text has another form, is finer than a microsecond, or out of range.
pub(crate) fn iso_duration(text: &str) -> Result<i64, ValueError> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let body = rest.strip_prefix('P').ok_or(ValueError::WrongType)?;
    let (days, clock) = match body.split_once('T') {
        Some((days, clock)) if !clock.is_empty() => (days, clock),
        Some(_) => return Err(ValueError::WrongType),
        None => (body, ""),
    };
    if days.is_empty() && clock.is_empty() {
        return Err(ValueError::WrongType);
    }
    let mut micros: i128 = 0;
    let mut add = |amount: &str, unit: i128| -> Result<(), ValueError> {
        let whole = amount.bytes().all(|byte| byte.is_ascii_digit()) && !amount.is_empty();
        if !whole {
            return Err(ValueError::WrongType);
        }
        let amount: i128 = amount.parse().map_err(|_| ValueError::OutsideDomain)?;
        micros =
            amount.checked_mul(unit).and_then(|n| micros.checked_add(n)).ok_or(ValueError::OutsideDomain)?;
        Ok(())
    };
    const DAY: i128 = calendar::DAY as i128;
    if let Some(weeks) = days.strip_suffix('W') {
        if !clock.is_empty() {
            return Err(ValueError::WrongType);
        }
        add(weeks, 7 * DAY)?;
    } else if !days.is_empty() {
        add(days.strip_suffix('D').ok_or(ValueError::WrongType)?, DAY)?;
    }
    let mut left = clock;
    for (letter, unit) in [('H', 3_600_000_000), ('M', 60_000_000)] {
        if let Some((amount, after)) = left.split_once(letter) {
            add(amount, unit)?;
            left = after;
        }
    }
    if !left.is_empty() {
        let amount = left.strip_suffix('S').ok_or(ValueError::WrongType)?;
        let (whole, decimals) = amount.split_once(['.', ',']).unwrap_or((amount, "0"));
        add(whole, 1_000_000)?;
        let significant = decimals.trim_end_matches('0');
        if significant.len() > 6 {
            return Err(ValueError::OutsideDomain);
        }
        if decimals.is_empty() {
            return Err(ValueError::WrongType);
        }
        add(&format!("{significant:0<6}"), 1)?;
    }
    i64::try_from(if negative { -micros } else { micros }).map_err(|_| ValueError::OutsideDomain)
}

#[cfg(test)]
mod tests {
    use super::{iso_duration, seconds};
    use placet_model::request::ValueError;

    #[test]
    fn iso_duration_takes_weeks_and_days_to_seconds() {
        let good = [
            ("P1W", 604_800_000_000),
            ("P1D", 86_400_000_000),
            ("-P1D", -86_400_000_000),
            ("PT1H30M", 5_400_000_000),
            ("P2DT0.5S", 172_800_500_000),
            ("PT0S", 0),
            ("PT1.000001S", 1_000_001),
        ];
        for (text, micros) in good {
            assert_eq!(iso_duration(text), Ok(micros), "{text}");
        }
        for text in
            ["", "P", "PT", "P1M", "P1Y", "P1W2D", "PT1.5H", "1D", "P1DT", "P-1D", "PT1S1M", "PT1", "PTS"]
        {
            assert_eq!(iso_duration(text), Err(ValueError::WrongType), "{text}");
        }
        assert_eq!(iso_duration("PT0.0000001S"), Err(ValueError::OutsideDomain));
        assert_eq!(iso_duration("P99999999999D"), Err(ValueError::OutsideDomain));
    }

    #[test]
    fn seconds_are_exact_to_the_microsecond() {
        let good =
            [("1", 1_000_000), ("0.5", 500_000), ("-1e3", -1_000_000_000), ("1.5E-3", 1_500), ("0e99", 0)];
        for (text, micros) in good {
            assert_eq!(seconds(text), Ok(micros), "{text}");
        }
        assert_eq!(seconds("1.0000000"), Ok(1_000_000));
        for text in ["0.0000001", "1e-7", "1e30", "9223372036855", "1e99999999999999999999"] {
            assert_eq!(seconds(text), Err(ValueError::OutsideDomain), "{text}");
        }
    }
}
