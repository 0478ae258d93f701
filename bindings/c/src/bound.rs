//! Decides the records of a program, structs in C, from their fields: `placet_bound`.

use crate::boundary::{Out, call, given, quietly};
use crate::decision::Decision;
use crate::error::Error;
use crate::policy::Policy;
use crate::status::{Effect, Status};
use crate::texts::{name, texts};
use placet::RequestError;
use placet::typed::{Binding, FieldKind, Fields, ReadByte, ReadValues, Reader};
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_void};
use std::ptr::NonNull;

/// The type of a field: `placet_field_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum FieldType {
    /// `bool`
    Bool = 0,
    /// `int8_t`
    Int8 = 1,
    /// `int16_t`
    Int16 = 2,
    /// `int32_t`
    Int32 = 3,
    /// `int64_t`
    Int64 = 4,
    /// `uint8_t`
    Uint8 = 5,
    /// `uint16_t`
    Uint16 = 6,
    /// `uint32_t`
    Uint32 = 7,
    /// `uint64_t`
    Uint64 = 8,
    /// `double`
    Double = 9,
    /// A `const char *` to a text that ends with a NUL, or NULL for a missing one.
    Text = 10,
    /// A `uint8_t` that is the index of a name.
    Code8 = 11,
    /// A `uint32_t`, or an enum of its size, that is the index of a name.
    Code32 = 12,
    /// A `uint64_t` with one bit for each name.
    Set64 = 13,
}

impl FieldType {
    /// All types with their names in C, by number.
    const ALL: [(Self, &'static str); 14] = [
        (FieldType::Bool, "bool"),
        (FieldType::Int8, "int8_t"),
        (FieldType::Int16, "int16_t"),
        (FieldType::Int32, "int32_t"),
        (FieldType::Int64, "int64_t"),
        (FieldType::Uint8, "uint8_t"),
        (FieldType::Uint16, "uint16_t"),
        (FieldType::Uint32, "uint32_t"),
        (FieldType::Uint64, "uint64_t"),
        (FieldType::Double, "double"),
        (FieldType::Text, "const char *"),
        (FieldType::Code8, "uint8_t"),
        (FieldType::Code32, "uint32_t"),
        (FieldType::Set64, "uint64_t"),
    ];

    /// Returns true if the values are single bytes.
    fn is_byte(self) -> bool {
        matches!(self, FieldType::Bool | FieldType::Int8 | FieldType::Uint8 | FieldType::Code8)
    }

    /// Reads the value that a byte stands for.
    #[inline(always)]
    fn read_byte<R: Reader>(self, byte: u8, reader: &mut R) {
        match self {
            // C could set any number for true.
            FieldType::Bool => reader.bool(byte != 0),
            FieldType::Int8 => reader.int(byte.cast_signed().into()),
            FieldType::Uint8 => reader.int(byte.into()),
            FieldType::Code8 => reader.symbol(byte.into()),
            _ => reader.unfit(),
        }
    }

    /// Returns the kind of values in a request. Integers are also the days of a date, and the microseconds of a time or
    /// a duration.
    fn kind(self, attribute: Option<FieldKind>, names: Vec<String>) -> FieldKind {
        match (self, attribute) {
            (FieldType::Bool, _) => FieldKind::Bool,
            (FieldType::Double, _) => FieldKind::Number,
            (FieldType::Text, _) => FieldKind::Text,
            (FieldType::Code8 | FieldType::Code32, _) => FieldKind::Symbol(names),
            (FieldType::Set64, _) => FieldKind::Symbols(names),
            (_, Some(kind @ (FieldKind::Date | FieldKind::Time | FieldKind::Duration))) => kind,
            _ => FieldKind::Int,
        }
    }
}

/// A field of a record: `placet_field`.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Field {
    /// The name of the attribute.
    pub attribute: *const c_char,
    /// The offset in the record, in bytes.
    pub offset: usize,
    /// One of `placet_field_type`.
    pub r#type: i32,
    /// True if `presence` is the offset of a `bool` that is false in records where the value is missing.
    pub is_optional: bool,
    /// The offset of that `bool`.
    pub presence: usize,
    /// The names of codes and of bits.
    pub names: *const *const c_char,
    /// The number of `names`.
    pub name_count: usize,
}

