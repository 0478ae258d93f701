//! Saves programs as bytes and loads them.
//!
//! ```text
//! offset  bytes  content
//!      0      6  `placet`
//!      6      2  the version of the format, little-endian
//!      8     32  SHA-256 of the rest
//!     40      …  the model and the parts of the program, in postcard (postcard.jamesmunns.com/wire-format)
//! ```
//!
//! The checksum finds damage, but anyone can compute one, so the content isn't trusted: a program is loaded only if its
//! model is valid and each part fits it. Loading needs neither a parser nor the compiler.

use crate::classify::{Classifier, Groups};
use crate::formula::FormulaId;
use crate::masks::Masks;
use crate::plan::{AttributePlan, MemberTest};
use crate::program::{Program, ProgramData, UNRESOLVED};
use crate::variable::{Variable, VariableKind};
use placet_core::{RuleEffect, SAVED_POLICY_MAGIC as MAGIC};
use placet_model::Model;
use placet_model::saved::SavedModel;
use placet_model::types::{AttributeId, Members, Type};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The version of the format. It has to change whenever programs of an older version would be misread.
const VERSION: u16 = 6;
const HEADER: usize = MAGIC.len() + size_of::<u16>() + CHECKSUM;
const CHECKSUM: usize = 32;

/// The reason why bytes can't be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The bytes don't begin like a saved program.
    #[error("this is no saved policy")]
    NotAProgram,
    /// The bytes were written for another version of this library.
    #[error(
        "the policy was saved in version {found} of the format, and this library reads version {expected}: compile it again"
    )]
    Version {
        /// The version of the bytes.
        found: u16,
        /// The version that can be read.
        expected: u16,
    },
    /// The checksum doesn't match the content.
    #[error("the saved policy is damaged: its checksum does not fit")]
    Checksum,
    /// The content can't be decoded.
    #[error("the saved policy can't be read: {0}")]
    Form(String),
    /// The content contradicts itself.
    #[error("the saved policy is not valid: {0}")]
    Invalid(String),
}

impl Program {
    /// Returns the program as bytes. The same program always gives the same bytes. Proofs, tests and documentation of
    /// the policy are left out. Cost: linear.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.body(self.model().to_saved());
        let mut out = Vec::with_capacity(HEADER + body.len());
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&Sha256::digest(&body));
        out.extend_from_slice(&body);
        out
    }

    fn body(&self, model: SavedModel) -> Vec<u8> {
        let saved: (SavedModel, &ProgramData) = (model, self.data());
        // INVARIANT: postcard fails only for types without a known length, or if memory runs out.
        postcard::to_stdvec(&saved).unwrap_or_default()
    }

    /// Returns the identity of the program: SHA-256 of the format's version and of what [`Program::to_bytes`] saves,
    /// without the names of the policy's files. Cost: that of saving.
    pub fn hash(&self) -> [u8; 32] {
        let body = self.body(self.model().to_saved().nameless());
        Sha256::new().chain_update(VERSION.to_le_bytes()).chain_update(body).finalize().into()
    }

    /// The number of bytes that [`Program::is_saved`] reads.
    pub const HEAD_BYTES: usize = MAGIC.len();

    /// Returns true if bytes begin like a saved program, intact or damaged. No policy text does.
    ///
    /// ```
    /// use placet_program::Program;
    ///
    /// assert!(!Program::is_saved(b"allow reading"));
    /// ```
    pub fn is_saved(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC)
    }

    /// Loads a program from saved bytes. Cost: linear.
    ///
    /// ```
    /// use placet_program::{LoadError, Program};
    ///
    /// let error = Program::from_bytes(b"allow reading").map(|_| ()).unwrap_err();
    /// assert_eq!(error, LoadError::NotAProgram);
    /// ```
    ///
    /// # Errors
    /// Returns an error if the bytes aren't a result of [`Program::to_bytes`]: damaged, of another version, or made up.
    /// Bytes that were crafted to pass all checks can do no harm beyond a wrong decision.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LoadError> {
        let (magic, rest) = bytes.split_first_chunk().ok_or(LoadError::NotAProgram)?;
        if *magic != MAGIC {
            return Err(LoadError::NotAProgram);
        }
        let (version, rest) = rest.split_first_chunk().ok_or(LoadError::NotAProgram)?;
        // The version comes before the checksum: the bytes of another version aren't damaged, and may be checked
        // differently.
        let found = u16::from_le_bytes(*version);
        if found != VERSION {
            return Err(LoadError::Version { found, expected: VERSION });
        }
        let (checksum, body) = rest.split_first_chunk::<CHECKSUM>().ok_or(LoadError::Checksum)?;
        // Before decoding, so that damage is reported as such and not as a decoder's error.
        if Sha256::digest(body).as_slice() != checksum {
            return Err(LoadError::Checksum);
        }
        let ((saved, parts), rest): ((SavedModel, ProgramData), _) =
            postcard::take_from_bytes(body).map_err(|error| LoadError::Form(error.to_string()))?;
        if !rest.is_empty() {
            return Err(LoadError::Form("there is more than a policy".to_owned()));
        }
        let model = Model::from_saved(saved).map_err(|fault| LoadError::Invalid(fault.to_string()))?;
        Checker { model: &model, parts: &parts }
            .check()
            .map_err(|fault| LoadError::Invalid(fault.to_owned()))?;
        Ok(Program::new(Arc::new(model), parts))
    }
}

