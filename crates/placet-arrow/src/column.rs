//! Columns that give attributes.

use crate::cell::{self, Cell, Members};
use crate::error::{ColumnError, ValueError};
use crate::sets::SetClassifier;
use crate::value_classes::{NameNumbers, ValueClasses};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Fields, Schema};
use foldhash::fast::RandomState;
use placet::__private::Internals;
use placet::{Attribute, ErrorCode, Input, Policy, PreparedValue, Request, RequestError, Symbol, Untyped};
use placet_model::types::{Attribute as Declared, AttributeId, Members as MembersOf, Type};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// Indices and names, from the outermost.
pub(crate) type Path = Vec<(usize, String)>;

/// A column that is bound to its attribute.
#[derive(Debug)]
pub(crate) struct Column {
    /// The name; dotted for a field of structs.
    pub(crate) name: String,
    /// The index and name among the columns, then among the fields of each struct.
    path: Path,
    pub(crate) data_type: DataType,
    pub(crate) attribute: Arc<str>,
    pub(crate) id: AttributeId,
    pub(crate) kind: Type,
    /// The type as the policy declares it, for messages.
    declared: String,
    /// True if the attribute is optional: a null cell is then `none`.
    pub(crate) is_optional: bool,
    /// True if null stands for the group around the attribute, which is missing then.
    pub(crate) is_group: bool,
    /// The variables of its attribute alone.
    pub(crate) variables: Vec<u32>,
    /// The variables that relate its attribute to others.
    pub(crate) relations: Vec<u32>,
    /// The classes of these variables for null; `None` if null isn't allowed.
    pub(crate) null: Option<Vec<u32>>,
    /// The numbers of the names in the attribute's domain, if the column is read by names.
    pub(crate) name_numbers: Option<NameNumbers>,
    /// The classes of all values of its type, if there are few: truth values or bytes.
    pub(crate) every: OnceLock<Arc<ValueClasses>>,
    /// The classifier of its sets, if the column holds lists of names.
    pub(crate) sets: Option<SetClassifier>,
    setter: Setter,
    handle: Attribute<Untyped>,
}

/// The way to put a cell into a request.
#[derive(Debug)]
enum Setter {
    /// By the name of the attribute.
    Named,
    Text(Attribute<str>),
    Symbols(Attribute<[Symbol]>, HashMap<Box<str>, Symbol, RandomState>),
    Texts(Attribute<[&'static str]>),
    /// The default of the attribute, unless the struct around it is null.
    Default(PreparedValue),
}

/// A buffer for the members of sets, reused from row to row.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    symbols: Vec<Symbol>,
    texts: Vec<&'static str>,
}

impl Column {
    pub(crate) fn new(
        policy: &Policy,
        base: &Request,
        id: AttributeId,
        leaf: Leaf<'_>,
    ) -> Result<Self, ColumnError> {
        let Some(attribute) = policy.model().attribute(id) else {
            return Err(RequestError::unknown(policy.model(), &leaf.name).into());
        };
        check(&leaf.name, attribute, leaf.data_type)?;
        Self::bind(policy, base, id, leaf, None, false)
    }

    /// Creates a column of nulls for a group without fields: the attribute is missing in every row.
    pub(crate) fn missing(
        policy: &Policy,
        base: &Request,
        id: AttributeId,
        group: Leaf<'_>,
    ) -> Result<Self, ColumnError> {
        Self::bind(policy, base, id, group, None, true)
    }

    /// Creates a column for a struct without a field for an attribute below its name: the attribute has its default in rows
    /// where the struct isn't null.
    pub(crate) fn with_default(
        policy: &Policy,
        base: &Request,
        id: AttributeId,
        group: Leaf<'_>,
        default: PreparedValue,
    ) -> Result<Self, ColumnError> {
        Self::bind(policy, base, id, group, Some(default), true)
    }

