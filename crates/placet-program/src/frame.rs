//! The request format of the evaluators: attribute values, already reduced to classes.

mod relations;
mod scalar_table;
mod sets;

use crate::masks::{Masks, Remaining};
use crate::plan::AttributePlan;
use crate::program::Program;
use crate::variable::{UNKNOWN, Variable, VariableKind};
use placet_model::BitSet;
use placet_model::request::{Assignment, AttributeInput, Request, RequestError, ValueError};
use placet_model::types::{AttributeId, Members, Presence, Type};
use placet_model::value::Value;
use scalar_table::{Form, ScalarTable};
use std::ops::Range;
use std::sync::Arc;

/// A request whose attributes are already reduced to classes.
///
/// A frame belongs to one [`Program`]. It reuses its buffers: setting it again allocates only if a text is longer, or a
/// set of texts larger, than any before.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    classes: Box<[u32]>,
    /// The cubes that the classes leave, if the program has masks.
    remaining: Remaining,
    cells: Box<[Cell]>,
    /// One buffer per attribute, up to the last attribute that needed one. Most programs need few.
    buffers: Vec<Buffer>,
    tables: Arc<Tables>,
    /// Scratch space for the groups of a set.
    mask: Vec<u64>,
}

/// The tables that setters look up, shared by all frames of a program.
#[derive(Debug, Default)]
struct Tables {
    scalars: ScalarTable,
    masks: Option<Masks>,
}

/// The state and scalar value of one attribute.
#[derive(Debug, Clone, Copy)]
struct Cell {
    state: State,
    /// The ordinal or the symbol's number.
    scalar: i64,
}

/// The state of an attribute in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No value was set. The default applies, if the attribute has one.
    Absent,
    /// The attribute is null: explicitly unknown.
    Null,
    /// The attribute is unknown for the time being; a value may follow.
    Pending,
    /// The attribute is missing for good: no value could be fetched.
    Withheld,
    /// A value was set.
    Known,
    /// The value `none` of an optional attribute was set. The scalar or the buffer hold some value of its type.
    None,
    /// An inner node of a taxonomy was set; the buffer holds its leaves.
    Leaves,
}

/// A value that doesn't fit in a number.
#[derive(Debug, Clone, Default)]
struct Buffer {
    /// The members of a set of symbols, or the leaves of an inner node, 64 per word.
    words: Vec<u64>,
    text: String,
    /// The texts of a set. Only the first `count` are valid; the rest keep their allocations for reuse.
    texts: Vec<String>,
    count: usize,
}

impl Buffer {
    /// Copies another buffer's contents into this one and keeps this one's allocations.
    fn restore(&mut self, other: &Self) {
        self.words.clone_from(&other.words);
        self.text.clone_from(&other.text);
        self.put_texts(other.texts().iter().map(String::as_str));
    }

    fn texts(&self) -> &[String] {
        self.texts.get(..self.count).unwrap_or_default()
    }

    fn put_texts<'t>(&mut self, texts: impl Iterator<Item = &'t str>) {
        self.count = 0;
        for text in texts {
            match self.texts.get_mut(self.count) {
                Some(slot) => {
                    slot.clear();
                    slot.push_str(text);
                }
                None => self.texts.push(text.to_owned()),
            }
            self.count += 1;
        }
    }
}

impl Frame {
    /// Creates the empty frame of a program.
    pub(crate) fn new(program: &Program, masks: Option<Masks>) -> Self {
        let attributes = program.model().attributes.len();
        let mut frame = Self {
            classes: vec![UNKNOWN; program.variables().len()].into(),
            remaining: Remaining::default(),
            cells: vec![Cell { state: State::Absent, scalar: 0 }; attributes].into(),
            buffers: Vec::new(),
            tables: Arc::new(Tables {
                scalars: ScalarTable::new(
                    program
                        .model()
                        .attribute_ids()
                        .map(|(id, attribute)| (&attribute.kind, program.plan(id))),
                ),
                masks: None,
            }),
            mask: Vec::new(),
        };
        for (id, attribute) in program.model().declared() {
            let missing = match &attribute.presence {
                Presence::Default(value) => {
                    // INVARIANT: a default fits its attribute.
                    let _ = frame.put(program, id, &AttributeInput::Value(value.clone()));
                    // The default's classes stay, but the attribute doesn't count as given.
                    frame.set_state(id, State::Absent);
                    false
                }
                Presence::Optional | Presence::Required => true,
            };
            if let Some(plan) = program.plan(id) {
                frame.set_missing(plan, missing);
            }
        }
        if let Some(mut masks) = masks
            && let Some(tables) = Arc::get_mut(&mut frame.tables)
        {
            frame.remaining = masks.begin_with(&frame.classes);
            tables.scalars.add_masks(&masks);
            tables.masks = Some(masks);
        }
        frame
    }

