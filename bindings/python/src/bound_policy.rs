//! The Python class `placet.BoundPolicy`: decides from the values of fixed attributes.
//!
//! The values go from Python straight to the masks or the frame of `placet::typed::Binding`. Whatever that way doesn't
//! take (a value outside its domain, a date as a string) is read again as an ordinary request, so that meanings and errors
//! are those of `Policy.decide`.

mod fields;
mod known;
mod shape;

pub(crate) use shape::LearnedShape;

use crate::decision::{self, Decision};
use crate::errors::Fault;
use crate::request::Arguments;
use crate::values::{SlotTarget, Target, put};
use fields::{Description, Field, FieldType, Member, Record};
use placet::typed::{Binding, FieldKind, ReadValues, Reader};
use placet::{Effect, ErrorCode, Input, KeyTarget, RequestError, RequestReader, ValueError};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyList, PyTuple};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};

/// A policy that decides from the values of fixed attributes, or from the instances of a class: the fastest way.
///
/// `Policy.bind` returns it. Calling it returns True if the policy allows the request; deny and indeterminate give False.
/// The values are positional, in the order of `attributes`, or keywords: the attribute's name with underscores for dots.
/// Every value must be given; None is the value ``none`` of an optional attribute and marks any other as unknown. For
/// a class, the only argument is an instance.
///
/// Immutable, and safe to share between threads.
///
/// Attributes
/// ----------
/// attributes : tuple of str
///     The names of the attributes, in the order of the values.
///
/// Examples
/// --------
/// >>> import placet
/// >>> policy = placet.Policy.from_text('''
/// ...     policy shop
/// ...     request { subject.age: int 0..150  purpose: { deliver, marketing } }
/// ...     rule adults { allow when subject.age >= 18 and purpose is marketing }
/// ... ''')
/// >>> ask = policy.bind("subject.age", "purpose")
/// >>> ask(30, "marketing"), ask(15, purpose="marketing"), ask(subject_age=30, purpose=None)
/// (True, False, False)
/// >>> ask.decide(None, "marketing").missing
/// ('subject.age',)
#[pyclass(frozen, module = "placet")]
pub(crate) struct BoundPolicy {
    binding: Binding,
    fields: Box<[Field]>,
    /// The class whose instances are requests, if it isn't bound to names.
    record: Option<Record>,
    ignore_unknown: bool,
}

impl BoundPolicy {
    /// Binds a policy to the names of attributes, or to one class.
    ///
    /// # Errors
    /// If these are neither, or if a field doesn't fit the policy: the error names all that don't.
    pub(crate) fn new(
        policy: &placet::Policy,
        attributes: &Bound<'_, PyTuple>,
        ignore_unknown: bool,
    ) -> PyResult<Self> {
        let mut description = Description::new(policy, ignore_unknown);
        let record = description.add(attributes)?;
        let (binding, fields) = description.bind(attributes.py())?;
        Ok(Self { binding, fields, record, ignore_unknown })
    }

    /// Returns the values in the order of the attributes, or the instance.
    #[inline]
    fn given<'a, 'py>(
        &self,
        arguments: &'a Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Given<'a, 'py>> {
        match (&self.record, keywords) {
            (None, None) if arguments.len() == self.fields.len() => {
                Ok(Given::Values(Cow::Borrowed(arguments)))
            }
            (None, keywords) => Ok(Given::Values(Cow::Owned(self.ordered(arguments, keywords)?))),
            (Some(record), keywords) => {
                let class = record.class.bind(arguments.py());
                match arguments.get_item(0) {
                    Ok(object)
                        if arguments.len() == 1 && keywords.is_none_or(|keywords| keywords.is_empty()) =>
                    {
                        match object.is_instance(class)? {
                            true => Ok(Given::Object(object)),
                            false => Err(no_instance(class)),
                        }
                    }
                    _ => Err(no_instance(class)),
                }
            }
        }
    }