    fn bind(
        policy: &Policy,
        base: &Request,
        id: AttributeId,
        leaf: Leaf<'_>,
        default: Option<PreparedValue>,
        is_group: bool,
    ) -> Result<Self, ColumnError> {
        let Leaf { name, path, data_type } = leaf;
        let program = policy.program();
        let Some(attribute) = program.model().attribute(id) else {
            return Err(RequestError::unknown(program.model(), &name).into());
        };
        let (declared, is_optional) = (attribute.declared_type().to_string(), attribute.is_optional());
        let (kind, attribute) = (attribute.kind.clone(), attribute.name.clone());
        let plan = program.data().plans.get(id.index());
        let own = plan.map(|plan| plan.variables.iter().copied().chain(plan.missing).chain(plan.none));
        let setter = match (default, &kind) {
            (Some(default), _) => Setter::Default(default),
            (None, Type::String) => Setter::Text(policy.attribute(&attribute)?),
            (None, Type::Set { of: MembersOf::Texts, .. }) => Setter::Texts(policy.attribute(&attribute)?),
            (None, Type::Set { of: MembersOf::Symbols(universe), .. }) => {
                let handle = policy.attribute(&attribute)?;
                let symbol = |name: &str| Ok((name.into(), policy.symbol::<[Symbol]>(handle, name)?));
                let names = universe.names().into_iter().map(symbol).collect::<Result<_, RequestError>>()?;
                Setter::Symbols(handle, names)
            }
            _ => Setter::Named,
        };
        let handle = policy.untyped_attribute(&attribute)?;
        let mut column = Self {
            name,
            path,
            data_type: data_type.clone(),
            attribute,
            id,
            kind,
            declared,
            is_optional,
            is_group,
            variables: own.map(Iterator::collect).unwrap_or_default(),
            relations: plan.map(|plan| plan.relations.to_vec()).unwrap_or_default(),
            null: None,
            name_numbers: None,
            every: OnceLock::new(),
            sets: None,
            setter,
            handle,
        };
        // The classes of null are read off a frame, so that null means the same here as in a request.
        let mut request = base.clone();
        if column.put_null(&mut request).is_ok() {
            let classes = policy.frame(&request)?.classes();
            let class = |variable: &u32| classes.get(*variable as usize).copied();
            column.null = Some(column.variables.iter().filter_map(class).collect());
        }
        column.name_numbers = NameNumbers::new(policy, base, &column);
        column.sets = SetClassifier::new(policy, &column);
        Ok(column)
    }

    /// Returns the column's array in a batch, and the nulls of the structs around it.
    pub(crate) fn find<'b>(
        &self,
        batch: &'b RecordBatch,
    ) -> Result<(&'b ArrayRef, Option<NullBuffer>), ColumnError> {
        let (mut nulls, mut found) = (None, None);
        let mut within = Some((batch.schema_ref().fields(), batch.columns()));
        for (at, name) in &self.path {
            let is_there = |fields: &Fields| fields.get(*at).is_some_and(|field| field.name() == name);
            found = within.filter(|(fields, _)| is_there(fields)).and_then(|(_, arrays)| arrays.get(*at));
            let outer = found.and_then(|array| array.as_struct_opt());
            // A value is null if a struct around it is null, whatever its own array says.
            nulls = NullBuffer::union(nulls.as_ref(), outer.and_then(|outer| outer.nulls()));
            within = outer.map(|outer| (outer.fields(), outer.columns()));
        }
        match found {
            Some(array) if *array.data_type() == self.data_type => Ok((array, nulls)),
            found => Err(ColumnError::Changed {
                column: self.name.clone(),
                expected: self.data_type.clone(),
                found: found.map(|array| array.data_type().clone()),
            }),
        }
    }