    /// Removes all values and restores the defaults.
    pub fn clear(&mut self, program: &Program) {
        let empty = program.empty();
        for id in program.buffered_defaults() {
            // Restore after every state but absent: null or pending leaves the contents of an earlier value in the
            // buffer.
            if self.state(id) != State::Absent
                && let Some(buffer) = self.buffers.get_mut(id.index())
                && let Some(default) = empty.buffers.get(id.index())
            {
                buffer.restore(default);
            }
        }
        self.classes.copy_from_slice(&empty.classes);
        self.remaining = empty.remaining;
        self.cells.copy_from_slice(&empty.cells);
    }

    /// Returns the class of each variable; [`UNKNOWN`] if it is not known.
    #[inline]
    pub fn classes(&self) -> &[u32] {
        &self.classes
    }

    /// Returns the masks of the program, and the cubes that this frame's classes leave.
    #[inline]
    pub(crate) fn masks(&self) -> Option<(&Masks, &Remaining)> {
        self.tables.masks.as_ref().map(|masks| (masks, &self.remaining))
    }

    /// Returns true if the class of every variable is known.
    ///
    /// Cost: linear in the number of variables.
    pub fn is_complete(&self) -> bool {
        !self.classes.contains(&UNKNOWN)
    }

    /// Returns true if the attribute was set, even if to null.
    #[inline]
    pub fn is_given(&self, id: AttributeId) -> bool {
        !matches!(self.state(id), State::Absent | State::Pending | State::Withheld)
    }

    /// Returns true if the attribute was set to null, and is therefore unknown.
    pub fn is_null(&self, id: AttributeId) -> bool {
        self.state(id) == State::Null
    }

    /// Returns true if the attribute is pending (see [`Frame::put_pending`]).
    pub fn is_pending(&self, id: AttributeId) -> bool {
        self.state(id) == State::Pending
    }

    /// Returns true if the attribute of a variable was set to an inner node.
    pub(crate) fn has_leaves(&self, variable: &Variable) -> bool {
        matches!(variable.source, VariableKind::Value(id) if self.state(id) == State::Leaves)
    }

    /// Returns the state of an attribute.
    #[inline]
    pub fn state(&self, id: AttributeId) -> State {
        // INVARIANT: here and below, a frame has an entry for each attribute and each variable of its program.
        self.cells.get(id.index()).map_or(State::Absent, |cell| cell.state)
    }

    fn set_state(&mut self, id: AttributeId, state: State) {
        if let Some(cell) = self.cells.get_mut(id.index()) {
            cell.state = state;
        }
    }

    #[inline]
    fn set_class(&mut self, variable: u32, class: u32) {
        let Some(slot) = self.classes.get_mut(variable as usize) else { return };
        let before = std::mem::replace(slot, class);
        if let Some(masks) = &self.tables.masks {
            masks.put(&mut self.remaining, &self.classes, variable, (before, class));
        }
    }

    #[inline]
    fn set_missing(&mut self, plan: &AttributePlan, missing: bool) {
        if let Some(variable) = plan.missing {
            self.set_class(variable, u32::from(missing));
        }
    }

    /// Sets the companion of an optional attribute.
    #[inline]
    fn set_none(&mut self, plan: &AttributePlan, is_none: bool) {
        if let Some(variable) = plan.none {
            self.set_class(variable, u32::from(is_none));
        }
    }