/// A policy, bound to the fields of a record.
#[derive(Debug)]
pub struct Bound {
    binding: Binding,
    /// The fields of one byte that no record lacks.
    bytes: Box<[BoundField]>,
    /// The other fields, which follow them in the binding.
    fields: Box<[BoundField]>,
}

/// The meaning of the bytes of records.
struct Bytes<'b>(&'b [BoundField]);

impl ReadByte for Bytes<'_> {
    #[inline(always)]
    fn read_byte<R: Reader>(&self, at: usize, byte: u8, reader: &mut R) {
        match self.0.get(at) {
            Some(field) => field.ty.read_byte(byte, reader),
            None => reader.unfit(),
        }
    }
}

/// A field whose type was checked.
#[derive(Debug)]
struct BoundField {
    attribute: Box<str>,
    offset: usize,
    ty: FieldType,
    presence: Option<usize>,
}

/// Binds a policy to the fields of a record.
///
/// # Safety
/// `fields` is NULL or points to `count` aligned fields. The attribute of each is NULL or ends with a NUL, and its names
/// are a list of `name_count` texts that end with a NUL: see `texts::texts`. No thread changes or frees them during the
/// call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_bind(
    policy: Option<&Policy>,
    fields: *const Field,
    count: usize,
    bound: Out<'_, Option<Box<Bound>>>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out = given(bound, "bound")?.write(None);
        let policy = &given(policy, "policy")?.inner.policy;
        if count > isize::MAX.cast_unsigned() / size_of::<Field>() {
            return Err(Error::new(Status::OutOfRange, "`fields` has more fields than memory"));
        }
        let fields = match count {
            0 => &[],
            _ => {
                let fields = given(NonNull::new(fields.cast_mut()), "fields")?;
                // SAFETY: a slice needs `count` aligned fields, which the contract demands; `given` rejected NULL, and
                // the check above bounds the size to `isize::MAX` bytes.
                unsafe { std::slice::from_raw_parts(fields.as_ptr(), count) }
            }
        };
        let (mut of_bytes, mut of_others) = (Fields::default(), Fields::default());
        let (mut bytes, mut others) = (Vec::new(), Vec::new());
        for field in fields {
            // SAFETY: `name` requires NULL or a NUL at the end, which the contract demands of the attribute.
            let attribute = unsafe { name(field.attribute, "attribute") }?;
            // SAFETY: `texts` requires a list of texts, which the contract demands of the names.
            let names = unsafe { texts(field.names, std::ptr::null(), field.name_count, "names") }?;
            let found = usize::try_from(field.r#type).ok().and_then(|number| FieldType::ALL.get(number));
            let Some(&(ty, written)) = found else {
                let message = format!("the type of `{attribute}` is no `placet_field_type`");
                return Err(Error::new(Status::OutOfRange, &message));
            };
            if ty == FieldType::Set64 && names.len() > 64 {
                let message = format!("`{attribute}` has {} names for 64 bits", names.len());
                return Err(Error::new(Status::OutOfRange, &message));
            }
            let declared = policy.attribute_declaration(attribute).map(|declared| declared.domain().into());
            let kind = ty.kind(declared, names.iter().map(ToString::to_string).collect());
            let is_byte = ty.is_byte() && !field.is_optional;
            let (described, bound) =
                if is_byte { (&mut of_bytes, &mut bytes) } else { (&mut of_others, &mut others) };
            described.named(attribute, attribute, written, kind, field.is_optional);
            let presence = field.is_optional.then_some(field.presence);
            bound.push(BoundField { attribute: attribute.into(), offset: field.offset, ty, presence });
        }
        let described = of_bytes.followed_by(of_others);
        let binding = Binding::with_bytes(policy, &described, bytes.len(), &Bytes(&bytes))
            .map_err(|error| Error::new(Status::UnfitField, &error.to_string()))?;
        *out = Some(Box::new(Bound { binding, bytes: bytes.into(), fields: others.into() }));
        Ok(())
    })
}

