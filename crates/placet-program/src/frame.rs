//! A request as the engines see it.

mod relations;
mod scalar_table;
mod sets;

use crate::plan::AttributePlan;
use crate::program::Program;
use crate::variable::{UNKNOWN, Variable, VariableKind};
use placet_model::BitSet;
use placet_model::request::{Assignment, AttributeInput, Request, RequestError, ValueError};
use placet_model::types::{AttributeId, Members, Presence, Type};
use placet_model::value::Value;
use scalar_table::{Form, ScalarEntry, ScalarTable};
use std::ops::Range;
use std::sync::Arc;

/// A request, every attribute already reduced to classes.
///
/// A frame belongs to one [`Program`]. It keeps its memory: set again, it allocates nothing, save where a text is
/// longer or a set of texts larger than any before.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    classes: Box<[u32]>,
    cells: Box<[Cell]>,
    /// One for each attribute, up to the last that has needed one: few do.
    buffers: Vec<Buffer>,
    slots: Arc<ScalarTable>,
    /// Room for the groups of a set.
    mask: Vec<u64>,
}

/// What is given for an attribute.
#[derive(Debug, Clone, Copy)]
struct Cell {
    state: State,
    /// The ordinal or symbol.
    scalar: i64,
}

/// What kind of thing is given for an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing; a default, where there is one, stands for it.
    Absent,
    /// That it is not known.
    Null,
    /// That it is not known yet.
    Pending,
    /// That it could not be had: missing, and given by nobody.
    Withheld,
    /// A value.
    Known,
    /// An inner node: its leaves stand in the buffer.
    Leaves,
}

/// A value that is no number.
#[derive(Debug, Clone, Default)]
struct Buffer {
    /// The members of a set of symbols, or the leaves of an inner node, 64 a word.
    words: Vec<u64>,
    text: String,
    /// Of the members of a set of texts the first `count`; the others are kept for their memory.
    texts: Vec<String>,
    count: usize,
}

impl Buffer {
    /// Takes over what stands in another, and keeps the memory.
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
    pub(crate) fn new(program: &Program) -> Self {
        let attributes = program.model().attributes.len();
        let mut frame = Self {
            classes: vec![UNKNOWN; program.variables().len()].into(),
            cells: vec![Cell { state: State::Absent, scalar: 0 }; attributes].into(),
            buffers: Vec::new(),
            slots: Arc::new(ScalarTable::new(
                program.model().attribute_ids().map(|(id, attribute)| (&attribute.kind, program.plan(id))),
            )),
            mask: Vec::new(),
        };
        for (id, attribute) in program.model().attribute_ids() {
            let missing = match &attribute.presence {
                Presence::Default(value) => {
                    // INVARIANT: a default fits its attribute.
                    let _ = frame.put(program, id, &AttributeInput::Value(value.clone()));
                    frame.set_state(id, State::Absent);
                    false
                }
                Presence::Optional | Presence::Required => true,
            };
            if let Some(plan) = program.plan(id) {
                frame.set_missing(plan, missing);
            }
        }
        frame
    }

    /// Forgets all that was given.
    pub fn clear(&mut self, program: &Program) {
        let empty = program.empty();
        for id in program.buffered_defaults() {
            // Whatever was said of it last, a value may have been said before.
            if self.state(id) != State::Absent
                && let Some(buffer) = self.buffers.get_mut(id.index())
                && let Some(default) = empty.buffers.get(id.index())
            {
                buffer.restore(default);
            }
        }
        self.classes.copy_from_slice(&empty.classes);
        self.cells.copy_from_slice(&empty.cells);
    }

    /// The class of each variable; [`UNKNOWN`] where it is not known.
    pub fn classes(&self) -> &[u32] {
        &self.classes
    }

    /// Whether the class of every variable is known.
    ///
    /// Cost: a look at each variable.
    pub fn is_complete(&self) -> bool {
        !self.classes.contains(&UNKNOWN)
    }

    /// Whether something is given for the attribute, be it null.
    pub fn is_given(&self, id: AttributeId) -> bool {
        !matches!(self.state(id), State::Absent | State::Pending | State::Withheld)
    }

    /// Whether null is given for the attribute: that it is not known.
    pub fn is_null(&self, id: AttributeId) -> bool {
        self.state(id) == State::Null
    }