    /// Completes a setter after it wrote the attribute's classes: sets the state and the variables that depend on it.
    #[inline]
    fn known(&mut self, program: &Program, plan: &AttributePlan, id: AttributeId) {
        self.set_state(id, State::Known);
        self.set_missing(plan, false);
        self.set_none(plan, false);
        self.relate(program, plan);
    }

    /// Sets an ordered attribute by its ordinal (see [`Type::ordinals`]).
    ///
    /// # Errors
    /// Returns an error if the attribute is not ordered or the ordinal is outside its domain. The frame is then
    /// unchanged.
    #[inline]
    pub fn put_ordinal(
        &mut self,
        program: &Program,
        id: AttributeId,
        ordinal: i64,
    ) -> Result<(), ValueError> {
        self.put_scalar(program, id, Form::Ordinal, ordinal)
    }

    /// Sets a `bool`, an enum or a taxonomy attribute by the number of its symbol: false is 0 and true is 1.
    ///
    /// # Errors
    /// Returns an error if the attribute has no symbols or not this one. The frame is then unchanged.
    #[inline]
    pub fn put_symbol(&mut self, program: &Program, id: AttributeId, symbol: u32) -> Result<(), ValueError> {
        self.put_scalar(program, id, Form::Symbol, symbol.into())
    }

    #[inline]
    fn put_scalar(
        &mut self,
        program: &Program,
        id: AttributeId,
        form: Form,
        scalar: i64,
    ) -> Result<(), ValueError> {
        // Apart, so that the frequent way is small enough to be inlined.
        if self.put_direct(id, form, scalar) {
            Ok(())
        } else {
            self.classify_scalar(program, id, form, scalar)
        }
    }

    /// Sets a scalar that changes one tabulated class and nothing else. Returns false, and changes nothing, if it may
    /// change more, or doesn't fit.
    #[inline]
    fn put_direct(&mut self, id: AttributeId, form: Form, scalar: i64) -> bool {
        let Some((slot, value)) = self.tables.scalars.direct(id, form, scalar) else { return false };
        let class = self.classes.get_mut(slot.variable as usize);
        let (Some(cell), Some(class)) = (self.cells.get_mut(id.index()), class) else { return false };
        *cell = Cell { state: State::Known, scalar };
        let before = std::mem::replace(class, value.class);
        if !self.remaining.put_first(slot.bit, value.mask) && before != value.class {
            self.put_again();
        }
        true
    }

    /// Intersects the masks anew after the class of a variable changed.
    #[cold]
    fn put_again(&mut self) {
        if let Some(masks) = &self.tables.masks {
            masks.put_again(&mut self.remaining, &self.classes);
        }
    }

    /// Sets the classes of a scalar, and the variables that depend on the attribute.
    #[inline(never)]
    fn classify_scalar(
        &mut self,
        program: &Program,
        id: AttributeId,
        form: Form,
        scalar: i64,
    ) -> Result<(), ValueError> {
        let (slot, distance) = self.tables.scalars.find(id, form, scalar)?;
        let (read_off, variable) = (self.tables.scalars.class(slot, distance), slot.variable);
        if let Some(cell) = self.cells.get_mut(id.index()) {
            *cell = Cell { state: State::Known, scalar };
        }
        let search = || program.plan(id).and_then(|plan| plan.classifier.scalar(scalar));
        self.set_class(variable, read_off.or_else(search).unwrap_or(UNKNOWN));
        self.tell_others(program, id);
        Ok(())
    }

    /// Updates the variables, other than its own classes, that depend on a known attribute.
    fn tell_others(&mut self, program: &Program, id: AttributeId) {
        if let Some(plan) = program.plan(id) {
            self.set_missing(plan, false);
            self.set_none(plan, false);
            self.relate(program, plan);
        }
    }

    /// Sets a string attribute.
    ///
    /// # Errors
    /// Returns an error if the attribute is not a string.
    pub fn put_text(&mut self, program: &Program, id: AttributeId, text: &str) -> Result<(), ValueError> {
        let (Some(Type::String), Some(plan)) = (program.kind(id), program.plan(id)) else {
            return Err(ValueError::WrongType);
        };
        if let Some(buffer) = self.buffer(id) {
            buffer.text.clear();
            buffer.text.push_str(text);
        }
        for (index, variable) in plan.variables.iter().enumerate() {
            if let Some(class) = plan.classifier.text(index, text) {
                self.set_class(*variable, class);
            }
        }
        self.known(program, plan, id);
        Ok(())
    }

