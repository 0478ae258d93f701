//! Converts Python values to inputs of attributes.
//!
//! Exact built-in types come first because they are the common case and need one pointer comparison each. Conversions
//! that could hide a mistake are errors: `bool` is not `int`, `18.0` is not `int`, `datetime` is not `date`.

use crate::errors::Fault;
use placet::{AttributeSlot, Date, Duration, Input, RequestReader, Time, ValueError};
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyUnicodeEncodeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple, PyType};
use pyo3::{ffi, intern};
use std::ops::ControlFlow;

/// The ordinal of 1970-01-01 in Python's proleptic Gregorian calendar.
pub(crate) const EPOCH_DAY: i64 = 719_163;
/// Seconds per day.
pub(crate) const DAY: i64 = 86_400;
/// Microseconds per second.
pub(crate) const SECOND: i64 = 1_000_000;
/// The maximum bits of an int that is written out. The largest float has 1,024 bits, so wider ints are outside every
/// domain.
const MAX_INT_BITS: u64 = 1_100;
/// The hint for a datetime where a date is expected.
const DATE_HINT: &str = "a datetime is no date, as its day depends on the time zone: give its `.date()`";
/// The hint for a datetime without a time zone.
const TIME_ZONE_HINT: &str = "a datetime without a time zone is no instant: give it a `tzinfo`";

/// The classes of Python's standard library that distinguish values, looked up once.
pub(crate) struct Classes {
    pub(crate) date: Py<PyType>,
    datetime: Py<PyType>,
    timedelta: Py<PyType>,
    decimal: Py<PyType>,
    enumeration: Py<PyType>,
    uuid: Py<PyType>,
    /// 1970-01-01T00:00:00Z.
    pub(crate) epoch: Py<PyAny>,
}

impl Classes {
    pub(crate) fn get(py: Python<'_>) -> PyResult<&Self> {
        static CLASSES: PyOnceLock<Classes> = PyOnceLock::new();
        CLASSES.get_or_try_init(py, || {
            let class = |module: &str, name: &str| -> PyResult<Py<PyType>> {
                Ok(py.import(module)?.getattr(name)?.cast_into::<PyType>()?.unbind())
            };
            let utc = py.import("datetime")?.getattr("timezone")?.getattr("utc")?;
            let datetime = class("datetime", "datetime")?;
            let epoch = datetime.bind(py).call_method1("fromtimestamp", (0, utc))?.unbind();
            Ok(Self {
                date: class("datetime", "date")?,
                datetime,
                timedelta: class("datetime", "timedelta")?,
                decimal: class("decimal", "Decimal")?,
                enumeration: class("enum", "Enum")?,
                uuid: class("uuid", "UUID")?,
                epoch,
            })
        })
    }
}

/// A target for one value: an attribute of a request, or a fact without a policy.
pub(crate) trait Target {
    /// Sets a value.
    fn put(&mut self, value: &Input<'_>) -> Result<(), Fault>;

    /// Begins a set; `shown` returns the value for error messages.
    fn begin_set(&mut self, shown: impl FnOnce() -> String) -> Result<(), Fault>;

    /// Adds a member that the target knows by its identity; returns false if it doesn't.
    #[inline]
    fn known_member(&mut self, _: &Bound<'_, PyAny>) -> bool {
        false
    }

    /// Adds a member to the current set.
    fn member(&mut self, text: &str) -> Result<(), Fault>;

    /// Ends the current set and sets it as the value.
    fn end_set(&mut self) -> Result<(), Fault>;

    /// Returns the error of a rejected value; `shown` is the value for error messages.
    fn value_error(&self, error: ValueError, shown: &str, why: Option<&str>) -> Fault;
}

/// An attribute of a request that is being read.
pub(crate) struct SlotTarget<'p, 'r, 'a> {
    pub(crate) reader: &'p mut RequestReader<'r, 'a>,
    pub(crate) slot: AttributeSlot,
}

impl Target for SlotTarget<'_, '_, '_> {
    #[inline]
    fn put(&mut self, value: &Input<'_>) -> Result<(), Fault> {
        Ok(self.reader.put(self.slot, value)?)
    }

    #[inline]
    fn begin_set(&mut self, shown: impl FnOnce() -> String) -> Result<(), Fault> {
        Ok(self.reader.begin_set(self.slot, shown)?)
    }

    #[inline]
    fn member(&mut self, text: &str) -> Result<(), Fault> {
        Ok(self.reader.member(self.slot, text)?)
    }

    #[inline]
    fn end_set(&mut self) -> Result<(), Fault> {
        Ok(self.reader.end_set(self.slot)?)
    }

    #[cold]
    fn value_error(&self, error: ValueError, shown: &str, why: Option<&str>) -> Fault {
        let mut error = self.reader.value_error(self.slot, error, shown);
        if let Some(why) = why {
            error.message.push_str("; ");
            error.message.push_str(why);
        }
        error.into()
    }
}