    /// Whether the attribute is not known yet (see [`Frame::put_pending`]).
    pub fn is_pending(&self, id: AttributeId) -> bool {
        self.state(id) == State::Pending
    }

    /// Whether an inner node is given for the attribute of a variable.
    pub(crate) fn has_leaves(&self, variable: &Variable) -> bool {
        matches!(variable.source, VariableKind::Value(id) if self.state(id) == State::Leaves)
    }

    fn state(&self, id: AttributeId) -> State {
        // INVARIANT: here and below, a frame has a place for each attribute and each variable of its program.
        self.cells.get(id.index()).map_or(State::Absent, |cell| cell.state)
    }

    fn set_state(&mut self, id: AttributeId, state: State) {
        if let Some(cell) = self.cells.get_mut(id.index()) {
            cell.state = state;
        }
    }

    #[inline]
    fn set_class(&mut self, variable: u32, class: u32) {
        if let Some(slot) = self.classes.get_mut(variable as usize) {
            *slot = class;
        }
    }

    #[inline]
    fn set_missing(&mut self, plan: &AttributePlan, missing: bool) {
        if let Some(variable) = plan.missing {
            self.set_class(variable, u32::from(missing));
        }
    }

    /// After an attribute's classes have been set: that it is known, and what hangs on it.
    #[inline]
    fn known(&mut self, program: &Program, plan: &AttributePlan, id: AttributeId) {
        self.set_state(id, State::Known);
        self.set_missing(plan, false);
        self.relate(program, plan);
    }

    /// Gives the ordinal of an ordered attribute (see [`Type::ordinals`]).
    ///
    /// # Errors
    /// If the attribute is not ordered, or the ordinal not of its domain; the frame is as before.
    #[inline]
    pub fn put_ordinal(
        &mut self,
        program: &Program,
        id: AttributeId,
        ordinal: i64,
    ) -> Result<(), ValueError> {
        self.put_scalar(program, id, Form::Ordinal, ordinal)
    }