    /// Puts the cell of a row into a request. If the cell doesn't fit, the request is unchanged.
    ///
    /// Cost: that of `Request::put`. Allocates only if the cell doesn't fit.
    pub(crate) fn put(
        &self,
        request: &mut Request,
        scratch: &mut Scratch,
        array: &dyn Array,
        row: usize,
    ) -> Result<(), ErrorCode> {
        if let Setter::Default(default) = &self.setter {
            return request.put_prepared(default).map(drop).map_err(|error| error.code);
        }
        let put = match cell::read(array, row) {
            Cell::Null => return self.put_null(request),
            Cell::Bool(value) => request.set(&self.attribute, value),
            Cell::Int(value) => match (i64::try_from(value), &self.kind) {
                (Ok(value), _) => request.set(&self.attribute, value),
                // An integer beyond `i64` has a nearest number.
                (Err(_), Type::Number(..)) => request.set(&self.attribute, value as f64),
                (Err(_), _) => return Err(ErrorCode::OutsideDomain),
            },
            Cell::Number(value) => request.set(&self.attribute, value),
            Cell::Text(text) => match &self.setter {
                Setter::Text(handle) => request.put(*handle, text),
                _ => request.set(&self.attribute, text),
            },
            Cell::Members(members) => return self.put_members(request, scratch, members),
            Cell::Date(date) => request.set(&self.attribute, date),
            Cell::Time(time) => request.set(&self.attribute, time),
            Cell::Duration(duration) => request.set(&self.attribute, duration),
            Cell::Unfit => return Err(ErrorCode::OutsideDomain),
        };
        put.map(drop).map_err(|error| error.code)
    }

    /// Puts null into a request: `none` for an optional attribute, unless the null stands for its group.
    pub(crate) fn put_null(&self, request: &mut Request) -> Result<(), ErrorCode> {
        if self.is_group {
            return self.put_missing(request);
        }
        request.set(&self.attribute, Input::Null).map(drop).map_err(|error| error.code)
    }

    /// Makes the attribute missing in a request.
    pub(crate) fn put_missing(&self, request: &mut Request) -> Result<(), ErrorCode> {
        request.put_missing(self.handle).map(drop).map_err(|error| error.code)
    }

    fn put_members(
        &self,
        request: &mut Request,
        scratch: &mut Scratch,
        members: Members<'_>,
    ) -> Result<(), ErrorCode> {
        match &self.setter {
            Setter::Symbols(handle, names) => {
                scratch.symbols.clear();
                for text in members.texts() {
                    let text = text.ok_or(ErrorCode::WrongType)?;
                    scratch.symbols.push(*names.get(text).ok_or(ErrorCode::OutsideDomain)?);
                }
                request.put(*handle, &scratch.symbols).map(drop).map_err(|error| error.code)
            }
            Setter::Texts(handle) => {
                let mut texts = reborrow(std::mem::take(&mut scratch.texts));
                let mut are_texts = true;
                texts.extend(members.texts().map_while(|text| {
                    are_texts &= text.is_some();
                    text
                }));
                let put = match are_texts {
                    true => request.put(*handle, &texts).map(drop).map_err(|error| error.code),
                    false => Err(ErrorCode::WrongType),
                };
                scratch.texts = reborrow(texts);
                put
            }
            Setter::Named | Setter::Text(_) | Setter::Default(_) => Err(ErrorCode::WrongType),
        }
    }

    /// Creates the error of a value.
    pub(crate) fn fault(&self, code: ErrorCode, value: String, row: u64) -> ValueError {
        ValueError {
            row,
            column: self.name.clone(),
            attribute: self.attribute.to_string(),
            value,
            expected: self.declared.clone(),
            code,
        }
    }
}

/// Changes the lifetime of an empty vector's items and keeps its allocation: collecting in place reuses it.
fn reborrow<'a>(mut texts: Vec<&str>) -> Vec<&'a str> {
    texts.clear();
    texts.into_iter().map(|_| "").collect()
}

/// Returns the type of the values behind dictionaries and runs.
pub(crate) fn plain(mut data_type: &DataType) -> &DataType {
    loop {
        data_type = match data_type {
            DataType::Dictionary(_, values) => values,
            DataType::RunEndEncoded(_, values) => values.data_type(),
            other => return other,
        }
    }
}