    /// Returns the values in the order of the attributes.
    fn ordered<'py>(
        &self,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let py = arguments.py();
        let (count, given) = (self.fields.len(), arguments.len());
        if given > count {
            return Err(PyTypeError::new_err(format!("{given} values are given for {count} attributes")));
        }
        let mut values: Vec<Bound<'py, PyAny>> = arguments.iter().collect();
        let mut missing = Vec::new();
        for field in self.fields.iter().skip(given) {
            match keywords.map(|keywords| keywords.get_item(field.keyword.bind(py))).transpose()?.flatten() {
                Some(value) => values.push(value),
                None => missing.push(format!("`{}`", field.keyword)),
            }
        }
        let used = values.len() - given;
        if let Some(keywords) = keywords.filter(|keywords| keywords.len() > used) {
            for name in keywords.keys() {
                let name = name.to_string();
                match self.fields.iter().position(|field| *field.keyword.bind(py) == *name.as_str()) {
                    Some(index) if index >= given => {}
                    Some(_) => return Err(PyTypeError::new_err(format!("`{name}` is given twice"))),
                    None => {
                        let message = format!("`{name}` is the keyword of no bound attribute");
                        return Err(PyTypeError::new_err(message));
                    }
                }
            }
        }
        match missing.is_empty() {
            true => PyTuple::new(py, values),
            false => {
                let all = missing.join(", ");
                let message = format!("no value is given for {all}: give None for what is unknown");
                Err(PyTypeError::new_err(message))
            }
        }
    }

    /// Returns the effect of a request.
    #[inline]
    fn effect_of(
        &self,
        arguments: &Bound<'_, PyTuple>,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Effect> {
        let given = self.given(arguments, keywords)?;
        let values = Values { bound: self, given: &given, reading: Reading::default() };
        match self.binding.effect(&values) {
            Ok(effect) => Ok(effect),
            Err(_) => match values.reading.raised.into_inner() {
                Some(raised) => Err(raised),
                None => {
                    let effect = self.binding.policy().effect_with(|reader| self.read(&given, reader));
                    effect.map_err(|fault: Fault| fault.raise(arguments.py()))
                }
            },
        }
    }

    /// Reads an ordinary request.
    fn read(&self, given: &Given<'_, '_>, reader: &mut RequestReader<'_, '_>) -> Result<(), Fault> {
        let values = match given {
            Given::Values(values) => values,
            Given::Object(object) => {
                let ignore_unknown = self.ignore_unknown;
                return Arguments { request: Some(object), attributes: None, ignore_unknown }.read(reader);
            }
        };
        let root = reader.root();
        for (field, value) in self.fields.iter().zip(values.iter()) {
            match reader.entry(root, &field.attribute)? {
                KeyTarget::Attribute(slot) => put(&mut SlotTarget { reader, slot }, &value)?,
                _ => return Err(reader.unknown(root, &field.attribute).into()),
            }
        }
        Ok(())
    }
}

#[cold]
fn no_instance(class: &Bound<'_, PyAny>) -> PyErr {
    let name = class.getattr("__qualname__").map_or_else(|_| "the class".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!("the argument is one instance of `{name}`"))
}

#[pymethods]
impl BoundPolicy {
    #[pyo3(signature = (*values, **keywords))]
    fn __call__(&self, values: &Bound<'_, PyTuple>, keywords: Option<&Bound<'_, PyDict>>) -> PyResult<bool> {
        self.effect_of(values, keywords).map(|effect| effect == Effect::Allow)
    }

    /// Returns the effect of a request, without the reasons that `decide` collects.
    ///
    /// Parameters
    /// ----------
    /// *values
    ///     The values, in the order of `attributes`; for a class, an instance.
    /// **keywords
    ///     Further values, by the attributes' names with underscores for dots.
    ///
    /// Returns
    /// -------
    /// Effect
    ///
    /// Raises
    /// ------
    /// RequestError
    ///     If a value has the wrong type or is outside its domain, or is None for a required attribute.
    /// TypeError
    ///     If a value is not given, or is given twice.
    #[pyo3(signature = (*values, **keywords))]
    fn effect(
        &self,
        values: &Bound<'_, PyTuple>,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        decision::effect(values.py(), self.effect_of(values, keywords)?)
    }

    /// Decides a request and returns the decision with all its reasons.
    ///
    /// Parameters
    /// ----------
    /// *values
    ///     The values, in the order of `attributes`; for a class, an instance.
    /// **keywords
    ///     Further values, by the attributes' names with underscores for dots.
    ///
    /// Returns
    /// -------
    /// Decision
    ///
    /// Raises
    /// ------
    /// RequestError, TypeError
    ///     Like `effect`.
    #[pyo3(signature = (*values, **keywords))]
    fn decide(
        &self,
        values: &Bound<'_, PyTuple>,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Decision> {
        let given = self.given(values, keywords)?;
        let policy = self.binding.policy();
        let decided = policy.request_with(|reader| self.read(&given, reader)).and_then(|request| {
            let decision = policy.decide(&request)?;
            Ok(Decision { decision, policy: policy.clone(), request })
        });
        decided.map_err(|fault: Fault| fault.raise(values.py()))
    }