    /// Restricts a taxonomy attribute to the given leaves. Which of them it is stays unknown.
    ///
    /// # Errors
    /// Returns an error if the attribute is neither a taxonomy nor an enum, or if `leaves` is empty or has another
    /// universe. The frame is then unchanged.
    pub fn put_leaves(
        &mut self,
        program: &Program,
        id: AttributeId,
        leaves: &BitSet,
    ) -> Result<(), ValueError> {
        match program.kind(id) {
            Some(Type::Symbol(universe)) if leaves.bound() == universe.len() && !leaves.is_empty() => {}
            _ => return Err(ValueError::WrongType),
        }
        self.leaves(program, id, leaves.iter());
        Ok(())
    }

    /// Restricts a taxonomy attribute to the leaves of an inner node, which are a contiguous range. Which of them it is
    /// stays unknown.
    ///
    /// # Errors
    /// Returns an error if the attribute is neither a taxonomy nor an enum, or if the range is empty or exceeds the
    /// universe. The frame is then unchanged.
    pub fn put_leaf_range(
        &mut self,
        program: &Program,
        id: AttributeId,
        leaves: Range<u32>,
    ) -> Result<(), ValueError> {
        match program.kind(id) {
            Some(Type::Symbol(universe)) if leaves.end <= universe.len() && !leaves.is_empty() => {}
            Some(Type::Symbol(_)) => return Err(ValueError::OutsideDomain),
            _ => return Err(ValueError::WrongType),
        }
        self.leaves(program, id, leaves);
        Ok(())
    }

    fn leaves(&mut self, program: &Program, id: AttributeId, leaves: impl Iterator<Item = u32> + Clone) {
        if let Some(buffer) = self.buffer(id) {
            buffer.words.clear();
            for leaf in leaves.clone() {
                let place = leaf as usize / 64;
                // Grown only as far as needed: readers take words beyond the end as 0.
                if buffer.words.len() <= place {
                    buffer.words.resize(place + 1, 0);
                }
                if let Some(word) = buffer.words.get_mut(place) {
                    *word |= 1 << (leaf % 64);
                }
            }
        }
        let Some(plan) = program.plan(id) else { return };
        if let [variable] = &*plan.variables {
            let mut all = leaves.filter_map(|leaf| plan.classifier.scalar(leaf.into()));
            let first = all.next().unwrap_or(UNKNOWN);
            // If the policy doesn't distinguish these leaves, their common class answers every condition.
            let class = if all.all(|class| class == first) { first } else { UNKNOWN };
            self.set_class(*variable, class);
        }
        self.set_state(id, State::Leaves);
        self.set_missing(plan, false);
        self.set_none(plan, false);
        self.relate(program, plan);
    }

    /// Sets an optional attribute to `none`.
    ///
    /// # Errors
    /// Returns an error if the attribute isn't optional. The frame is then unchanged.
    pub fn put_none(&mut self, program: &Program, id: AttributeId) -> Result<(), ValueError> {
        let attribute = program.model().attribute(id).filter(|attribute| attribute.is_optional());
        let attribute = attribute.ok_or(ValueError::WrongType)?;
        // Any value would do: no condition reads it. But it keeps the frame complete.
        match (&attribute.kind, attribute.kind.ordinals()) {
            (Type::String, _) => self.put_text(program, id, "")?,
            (_, Some((low, _))) => self.put_ordinal(program, id, low)?,
            (_, None) => self.put_symbol(program, id, 0)?,
        }
        self.set_state(id, State::None);
        if let Some(plan) = program.plan(id) {
            self.set_none(plan, true);
        }
        Ok(())
    }

    /// Sets an attribute to null: an optional one to `none`. Any other becomes unknown, even if it has a default.
    pub fn put_null(&mut self, program: &Program, id: AttributeId) {
        if self.put_none(program, id).is_err() {
            self.put_unknown(program, id, State::Null);
        }
    }