/// Sets the value of a target.
///
/// # Errors
/// If the target rejects the value, or reading the value raised an exception.
#[inline]
pub(crate) fn put(target: &mut impl Target, value: &Bound<'_, PyAny>) -> Result<(), Fault> {
    if let Ok(text) = value.cast_exact::<PyString>() {
        put_text(target, text)
    } else if let Ok(truth) = value.cast_exact::<PyBool>() {
        target.put(&Input::Bool(truth.is_true()))
    } else if value.cast_exact::<PyInt>().is_ok() {
        put_int(target, value)
    } else if let Ok(list) = value.cast_exact::<PyList>() {
        put_set(target, value, list.iter())
    } else if value.is_none() {
        target.put(&Input::Null)
    } else if let Ok(set) = value.cast_exact::<PySet>() {
        put_members(target, set)
    } else {
        put_other(target, value)
    }
}

fn put_other(target: &mut impl Target, value: &Bound<'_, PyAny>) -> Result<(), Fault> {
    let py = value.py();
    let classes = Classes::get(py)?;
    if value.is_instance(classes.enumeration.bind(py))? {
        let inner = value.getattr(intern!(py, "value"))?;
        // An enum whose value is an enum is more likely a mistake than intended.
        return match inner.is_instance(classes.enumeration.bind(py))? {
            true => Err(wrong_type(target, value)),
            false => put(target, &inner),
        };
    }
    if let Ok(text) = value.cast::<PyString>() {
        return put_text(target, text);
    }
    if value.cast::<PyInt>().is_ok() {
        return put_int(target, value);
    }
    if let Ok(number) = value.cast::<PyFloat>() {
        return put_f64(target, number.value());
    }
    if is_missing(value)? {
        return target.put(&Input::Null);
    }
    // `datetime` is a subclass of `date`, so it must be tested first: its day depends on the time zone.
    if value.is_instance(classes.datetime.bind(py))? {
        return put_datetime(target, value, classes);
    }
    if value.is_instance(classes.date.bind(py))? {
        let day: i64 = value.call_method0(intern!(py, "toordinal"))?.extract()?;
        let Ok(days) = i32::try_from(day - EPOCH_DAY) else { return Err(outside(target, value)) };
        return target.put(&Input::Date(Date::from_days(days)));
    }
    if value.is_instance(classes.timedelta.bind(py))? {
        let micros = micros(value)?;
        return match micros {
            Some(micros) => target.put(&Input::Duration(Duration::from_micros(micros))),
            None => Err(outside(target, value)),
        };
    }
    if let Ok(members) = value.cast::<PyTuple>() {
        return put_set(target, value, members.iter());
    }
    if value.cast::<PyFrozenSet>().is_ok() || value.cast::<PySet>().is_ok() || value.cast::<PyList>().is_ok()
    {
        return put_members(target, value);
    }
    if value.is_instance(classes.decimal.bind(py))? {
        if !value.call_method0(intern!(py, "is_finite"))?.is_truthy()? {
            return put_f64(target, f64::NAN);
        }
        let text = value.str()?;
        return target.put(&Input::Numeral(text.to_str()?.into()));
    }
    if value.is_instance(classes.uuid.bind(py))? {
        return put_text(target, &value.str()?);
    }
    put_number(target, value)
}

/// Returns true for a missing value of pandas: `NaT`, which is a subclass of `datetime`, or `NA`.
fn is_missing(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let class = value.get_type();
    let name = class.name()?;
    let name = name.to_str()?;
    Ok(matches!(name, "NaTType" | "NAType") && class.module()?.to_str()?.starts_with("pandas."))
}

/// Appends a hint to the error of a rejected value.
#[cold]
fn with_hint(fault: Fault, why: &str) -> Fault {
    match fault {
        Fault::Request(mut error) => {
            error.message.push_str("; ");
            error.message.push_str(why);
            Fault::Request(error)
        }
        raised @ Fault::Raised(_) => raised,
    }
}

/// Sets a float. For NaN the error has a hint, since Python programs use NaN for missing values too.
fn put_f64(target: &mut impl Target, number: f64) -> Result<(), Fault> {
    let put = target.put(&Input::Number(number));
    match number.is_nan() {
        true => put.map_err(|fault| with_hint(fault, "give None for a value that is missing")),
        false => put,
    }
}