    #[getter]
    fn attributes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.fields.iter().map(|field| &*field.attribute))
    }

    fn __repr__(&self) -> String {
        let names: Vec<&str> = self.fields.iter().map(|field| &*field.attribute).collect();
        format!("<BoundPolicy {}: {}>", self.binding.policy().name(), names.join(", "))
    }
}

/// The arguments of a call.
enum Given<'a, 'py> {
    /// The values, in the order of the attributes.
    Values(Cow<'a, Bound<'py, PyTuple>>),
    /// An instance of the bound class.
    Object(Bound<'py, PyAny>),
}

/// The values of a request, read in the order of the fields.
struct Values<'v, 'py> {
    bound: &'v BoundPolicy,
    given: &'v Given<'v, 'py>,
    reading: Reading,
}

/// The state of reading values.
#[derive(Default)]
struct Reading {
    /// True if a value is left to an ordinary request.
    is_ordinary: Cell<bool>,
    /// The first exception that a value raised.
    raised: RefCell<Option<PyErr>>,
}

impl ReadValues for Values<'_, '_> {
    // Reading a Python value costs more than searching for its masks.
    const DEFERS: bool = false;

    #[inline]
    fn read_values<R: Reader>(&self, reader: &mut R) {
        let Self { bound, given, reading } = self;
        if reading.is_ordinary.get() {
            // The request is read otherwise anyway: this ends the second reading, which would find the same.
            return reader.unfit();
        }
        match given {
            Given::Values(values) => {
                for (field, value) in bound.fields.iter().zip(values.iter_borrowed()) {
                    reading.value(field, &value, reader);
                }
            }
            Given::Object(object) => {
                if let Some(record) = &bound.record {
                    reading.object(record, Some(object), &mut bound.fields.iter(), reader);
                }
            }
        }
    }
}

impl Reading {
    /// Reads a value: the most frequent kinds at once, all others by [`put`].
    #[inline]
    fn value<R: Reader>(&self, field: &Field, value: &Bound<'_, PyAny>, reader: &mut R) {
        match &field.ty {
            FieldType::Symbol(names) => {
                if let Some(index) = names.find(value) {
                    return reader.symbol(index);
                }
            }
            FieldType::Bool => {
                if let Ok(truth) = value.cast_exact::<PyBool>() {
                    return reader.bool(truth.is_true());
                }
            }
            FieldType::Int => {
                if value.cast_exact::<PyInt>().is_ok()
                    && let Ok(number) = value.extract()
                {
                    return reader.int(number);
                }
            }
            FieldType::Symbols(names) => {
                if let Ok(list) = value.cast_exact::<PyList>()
                    && let Some(bits) = names.bits(list)
                {
                    return reader.bits(bits);
                }
            }
            _ => {}
        }
        self.any_value(field, value, reader);
    }

    /// Reads a value of any type.
    #[inline(never)]
    fn any_value<R: Reader>(&self, field: &Field, value: &Bound<'_, PyAny>, reader: &mut R) {
        let mut target = ReaderTarget { reader, field, bits: 0, others: Vec::new(), texts: Vec::new() };
        if let Err(fault) = put(&mut target, value) {
            self.leave(Some(fault), reader);
        }
    }

    /// Leaves a value to an ordinary request.
    #[cold]
    fn leave(&self, fault: Option<Fault>, reader: &mut impl Reader) {
        self.is_ordinary.set(true);
        reader.unfit();
        if let Some(Fault::Raised(raised)) = fault {
            self.raised.borrow_mut().get_or_insert(raised);
        }
    }

    /// Reads the values of an object; without an object, leaves them to an ordinary request.
    fn object<R: Reader>(
        &self,
        record: &Record,
        object: Option<&Bound<'_, PyAny>>,
        fields: &mut std::slice::Iter<'_, Field>,
        reader: &mut R,
    ) {
        // Instances of a subclass may have further fields.
        let object = object.filter(|object| object.get_type_ptr() == record.class.as_ptr().cast());
        for (name, member) in &record.members {
            let value = object.map(|object| object.getattr(name.bind(object.py())));
            match (member, value) {
                (Member::Object(inner), Some(Ok(value))) => self.object(inner, Some(&value), fields, reader),
                (Member::Object(inner), raised) => {
                    if let Some(Err(raised)) = raised {
                        self.raised.borrow_mut().get_or_insert(raised);
                    }
                    self.object(inner, None, fields, reader);
                }
                (Member::Value, value) => {
                    let Some(field) = fields.next() else { return };
                    match value {
                        Some(Ok(value)) => self.value(field, &value, reader),
                        Some(Err(raised)) => self.leave(Some(Fault::Raised(raised)), reader),
                        None => self.leave(None, reader),
                    }
                }
            }
        }
    }
}

/// A field of a request that is being read. Fails, without a message, for values that an ordinary request must judge.
struct ReaderTarget<'r, R> {
    reader: &'r mut R,
    field: &'r Field,
    /// The members of the current set: the first 64 names, and the others.
    bits: u64,
    others: Vec<usize>,
    texts: Vec<String>,
}