    /// Makes an attribute missing, even if it has a default.
    pub fn put_missing(&mut self, program: &Program, id: AttributeId) {
        self.put_unknown(program, id, State::Null);
    }

    /// Makes an attribute unknown and missing.
    fn put_unknown(&mut self, program: &Program, id: AttributeId, state: State) {
        let Some(plan) = program.plan(id) else { return };
        let is_open = self.state(id) == State::Absent && !program.has_default(id);
        self.set_state(id, state);
        // An attribute that was never set and has no default is unknown and missing already.
        if is_open {
            return;
        }
        for variable in &plan.variables {
            self.set_class(*variable, UNKNOWN);
        }
        if let Some(variable) = plan.none {
            self.set_class(variable, UNKNOWN);
        }
        self.set_missing(plan, true);
        self.relate(program, plan);
    }

    /// Sets an attribute to pending: its value is unknown, and so is whether it stays missing. A decision reached in
    /// this state holds whatever the attribute turns out to be.
    pub fn put_pending(&mut self, program: &Program, id: AttributeId) {
        self.put_unknown(program, id, State::Pending);
        if let Some(variable) = program.plan(id).and_then(|plan| plan.missing) {
            self.set_class(variable, UNKNOWN);
        }
    }

    /// Marks a pending attribute as unavailable: it is missing, even if it has a default.
    pub fn put_withheld(&mut self, program: &Program, id: AttributeId) {
        self.put_unknown(program, id, State::Withheld);
    }

    /// Sets an attribute from an input. Null means the same as in [`Frame::put_null`].
    ///
    /// # Errors
    /// Returns an error if the input does not fit the attribute. The frame is then unchanged.
    pub fn put(
        &mut self,
        program: &Program,
        id: AttributeId,
        given: &AttributeInput,
    ) -> Result<(), ValueError> {
        match given {
            AttributeInput::Null => {
                self.put_null(program, id);
                Ok(())
            }
            given => self.put_of_request(program, id, given),
        }
    }

    /// Like [`Frame::put`], from a [`Request`], in which null has become `none` already if it means that.
    pub(crate) fn put_of_request(
        &mut self,
        program: &Program,
        id: AttributeId,
        given: &AttributeInput,
    ) -> Result<(), ValueError> {
        // The setters check only the representation, so the value is checked first: an int is not a date, though both
        // have ordinals.
        if let AttributeInput::Value(value) = given {
            match program.model().attribute(id).map(|attribute| attribute.check_value(value)) {
                Some(None) => {}
                Some(Some(error)) => return Err(error),
                None => return Err(ValueError::WrongType),
            }
        }
        self.put_unchecked(program, id, given)
    }

    /// Sets an attribute from the result of [`Frame::given`] for the same attribute in a frame of this program. Null
    /// makes it unknown, even if it is optional. This skips checks of [`Frame::put`]: the input of another attribute may
    /// be accepted even if it does not fit.
    ///
    /// # Errors
    /// Returns an error if the input has the wrong type or is outside the domain. The frame is then unchanged.
    pub fn put_unchecked(
        &mut self,
        program: &Program,
        id: AttributeId,
        given: &AttributeInput,
    ) -> Result<(), ValueError> {
        let value = match given {
            AttributeInput::Null => {
                self.put_unknown(program, id, State::Null);
                return Ok(());
            }
            AttributeInput::Pending => {
                self.put_pending(program, id);
                return Ok(());
            }
            AttributeInput::OneOf(leaves) => return self.put_leaves(program, id, leaves),
            AttributeInput::Value(value) => value,
        };
        match value {
            Value::None => self.put_none(program, id),
            Value::Symbols(set) => self.put_symbols(program, id, set.words()),
            Value::Texts(texts) => self.put_texts(program, id, texts.iter().map(|text| &**text)),
            Value::String(text) => self.put_text(program, id, text),
            value => match (value.ordinal(), value.symbol()) {
                (Some(ordinal), _) => self.put_ordinal(program, id, ordinal),
                (None, Some(symbol)) => self.put_symbol(program, id, symbol),
                (None, None) => Err(ValueError::WrongType),
            },
        }
    }

