//! Decisions and their reasons: `placet_decision`.
//!
//! C needs texts that end with a NUL. A decision copies all of its texts into one buffer, instead of allocating each.

use crate::boundary::{Out, call, given, quietly};
use crate::buffer::Buffer;
use crate::error::Error;
use crate::status::{Effect, Status};
use std::ffi::c_char;
use std::sync::Arc;

/// A decision with its reasons.
#[derive(Debug)]
pub struct Decision {
    decision: placet::Decision,
    /// All texts, each followed by a NUL: those of the lists, then of the certain rules, then of the obligations.
    texts: Vec<u8>,
    lists: [Vec<Text>; 6],
    obligations: Vec<ObligationTexts>,
}

/// The range of a text in `Decision::texts`, without its NUL.
#[derive(Debug, Clone, Copy)]
struct Text {
    start: usize,
    length: usize,
}

/// The texts of an obligation.
#[derive(Debug)]
struct ObligationTexts {
    name: Text,
    text: Option<Text>,
}

/// An obligation: `placet_obligation`.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Obligation {
    /// The name of the obligation.
    pub name: *const c_char,
    /// The task, for people, or NULL.
    pub text: *const c_char,
    /// The deadline, in seconds from the decision; 0 if there is none.
    pub within_seconds: i64,
    /// True if there is a deadline.
    pub has_deadline: bool,
    /// True if it is due in every completion.
    pub is_certain: bool,
}

/// A list of a decision: `placet_part`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Part {
    /// The determining rules.
    Rules = 0,
    /// The clauses that they cite.
    Cites = 1,
    /// Their legal bases.
    Basis = 2,
    /// The rules that depend on missing attributes.
    Undecided = 3,
    /// The missing attributes that the effect can depend on.
    Missing = 4,
    /// The determining rules that fire in every completion.
    Certain = 5,
}

impl Decision {
    pub(crate) fn new(decision: placet::Decision) -> Box<Self> {
        let mut texts = Vec::new();
        let mut add = |text: &Arc<str>| {
            let start = texts.len();
            texts.extend_from_slice(text.as_bytes());
            texts.push(0);
            Text { start, length: text.len() }
        };
        let placet::Decision { rules, cites, basis, undecided, missing, .. } = &decision;
        let lists = [rules, cites, basis, undecided, missing];
        let [rules, cites, basis, undecided, missing] = lists.map(|list| list.iter().map(&mut add).collect());
        let certain = decision.certain().map(&mut add).collect();
        // In the order of `Part`, whose numbers index the lists.
        let lists = [rules, cites, basis, undecided, missing, certain];
        let due = |due: &placet::DueObligation| ObligationTexts {
            name: add(&due.name),
            text: due.text.as_ref().map(&mut add),
        };
        let obligations = decision.obligations.iter().map(due).collect();
        Box::new(Self { texts, lists, obligations, decision })
    }

    fn list(&self, part: i32) -> Option<&[Text]> {
        self.lists.get(usize::try_from(part).ok()?).map(Vec::as_slice)
    }

    fn pointer(&self, text: Text) -> *const c_char {
        self.texts.get(text.start..).map_or(std::ptr::null(), |text| text.as_ptr().cast())
    }
}

/// Returns the effect; indeterminate for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn placet_decision_effect(decision: Option<&Decision>) -> Effect {
    decision.map_or(Effect::Indeterminate, |decision| decision.decision.effect.into())
}

/// Returns true if a search ended at a limit.
#[unsafe(no_mangle)]
pub extern "C" fn placet_decision_is_approximate(decision: Option<&Decision>) -> bool {
    decision.is_some_and(|decision| decision.decision.approximate)
}

/// Returns the number of entries of a list; 0 for NULL, and for an unknown list.
#[unsafe(no_mangle)]
pub extern "C" fn placet_decision_count(decision: Option<&Decision>, part: i32) -> usize {
    decision.and_then(|decision| decision.list(part)).map_or(0, <[_]>::len)
}

/// Returns an entry of a list and writes its length; NULL and 0 if there is no such entry.
#[unsafe(no_mangle)]
pub extern "C" fn placet_decision_entry(
    decision: Option<&Decision>,
    part: i32,
    index: usize,
    length: Out<'_, usize>,
) -> *const c_char {
    let found = decision.and_then(|decision| {
        let text = *decision.list(part)?.get(index)?;
        Some((decision.pointer(text), text.length))
    });
    let (pointer, count) = found.unwrap_or((std::ptr::null(), 0));
    if let Some(length) = length {
        length.write(count);
    }
    pointer
}

/// Returns the number of obligations; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn placet_decision_obligation_count(decision: Option<&Decision>) -> usize {
    decision.map_or(0, |decision| decision.obligations.len())
}

/// Writes one of the obligations.
#[unsafe(no_mangle)]
pub extern "C" fn placet_decision_obligation(
    decision: Option<&Decision>,
    index: usize,
    obligation: Out<'_, Obligation>,
) -> Status {
    let (Some(decision), Some(out)) = (decision, obligation) else { return Status::NullArgument };
    let found = decision.obligations.get(index).zip(decision.decision.obligations.get(index));
    let Some((texts, due)) = found else { return Status::OutOfRange };
    out.write(Obligation {
        name: decision.pointer(texts.name),
        text: texts.text.map_or(std::ptr::null(), |text| decision.pointer(text)),
        within_seconds: due.within_seconds.unwrap_or(0),
        has_deadline: due.within_seconds.is_some(),
        is_certain: due.certain,
    });
    Status::Ok
}

/// Writes the decision as JSON.
#[unsafe(no_mangle)]
pub extern "C" fn placet_decision_to_json(
    decision: Option<&Decision>,
    json: Out<'_, Buffer>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out = given(json, "json")?.write(Buffer::NOTHING);
        *out = Buffer::json(&given(decision, "decision")?.decision)?;
        Ok(())
    })
}

/// Frees a decision.
#[unsafe(no_mangle)]
pub extern "C" fn placet_decision_free(decision: Option<Box<Decision>>) {
    quietly((), || drop(decision));
}