/// Sets a string.
#[inline]
fn put_text(target: &mut impl Target, text: &Bound<'_, PyString>) -> Result<(), Fault> {
    match text.to_str() {
        Ok(text) => target.put(&Input::from(text)),
        Err(error) => Err(no_text(target, text, error)),
    }
}

/// Returns the error of a string with a lone surrogate, which is no Unicode text and therefore outside every domain.
#[cold]
fn no_text(target: &impl Target, text: &Bound<'_, PyString>, error: PyErr) -> Fault {
    if error.is_instance_of::<PyUnicodeEncodeError>(text.py()) {
        outside(target, text)
    } else {
        Fault::Raised(error)
    }
}

#[inline]
fn put_int(target: &mut impl Target, value: &Bound<'_, PyAny>) -> Result<(), Fault> {
    match value.extract() {
        Ok(number) => target.put(&Input::Int(number)),
        Err(error) => put_wide_int(target, value, error),
    }
}

/// Sets an int beyond 64 bits, which may still be a `number`.
#[cold]
fn put_wide_int(target: &mut impl Target, value: &Bound<'_, PyAny>, error: PyErr) -> Result<(), Fault> {
    let py = value.py();
    if !error.is_instance_of::<PyOverflowError>(py) {
        return Err(error.into());
    }
    // Called on `int` itself, since a subclass may override these methods.
    let bits: u64 = py.get_type::<PyInt>().call_method1(intern!(py, "bit_length"), (value,))?.extract()?;
    if bits > MAX_INT_BITS {
        return Err(target.value_error(ValueError::OutsideDomain, &format!("an int of {bits} bits"), None));
    }
    let text = py.get_type::<PyInt>().call_method1(intern!(py, "__repr__"), (value,))?;
    target.put(&Input::Numeral(text.cast::<PyString>().map_err(PyErr::from)?.to_str()?.into()))
}

/// Sets a set from an iterable Python object.
fn put_members(target: &mut impl Target, value: &Bound<'_, PyAny>) -> Result<(), Fault> {
    target.begin_set(|| shown(value))?;
    for member in value.try_iter()? {
        put_member(target, &member?)?;
    }
    target.end_set()
}

/// Sets a set from an iterator over a list or a tuple, which avoids Python's iterator protocol.
#[inline]
fn put_set<'py>(
    target: &mut impl Target,
    value: &Bound<'py, PyAny>,
    members: impl Iterator<Item = Bound<'py, PyAny>>,
) -> Result<(), Fault> {
    target.begin_set(|| shown(value))?;
    for member in members {
        put_member(target, &member)?;
    }
    target.end_set()
}

#[inline]
fn put_member(target: &mut impl Target, member: &Bound<'_, PyAny>) -> Result<(), Fault> {
    if target.known_member(member) {
        return Ok(());
    }
    match member.cast::<PyString>() {
        Ok(text) => match text.to_str() {
            Ok(text) => target.member(text),
            Err(error) => Err(no_text(target, text, error)),
        },
        Err(_) => {
            let py = member.py();
            if member.is_instance(Classes::get(py)?.enumeration.bind(py))? {
                let inner = member.getattr(intern!(py, "value"))?;
                if let Ok(text) = inner.cast::<PyString>() {
                    return match text.to_str() {
                        Ok(text) => target.member(text),
                        Err(error) => Err(no_text(target, text, error)),
                    };
                }
            }
            if member.is_instance(Classes::get(py)?.uuid.bind(py))? {
                return target.member(member.str()?.to_str()?);
            }
            Err(wrong_type(target, member))
        }
    }
}

/// Sets an instant.
fn put_datetime(target: &mut impl Target, value: &Bound<'_, PyAny>, classes: &Classes) -> Result<(), Fault> {
    let py = value.py();
    if value.call_method0(intern!(py, "utcoffset"))?.is_none() {
        return Err(match target.value_error(ValueError::WrongType, &shown(value), None) {
            Fault::Request(error) if error.expected == "date" => with_hint(error.into(), DATE_HINT),
            Fault::Request(error) => with_hint(error.into(), TIME_ZONE_HINT),
            Fault::Raised(_) => Fault::Raised(PyTypeError::new_err(TIME_ZONE_HINT)),
        });
    }
    let since = match value.sub(classes.epoch.bind(py)) {
        Ok(since) => since,
        Err(error) if error.is_instance_of::<PyOverflowError>(py) => {
            return Err(outside(target, value));
        }
        Err(error) => return Err(error.into()),
    };
    match micros(&since)? {
        Some(micros) => target.put(&Input::Time(Time::from_micros(micros))).map_err(|fault| match fault {
            Fault::Request(error) if error.expected == "date" => with_hint(error.into(), DATE_HINT),
            fault => fault,
        }),
        None => Err(outside(target, value)),
    }
}