    /// Returns the input of an attribute; `None` if it was not set.
    pub fn given(&self, program: &Program, id: AttributeId) -> Option<AttributeInput> {
        match self.state(id) {
            State::Absent => None,
            // To the model, an attribute that can't be fetched is null: its default must not apply.
            State::Null | State::Withheld => Some(AttributeInput::Null),
            State::Pending => Some(AttributeInput::Pending),
            State::Leaves => {
                let Some(Type::Symbol(universe)) = program.kind(id) else { return None };
                Some(AttributeInput::OneOf(BitSet::from_iter(universe.len(), symbols(self.words(id)))))
            }
            State::Known => self.value(program, id).map(AttributeInput::Value),
            State::None => Some(AttributeInput::Value(Value::None)),
        }
    }

    fn value(&self, program: &Program, id: AttributeId) -> Option<Value> {
        let scalar = self.cells.get(id.index())?.scalar;
        Some(match program.kind(id)? {
            Type::Bool => Value::Bool(scalar == 1),
            Type::Symbol(_) => Value::Symbol(u32::try_from(scalar).ok()?),
            Type::String => Value::String(self.buffers.get(id.index())?.text.as_str().into()),
            Type::Set { of: Members::Symbols(universe), .. } => {
                Value::Symbols(BitSet::from_iter(universe.len(), symbols(self.words(id))))
            }
            Type::Set { of: Members::Texts, .. } => {
                Value::Texts(self.texts(id).iter().map(|text| Arc::from(text.as_str())).collect())
            }
            ordered => Value::from_ordinal(ordered, scalar)?,
        })
    }

    /// Returns the buffer for an attribute's non-numeric value, and creates it if necessary.
    #[inline]
    fn buffer(&mut self, id: AttributeId) -> Option<&mut Buffer> {
        if self.buffers.len() <= id.index() {
            self.buffers.resize_with(id.index() + 1, Buffer::default);
        }
        self.buffers.get_mut(id.index())
    }

    /// Returns the leaves of the inner node to which an attribute was set. Meaningful in the state [`State::Leaves`] only.
    pub fn leaves_of(&self, id: AttributeId) -> impl Iterator<Item = u32> + '_ {
        symbols(self.words(id))
    }

    fn words(&self, id: AttributeId) -> &[u64] {
        self.buffers.get(id.index()).map_or(&[], |buffer| &buffer.words)
    }

    fn texts(&self, id: AttributeId) -> &[String] {
        self.buffers.get(id.index()).map_or(&[], Buffer::texts)
    }

    /// Converts the frame to a request of the model.
    pub fn request(&self, program: &Program) -> Request {
        let mut request = Request::new();
        for (id, _) in program.model().declared() {
            if let Some(given) = self.given(program, id) {
                request.put_checked(id, given);
            }
        }
        request
    }

    /// Returns the known values of all attributes.
    ///
    /// # Errors
    /// Returns an error if a `required` attribute is missing.
    pub fn facts(&self, program: &Program) -> Result<Assignment, RequestError> {
        Assignment::new(program.model(), &self.request(program))
    }

    pub(crate) fn is_known(&self, program: &Program, id: AttributeId) -> bool {
        match self.state(id) {
            State::Known | State::None => true,
            State::Null | State::Pending | State::Withheld | State::Leaves => false,
            State::Absent => program.has_default(id),
        }
    }

    /// Returns the ordinal or symbol of a known attribute.
    pub(crate) fn scalar(&self, id: AttributeId) -> i64 {
        self.cells.get(id.index()).map_or(0, |cell| cell.scalar)
    }
}

/// Iterates over the numbers of the set bits.
fn symbols(words: &[u64]) -> impl Iterator<Item = u32> + '_ {
    (0_u32..).step_by(64).zip(words).flat_map(|(base, word)| {
        let mut left = *word;
        std::iter::from_fn(move || {
            let bit = left.trailing_zeros();
            (left != 0).then(|| {
                left &= left - 1;
                base + bit
            })
        })
    })
}

fn has(words: &[u64], symbol: u32) -> bool {
    words.get(symbol as usize / 64).is_some_and(|word| word >> (symbol % 64) & 1 == 1)
}