    /// Gives the number of a `bool`'s, an enum's or a taxonomy's value: false is 0 and true is 1.
    ///
    /// # Errors
    /// If the attribute has no symbols, or not this one; the frame is as before.
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
        let (slot, distance) = self.slots.find(id, form, scalar)?;
        let (read_off, ScalarEntry { variable, is_alone, .. }) = (self.slots.class(slot, distance), *slot);
        if let Some(cell) = self.cells.get_mut(id.index()) {
            *cell = Cell { state: State::Known, scalar };
        }
        match read_off {
            Some(class) => self.set_class(variable, class),
            None => self.search_class(program, id, variable, scalar),
        }
        if !is_alone {
            self.tell_others(program, id);
        }
        Ok(())
    }

    /// Sets the class of a scalar that can't be read off.
    fn search_class(&mut self, program: &Program, id: AttributeId, variable: u32, scalar: i64) {
        let class = program.plan(id).and_then(|plan| plan.classifier.scalar(scalar));
        self.set_class(variable, class.unwrap_or(UNKNOWN));
    }

    /// Sets what hangs on an attribute that is known, besides its own classes.
    fn tell_others(&mut self, program: &Program, id: AttributeId) {
        if let Some(plan) = program.plan(id) {
            self.set_missing(plan, false);
            self.relate(program, plan);
        }
    }

    /// Gives a string's text.
    ///
    /// # Errors
    /// If the attribute is no string.
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

    /// Gives that a taxonomy's attribute is one of these leaves, not which.
    ///
    /// # Errors
    /// If the attribute is no taxonomy's or enum's, or there is no leaf; the frame is as before.
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

    /// Gives that a taxonomy's attribute is one of the leaves of an inner node, which are neighbours, not which.
    ///
    /// # Errors
    /// If the attribute is no taxonomy's or enum's, or these are not leaves of it; the frame is as before.
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
            // Leaves that the policy does not tell apart say all that it asks.
            let class = if all.all(|class| class == first) { first } else { UNKNOWN };
            self.set_class(*variable, class);
        }
        self.set_state(id, State::Leaves);
        self.set_missing(plan, false);
        self.relate(program, plan);
    }

    /// Gives that an attribute is not known, whatever its default.
    pub fn put_null(&mut self, program: &Program, id: AttributeId) {
        let Some(plan) = program.plan(id) else { return };
        let is_open = self.state(id) == State::Absent && !program.has_default(id);
        self.set_state(id, State::Null);
        // Of what nothing was said and nothing is assumed, all is open and missing already.
        if is_open {
            return;
        }
        for variable in &plan.variables {
            self.set_class(*variable, UNKNOWN);
        }
        self.set_missing(plan, true);
        self.relate(program, plan);
    }

    /// Gives that an attribute is not known yet: whether it stays missing is as open as its value, so that what is decided
    /// then holds whatever becomes of it.
    pub fn put_pending(&mut self, program: &Program, id: AttributeId) {
        self.put_null(program, id);
        self.set_state(id, State::Pending);
        if let Some(variable) = program.plan(id).and_then(|plan| plan.missing) {
            self.set_class(variable, UNKNOWN);
        }
    }

    /// Says that an attribute that was not known yet could not be had: it is missing, whatever its default.
    pub fn put_withheld(&mut self, program: &Program, id: AttributeId) {
        self.put_null(program, id);
        self.set_state(id, State::Withheld);
    }

    /// Gives what a request says of an attribute.
    ///
    /// # Errors
    /// If it does not fit; the frame is as before.
    pub fn put(
        &mut self,
        program: &Program,
        id: AttributeId,
        given: &AttributeInput,
    ) -> Result<(), ValueError> {
        // What `misfit` refuses, the setters must not see: an int is no date, though both have ordinals.
        if let AttributeInput::Value(value) = given {
            match program.kind(id).map(|kind| placet_model::request::check_value(kind, value)) {
                Some(None) => {}
                Some(Some(misfit)) => return Err(misfit),
                None => return Err(ValueError::WrongType),
            }
        }
        self.put_again(program, id, given)
    }

    /// Gives what [`Frame::given`] told of a frame of this program.
    ///
    /// # Errors
    /// If it does not fit; the frame is as before. What was told of another attribute may be taken though it does not.
    pub fn put_again(
        &mut self,
        program: &Program,
        id: AttributeId,
        given: &AttributeInput,
    ) -> Result<(), ValueError> {
        let value = match given {
            AttributeInput::Null => {
                self.put_null(program, id);
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

    /// What is given for an attribute.
    pub fn given(&self, program: &Program, id: AttributeId) -> Option<AttributeInput> {
        match self.state(id) {
            State::Absent => None,
            State::Null | State::Withheld => Some(AttributeInput::Null),
            State::Pending => Some(AttributeInput::Pending),
            State::Leaves => {
                let Some(Type::Symbol(universe)) = program.kind(id) else { return None };
                Some(AttributeInput::OneOf(BitSet::from_iter(universe.len(), symbols(self.words(id)))))
            }
            State::Known => self.value(program, id).map(AttributeInput::Value),
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

    /// Where a value of the attribute stands that is no number; there always is one.
    #[inline]
    fn buffer(&mut self, id: AttributeId) -> Option<&mut Buffer> {
        if self.buffers.len() <= id.index() {
            self.buffers.resize_with(id.index() + 1, Buffer::default);
        }
        self.buffers.get_mut(id.index())
    }

    fn words(&self, id: AttributeId) -> &[u64] {
        self.buffers.get(id.index()).map_or(&[], |buffer| &buffer.words)
    }

    fn texts(&self, id: AttributeId) -> &[String] {
        self.buffers.get(id.index()).map_or(&[], Buffer::texts)
    }

    /// The request in the words of the model.
    pub fn request(&self, program: &Program) -> Request {
        let mut request = Request::new();
        for (id, _) in program.model().attribute_ids() {
            if let Some(given) = self.given(program, id) {
                request.put_checked(id, given);
            }
        }
        request
    }

    /// What is known of each attribute.
    ///
    /// # Errors
    /// If a `required` attribute is missing.
    pub fn facts(&self, program: &Program) -> Result<Assignment, RequestError> {
        Assignment::new(program.model(), &self.request(program))
    }

    pub(crate) fn is_known(&self, program: &Program, id: AttributeId) -> bool {
        match self.state(id) {
            State::Known => true,
            State::Null | State::Pending | State::Withheld | State::Leaves => false,
            State::Absent => program.has_default(id),
        }
    }

    /// The ordinal or symbol of an attribute that is known.
    pub(crate) fn scalar(&self, id: AttributeId) -> i64 {
        self.cells.get(id.index()).map_or(0, |cell| cell.scalar)
    }
}

/// The numbers whose bits are set.
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