/// Returns true only if the record's request is proven to be allowed; false for every other effect, and for a failure.
///
/// # Safety
/// Like [`placet_bound_effect`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_bound_is_allowed(bound: Option<&Bound>, record: *const c_void) -> bool {
    let (Some(bound), Some(record)) = (bound, NonNull::new(record.cast_mut())) else { return false };
    // SAFETY: `Record::new` requires a record of the bound fields, which this function's contract demands.
    let record = unsafe { Record::new(bound, record) };
    quietly(false, || bound.binding.effect(&record) == Ok(placet::Effect::Allow))
}

/// Decides a record, without reasons.
///
/// # Safety
/// `record` is NULL or points to a record with a value of each bound field: at its offset are initialised bytes of its
/// type; if a `bool` at the offset of its presence is false, only that `bool` must be initialised. A text is NULL or ends
/// with a NUL. No thread changes or frees the record or its texts during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_bound_effect(
    bound: Option<&Bound>,
    record: *const c_void,
    effect: Out<'_, Effect>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out = given(effect, "effect")?.write(Effect::Indeterminate);
        let bound = given(bound, "bound")?;
        let record = given(NonNull::new(record.cast_mut()), "record")?;
        // SAFETY: `Record::new` requires a record of the bound fields, which this function's contract demands.
        let record = unsafe { Record::new(bound, record) };
        *out = bound.binding.effect(&record).map_err(|error| record.error(error))?.into();
        Ok(())
    })
}

/// Decides a record, with all reasons.
///
/// # Safety
/// Like [`placet_bound_effect`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_bound_decide(
    bound: Option<&Bound>,
    record: *const c_void,
    decision: Out<'_, Option<Box<Decision>>>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out = given(decision, "decision")?.write(None);
        let bound = given(bound, "bound")?;
        let record = given(NonNull::new(record.cast_mut()), "record")?;
        // SAFETY: `Record::new` requires a record of the bound fields, which this function's contract demands.
        let record = unsafe { Record::new(bound, record) };
        *out = Some(Decision::new(bound.binding.decide(&record).map_err(|error| record.error(error))?));
        Ok(())
    })
}

/// Frees a bound policy.
#[unsafe(no_mangle)]
pub extern "C" fn placet_bound_free(bound: Option<Box<Bound>>) {
    quietly((), || drop(bound));
}

/// A record, whose values are read in the order of the fields.
struct Record<'b> {
    bound: &'b Bound,
    start: NonNull<u8>,
    /// The first field whose text is not UTF-8.
    invalid: Cell<Option<&'b BoundField>>,
}

impl<'b> Record<'b> {
    /// Borrows a record.
    ///
    /// # Safety
    /// `start` points to a record like that of [`placet_bound_effect`], which stays as it is while this value exists.
    unsafe fn new(bound: &'b Bound, start: NonNull<c_void>) -> Self {
        Self { bound, start: start.cast(), invalid: Cell::new(None) }
    }

    /// Reads the value at an offset.
    ///
    /// # Safety
    /// A bound field, or its presence, has this offset and a type whose bytes are those of `T`, which any bytes are a
    /// value of. It isn't missing.
    #[inline]
    unsafe fn read<T: Copy>(&self, offset: usize) -> T {
        // Whatever is no part of the record isn't read, so the address needs no check.
        let value = self.start.as_ptr().wrapping_add(offset).cast::<T>();
        // SAFETY: the contract of `Record::new` demands initialised bytes of the type of the field at its offset, which
        // are those of a `T` by this function's contract. No alignment is required.
        unsafe { value.read_unaligned() }
    }