/// Returns the microseconds of a timedelta; `None` if they are not whole or do not fit 64 bits.
fn micros(delta: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    let py = delta.py();
    // Pandas' `Timedelta`, a subclass, has nanoseconds.
    if !delta.get_type().is(Classes::get(py)?.timedelta.bind(py))
        && let Some(nanoseconds) = delta.getattr_opt(intern!(py, "nanoseconds"))?
        && nanoseconds.is_truthy()?
    {
        return Ok(None);
    }
    let days: i64 = delta.getattr(intern!(py, "days"))?.extract()?;
    let seconds: i64 = delta.getattr(intern!(py, "seconds"))?.extract()?;
    let micros: i64 = delta.getattr(intern!(py, "microseconds"))?.extract()?;
    // Days times seconds can overflow 64 bits although the sum fits, because the remainders are positive and the days
    // of a negative delta are rounded down. 128 bits hold every intermediate value.
    let whole = i128::from(days) * i128::from(DAY) + i128::from(seconds);
    Ok(i64::try_from(whole * i128::from(SECOND) + i128::from(micros)).ok())
}

/// Sets an object that converts itself to a number, such as a NumPy scalar or a fraction.
fn put_number(target: &mut impl Target, value: &Bound<'_, PyAny>) -> Result<(), Fault> {
    let py = value.py();
    if let ControlFlow::Break(put) = put_scalar(target, value)? {
        return put;
    }
    if value.hasattr(intern!(py, "__index__"))? {
        put_index(target, value)
    } else if value.hasattr(intern!(py, "__float__"))? {
        put_float(target, value)
    } else {
        Err(wrong_type(target, value))
    }
}

/// Sets a scalar with a `dtype`. Only the kinds that are plain numbers are accepted: NumPy's time spans and arrays also
/// have `__index__` or `__float__`.
fn put_scalar(
    target: &mut impl Target,
    value: &Bound<'_, PyAny>,
) -> PyResult<ControlFlow<Result<(), Fault>>> {
    let py = value.py();
    let Some(dtype) = value.getattr_opt(intern!(py, "dtype"))? else { return Ok(ControlFlow::Continue(())) };
    let is_scalar = match value.getattr_opt(intern!(py, "ndim"))? {
        Some(dimensions) => dimensions.eq(0)?,
        None => false,
    };
    let kind: String = match dtype.getattr_opt(intern!(py, "kind"))? {
        Some(kind) if is_scalar => kind.extract()?,
        _ => String::new(),
    };
    Ok(ControlFlow::Break(match kind.as_str() {
        "b" => target.put(&Input::Bool(value.is_truthy()?)),
        "i" | "u" => put_index(target, value),
        "f" => put_float(target, value),
        "M" | "m" => {
            Err(target.value_error(ValueError::WrongType, &shown(value), Some("give its `.item()`")))
        }
        _ => Err(wrong_type(target, value)),
    }))
}

#[allow(unsafe_code, reason = "`operator.index` is a call through Python, this is the function behind it")]
fn put_index(target: &mut impl Target, value: &Bound<'_, PyAny>) -> Result<(), Fault> {
    // SAFETY: the thread is attached and `value` is a live object. `PyNumber_Index` returns a new reference, or null
    // with an exception set, like `from_owned_ptr_or_err` requires.
    let whole = unsafe { Bound::from_owned_ptr_or_err(value.py(), ffi::PyNumber_Index(value.as_ptr())) }?;
    put_int(target, &whole)
}

fn put_float(target: &mut impl Target, value: &Bound<'_, PyAny>) -> Result<(), Fault> {
    let number: f64 = value.extract()?;
    put_f64(target, number)
}

#[cold]
fn outside(target: &impl Target, value: &Bound<'_, PyAny>) -> Fault {
    target.value_error(ValueError::OutsideDomain, &shown(value), None)
}

#[cold]
fn wrong_type(target: &impl Target, value: &Bound<'_, PyAny>) -> Fault {
    target.value_error(ValueError::WrongType, &shown(value), None)
}

/// Returns a value for error messages: its `repr`, or its class if `repr` fails.
#[cold]
pub(crate) fn shown(value: &Bound<'_, PyAny>) -> String {
    let written = value.repr().and_then(|written| Ok(written.to_str()?.to_owned()));
    written.unwrap_or_else(|_| match value.get_type().name() {
        Ok(class) => format!("a value of `{class}`"),
        Err(_) => "a value".to_owned(),
    })
}