pub(crate) fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Checks that the type of a column fits the type of an attribute.
fn check(column: &str, attribute: &Declared, data_type: &DataType) -> Result<(), ColumnError> {
    let (kind, plain) = (&attribute.kind, plain(data_type));
    let (fits, columns) = match kind {
        Type::Bool => (matches!(plain, DataType::Boolean), "booleans"),
        Type::Int(..) => {
            let whole = matches!(
                plain,
                DataType::Decimal32(_, ..=0)
                    | DataType::Decimal64(_, ..=0)
                    | DataType::Decimal128(_, ..=0)
                    | DataType::Decimal256(_, ..=0)
            );
            (plain.is_integer() || whole, "integers")
        }
        Type::Number(..) => (plain.is_numeric(), "floats, integers or decimals"),
        Type::String | Type::Symbol(_) => (is_text(plain), "texts"),
        Type::Set { .. } => (is_texts(plain), "lists of texts"),
        Type::Date => (matches!(plain, DataType::Date32 | DataType::Date64) || is_text(plain), "dates"),
        Type::Time => (
            matches!(plain, DataType::Timestamp(_, Some(_))) || is_text(plain),
            "timestamps with a time zone",
        ),
        Type::Duration => {
            let seconds = plain.is_integer() || plain.is_floating();
            (matches!(plain, DataType::Duration(_)) || seconds || is_text(plain), "durations")
        }
    };
    if fits || *plain == DataType::Null {
        return Ok(());
    }
    let found = match (kind, plain) {
        (Type::Time, DataType::Timestamp(_, None)) => {
            format!("{data_type}, without a time zone, so its instants are ambiguous")
        }
        (Type::Date, DataType::Timestamp(..)) => {
            format!("{data_type}, whose days depend on a time zone (cast it to a date)")
        }
        (Type::String | Type::Symbol(_), DataType::FixedSizeBinary(_)) => {
            format!("{data_type}, as of UUIDs (cast it to texts)")
        }
        _ => data_type.to_string(),
    };
    Err(ColumnError::Type {
        column: column.to_owned(),
        attribute: attribute.name.to_string(),
        found,
        expected: format!("{columns} for {}", attribute.declared_type()),
    })
}

fn is_texts(data_type: &DataType) -> bool {
    let members = match data_type {
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::ListView(field)
        | DataType::LargeListView(field)
        | DataType::FixedSizeList(field, _) => plain(field.data_type()),
        _ => return false,
    };
    is_text(members) || *members == DataType::Null
}

/// A column of a schema, or a field of a struct, without fields of its own.
#[derive(Debug, Clone)]
pub(crate) struct Leaf<'s> {
    pub(crate) name: String,
    pub(crate) path: Path,
    pub(crate) data_type: &'s DataType,
}

/// Returns the columns of a schema in its order, with structs replaced by their fields unless `is_whole` holds.
pub(crate) fn leaves<'s>(schema: &'s Schema, is_whole: &dyn Fn(&str) -> bool) -> Vec<Leaf<'s>> {
    let mut out = Vec::new();
    for (at, field) in schema.fields().iter().enumerate() {
        add(field.name().clone(), vec![(at, field.name().clone())], field.data_type(), is_whole, &mut out);
    }
    out
}

fn add<'s>(
    name: String,
    path: Path,
    data_type: &'s DataType,
    is_whole: &dyn Fn(&str) -> bool,
    out: &mut Vec<Leaf<'s>>,
) {
    match data_type {
        DataType::Struct(fields) if !is_whole(&name) => {
            for (at, field) in fields.iter().enumerate() {
                let path = path.iter().cloned().chain([(at, field.name().clone())]).collect();
                add(format!("{name}.{}", field.name()), path, field.data_type(), is_whole, out);
            }
        }
        _ => out.push(Leaf { name, path, data_type }),
    }
}