    /// Returns the error of a request. A text that is not UTF-8 has an error of its own.
    #[cold]
    fn error(&self, error: RequestError) -> Box<Error> {
        match self.invalid.get() {
            Some(field) => Error::new(Status::InvalidUtf8, &format!("`{}` is not UTF-8", field.attribute)),
            None => error.into(),
        }
    }

    #[inline(always)]
    fn value<R: Reader>(&self, field: &'b BoundField, reader: &mut R) {
        let offset = field.offset;
        if let Some(presence) = field.presence {
            // SAFETY: the presence of a field is a `bool`, one byte, which is read as a number: C could set any.
            let is_present: u8 = unsafe { self.read(presence) };
            if is_present == 0 {
                return reader.missing();
            }
        }
        match field.ty {
            FieldType::Bool | FieldType::Int8 | FieldType::Uint8 | FieldType::Code8 => {
                // SAFETY: the field is of one byte, which any bytes are a value of.
                field.ty.read_byte(unsafe { self.read(offset) }, reader);
            }
            FieldType::Int16 => {
                // SAFETY: the field is an `int16_t`.
                let value: i16 = unsafe { self.read(offset) };
                reader.int(value.into());
            }
            FieldType::Int32 => {
                // SAFETY: the field is an `int32_t`.
                let value: i32 = unsafe { self.read(offset) };
                reader.int(value.into());
            }
            FieldType::Int64 => {
                // SAFETY: the field is an `int64_t`.
                let value: i64 = unsafe { self.read(offset) };
                reader.int(value);
            }
            FieldType::Uint16 => {
                // SAFETY: the field is a `uint16_t`.
                let value: u16 = unsafe { self.read(offset) };
                reader.int(value.into());
            }
            FieldType::Uint32 => {
                // SAFETY: the field is a `uint32_t`.
                let value: u32 = unsafe { self.read(offset) };
                reader.int(value.into());
            }
            FieldType::Uint64 => {
                // SAFETY: the field is a `uint64_t`.
                let value: u64 = unsafe { self.read(offset) };
                match i64::try_from(value) {
                    Ok(value) => reader.int(value),
                    Err(_) => reader.wide(value),
                }
            }
            FieldType::Double => {
                // SAFETY: the field is a `double`.
                let value: f64 = unsafe { self.read(offset) };
                reader.number(value);
            }
            FieldType::Code32 => {
                // SAFETY: the field is a `uint32_t`, or an enum of its size.
                let code: u32 = unsafe { self.read(offset) };
                reader.symbol(code as usize);
            }
            FieldType::Set64 => {
                // SAFETY: the field is a `uint64_t`.
                let bits: u64 = unsafe { self.read(offset) };
                reader.bits(bits);
            }
            FieldType::Text => self.text(field, reader),
        }
    }

    #[inline(always)]
    fn text<R: Reader>(&self, field: &'b BoundField, reader: &mut R) {
        // SAFETY: the field is a `const char *`.
        let text: *const c_char = unsafe { self.read(field.offset) };
        if text.is_null() {
            return reader.missing();
        }
        // SAFETY: `from_ptr` requires a NUL at the end, which the contract of `Record::new` demands of a text that isn't
        // NULL. The text is read before this value ends, while it stays as it is.
        match unsafe { CStr::from_ptr(text) }.to_str() {
            Ok(text) => reader.text(text),
            Err(_) => {
                self.invalid.set(self.invalid.get().or(Some(field)));
                reader.unfit();
            }
        }
    }
}

impl ReadValues for Record<'_> {
    const DEFERS: bool = true;

    // Always inline, as everything that takes a reader: then the reader stays in registers.
    #[inline(always)]
    fn read_values<R: Reader>(&self, reader: &mut R) {
        let Bound { bytes, .. } = self.bound;
        // SAFETY: the field is of one byte, which any bytes are a value of. `bind` left optional ones to `fields`.
        let read = |field: &BoundField| unsafe { self.read(field.offset) };
        reader.bytes(bytes.iter().map(read), &Bytes(bytes));
        self.bound.fields.iter().for_each(|field| self.value(field, reader));
    }
}