impl<R> ReaderTarget<'_, R> {
    #[inline]
    fn add(&mut self, index: usize) {
        match index {
            0..64 => self.bits |= 1 << index,
            _ => self.others.push(index),
        }
    }
}

impl<R: Reader> Target for ReaderTarget<'_, R> {
    #[inline]
    fn put(&mut self, value: &Input<'_>) -> Result<(), Fault> {
        match (&self.field.ty, value) {
            (_, Input::Null) => self.reader.missing(),
            (FieldType::Bool, Input::Bool(value)) => self.reader.bool(*value),
            (FieldType::Int, Input::Int(value)) => self.reader.int(*value),
            (FieldType::Number, Input::Number(value)) => self.reader.number(*value),
            (FieldType::Number, Input::Int(value)) => self.reader.number(*value as f64),
            (FieldType::Text, Input::Text(text)) => self.reader.text(text),
            (FieldType::Symbol(names), Input::Text(text)) => {
                self.reader.symbol(names.text(text).ok_or_else(ordinary)?);
            }
            (FieldType::Date, Input::Text(text)) => {
                self.reader.ordinal(Some(ordinal(FieldKind::Date, text)?))
            }
            (FieldType::Time, Input::Text(text)) => {
                self.reader.ordinal(Some(ordinal(FieldKind::Time, text)?))
            }
            (FieldType::Duration, Input::Text(text)) => {
                self.reader.ordinal(Some(ordinal(FieldKind::Duration, text)?));
            }
            (FieldType::Date, Input::Date(date)) => self.reader.ordinal(Some(date.days().into())),
            (FieldType::Time, Input::Time(time)) => self.reader.ordinal(Some(time.micros())),
            (FieldType::Duration, Input::Duration(duration)) => self.reader.ordinal(Some(duration.micros())),
            _ => return Err(ordinary()),
        }
        Ok(())
    }

    #[inline]
    fn begin_set(&mut self, _: impl FnOnce() -> String) -> Result<(), Fault> {
        match self.field.ty {
            FieldType::Symbols(_) | FieldType::Texts => Ok(()),
            _ => Err(ordinary()),
        }
    }

    #[inline]
    fn known_member(&mut self, member: &Bound<'_, PyAny>) -> bool {
        let FieldType::Symbols(names) = &self.field.ty else { return false };
        let index = names.find(member);
        index.into_iter().for_each(|index| self.add(index));
        index.is_some()
    }

    #[inline]
    fn member(&mut self, text: &str) -> Result<(), Fault> {
        match &self.field.ty {
            FieldType::Symbols(names) => self.add(names.text(text).ok_or_else(ordinary)?),
            _ => self.texts.push(text.to_owned()),
        }
        Ok(())
    }

    #[inline]
    fn end_set(&mut self) -> Result<(), Fault> {
        let bits = self.bits;
        match &self.field.ty {
            FieldType::Texts => self.reader.texts(self.texts.iter().map(String::as_str)),
            _ if self.others.is_empty() => self.reader.bits(bits),
            _ => {
                let first = (0..64).filter(|index| bits >> index & 1 == 1);
                self.reader.members(first.chain(self.others.iter().copied()));
            }
        }
        Ok(())
    }

    fn value_error(&self, _: ValueError, _: &str, _: Option<&str>) -> Fault {
        ordinary()
    }
}

/// Returns the ordinal of a date, a time or a duration that is written as a string.
fn ordinal(kind: FieldKind, text: &str) -> Result<i64, Fault> {
    kind.ordinal(text).ok_or_else(ordinary)
}

/// Returns the error of a value that an ordinary request must judge. Nobody sees it.
#[cold]
fn ordinary() -> Fault {
    RequestError::new(ErrorCode::WrongType, String::new(), None, String::new()).into()
}