/// Checks that the parts of a program fit each other and its model. The evaluators rely on each of these checks: they
/// don't repeat them.
struct Checker<'p> {
    model: &'p Model,
    parts: &'p ProgramData,
}

fn ensure(holds: bool, fault: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(fault) }
}

impl Checker<'_> {
    fn check(&self) -> Result<(), &'static str> {
        let parts = self.parts;
        let arities: Vec<u32> = parts.variables.iter().map(|variable| variable.classes).collect();
        ensure(
            parts.variables.iter().all(|variable| self.is_variable(variable)),
            "a variable that fits no attribute",
        )?;
        ensure(parts.plans.len() == self.model.attributes.len(), "a plan for each attribute is missing")?;
        for ((id, attribute), plan) in self.model.attribute_ids().zip(&parts.plans) {
            ensure(self.is_plan(id, &attribute.kind, plan), "a plan that does not fit its attribute")?;
        }
        ensure(parts.formulas.is_valid(&parts.variables), "a condition that is made of itself")?;
        ensure(self.are_member_tests(), "a test of members that does not fit")?;
        self.rules()?;
        let cubes = u32::try_from(parts.cubes.len()).map_err(|_| "too many cubes")?;
        ensure(parts.denials <= cubes && parts.bitmaps.is_valid(cubes, &arities), "bitmaps that do not fit")?;
        ensure(!parts.has_masks || Masks::words(parts).is_some(), "masks of cubes that have none")?;
        ensure(
            parts.graph.as_ref().is_none_or(|graph| graph.is_valid(&arities, UNRESOLVED + 1)),
            "a broken diagram",
        )
    }

    fn kind(&self, id: AttributeId) -> Option<&Type> {
        self.model.attribute(id).map(|attribute| &attribute.kind)
    }

    fn is_variable(&self, variable: &Variable) -> bool {
        let is_set = |id: &AttributeId| matches!(self.kind(*id), Some(Type::Set { .. }));
        let same_members = |a: &AttributeId, b: &AttributeId| match (self.kind(*a), self.kind(*b)) {
            (Some(Type::Set { of: one, .. }), Some(Type::Set { of: other, .. })) => one == other,
            _ => false,
        };
        let fits = match &variable.source {
            VariableKind::Value(id) | VariableKind::Missing(id) => self.kind(*id).is_some(),
            VariableKind::Group(id, _) => is_set(id),
            VariableKind::Test(id, _) => matches!(self.kind(*id), Some(Type::String)),
            VariableKind::HasMember(id, _) => {
                matches!(self.kind(*id), Some(Type::Set { of: Members::Texts, .. }))
            }
            VariableKind::Sum(sum) => {
                sum.is_valid()
                    && u32::try_from(sum.classes()) == Ok(variable.classes)
                    && sum
                        .attributes()
                        .iter()
                        .all(|id| self.kind(*id).is_some_and(|kind| kind.ordinals().is_some()))
            }
            VariableKind::Same(a, b) => match (self.kind(*a), self.kind(*b)) {
                (Some(Type::Symbol(one)), Some(Type::Symbol(other))) => one == other,
                (Some(Type::Bool), Some(Type::Bool)) | (Some(Type::String), Some(Type::String)) => true,
                _ => false,
            },
            VariableKind::MemberOf(element, set) => match (self.kind(*element), self.kind(*set)) {
                (Some(Type::Symbol(own)), Some(Type::Set { of: Members::Symbols(universe), .. })) => {
                    own == universe
                }
                (Some(Type::String), Some(Type::Set { of: Members::Texts, .. })) => true,
                _ => false,
            },
            VariableKind::Meet(a, b) | VariableKind::Subset(a, b) | VariableKind::SameSet(a, b) => {
                same_members(a, b)
            }
        };
        // Groups, tests, relations and `missing` are truth values.
        let own_classes = matches!(variable.source, VariableKind::Value(_) | VariableKind::Sum(_));
        fits && variable.classes > 0 && (own_classes || variable.classes == 2)
    }

    /// Returns true if the classes that a plan assigns are classes of its variables, and the variables belong to its
    /// attribute.
    fn is_plan(&self, id: AttributeId, kind: &Type, plan: &AttributePlan) -> bool {
        let source =
            |variable: &u32| self.parts.variables.get(*variable as usize).map(|variable| &variable.source);
        let value = |classes: usize| match *plan.variables {
            [variable] => {
                source(&variable) == Some(&VariableKind::Value(id))
                    && self.parts.variables.get(variable as usize).map(|known| known.classes as usize)
                        == Some(classes)
            }
            _ => false,
        };
        let each = |count: usize, wanted: fn(AttributeId, u32) -> VariableKind| {
            plan.variables.len() == count
                && (0..).zip(&plan.variables).all(|(at, variable)| source(variable) == Some(&wanted(id, at)))
        };
        let own = match (&plan.classifier, kind) {
            (Classifier::Nothing, _) => plan.variables.is_empty(),
            (Classifier::Ordered(cuts), kind) => {
                kind.ordinals().is_some() && cuts.is_valid() && value(cuts.classes())
            }
            (Classifier::Symbols(classes), kind) => {
                let most = classes.iter().max().map_or(0, |last| *last as usize + 1);
                kind.symbols().is_some_and(|count| classes.len() == count as usize) && value(most)
            }
            (Classifier::Text(classes), Type::String) => {
                classes.is_valid() && value(classes.classes() as usize)
            }
            (Classifier::TextTests(tests), Type::String) => each(tests.len(), VariableKind::Test),
            (Classifier::Set { groups, classes }, Type::Set { of, .. }) => {
                let are_groups = match (groups, of) {
                    (Groups::Symbols(groups), Members::Symbols(universe)) => {
                        groups.len() == universe.len() as usize
                            && groups.iter().all(|group| *group < universe.len())
                    }
                    (Groups::Texts(classes), Members::Texts) => classes.is_valid(),
                    (Groups::Tests(_), Members::Texts) => true,
                    _ => false,
                };
                let are_classes = || match (groups, classes) {
                    (Groups::Tests(tests), None) => each(tests.len(), VariableKind::HasMember),
                    // An automaton reads groups that do not overlap.
                    (Groups::Tests(_), Some(_)) => false,
                    (_, Some(classes)) => {
                        classes.is_valid(groups.count()) && value(classes.classes() as usize)
                    }
                    (_, None) => each(groups.count() as usize, VariableKind::Group),
                };
                are_groups && are_classes()
            }
            _ => false,
        };
        let relates = |variable: &u32| {
            source(variable).is_some_and(|source| source.is_relation() && source.attributes().contains(&id))
        };
        own && plan
            .missing
            .as_ref()
            .is_none_or(|variable| source(variable) == Some(&VariableKind::Missing(id)))
            && plan.none.as_ref().is_none_or(|variable| {
                let companion = self.model.attribute(id).and_then(|attribute| attribute.none);
                companion.is_some_and(|none| source(variable) == Some(&VariableKind::Value(none)))
                    && self.parts.variables.get(*variable as usize).is_some_and(|known| known.classes == 2)
            })
            && plan.relations.iter().all(relates)
    }

    /// Returns true if each member test belongs to the class of a set, names groups that exist, and follows the test
    /// before it: lookup is a binary search.
    fn are_member_tests(&self) -> bool {
        let parts = self.parts;
        let groups = |id: AttributeId| match parts.plans.get(id.index()).map(|plan| &plan.classifier) {
            Some(Classifier::Set { groups, classes: Some(_) }) => Some(groups.count()),
            _ => None,
        };
        let variable = |test: &MemberTest| {
            let test = parts.formulas.nodes().get(test.formula.index())?.as_leaf()?;
            parts.variables.get(test.variable as usize)
        };
        let fits = |test: &MemberTest| match variable(test) {
            Some(Variable { source: VariableKind::Value(id), .. }) => {
                groups(*id).is_some_and(|groups| test.groups.is_valid(groups))
            }
            _ => false,
        };
        let tests = &parts.member_tests;
        let ascend = tests.iter().zip(tests.iter().skip(1)).all(|(one, next)| one.formula < next.formula);
        ascend && tests.iter().all(fits)
    }

    fn rules(&self) -> Result<(), &'static str> {
        let parts = self.parts;
        let is_formula = |id: &FormulaId| id.index() < parts.formulas.nodes().len();
        let mut seen = vec![false; self.model.rules.len()];
        for plan in &parts.rules {
            let rule = self.model.rules.get(plan.rule as usize).ok_or("an unknown rule")?;
            let is_new = seen.get_mut(plan.rule as usize).is_some_and(|seen| !std::mem::replace(seen, true));
            ensure(is_new, "a repeated rule")?;
            ensure(plan.obligations.len() == rule.obligations.len(), "obligations that are not the rule's")?;
            ensure(
                is_formula(&plan.fires) && plan.obligations.iter().all(is_formula),
                "a rule with an unknown condition",
            )?;
        }
        ensure(seen.iter().all(|seen| *seen), "a rule that is left out")?;
        let mut last = 0;
        for (at, cube) in (0_u32..).zip(&parts.cubes) {
            let effect = parts
                .rules
                .get(cube.rule as usize)
                .and_then(|plan| self.model.rules.get(plan.rule as usize))
                .map(|rule| rule.effect)
                .ok_or("a cube of no rule")?;
            // Evaluators take index ranges of cubes for effects, and expect the cubes of one rule to be adjacent.
            let denies = at < parts.denials;
            ensure(denies == (effect == RuleEffect::Deny), "a cube of the wrong effect")?;
            ensure(cube.rule >= last && is_formula(&cube.holds), "a cube out of order")?;
            last = cube.rule;
        }
        Ok(())
    }
}
