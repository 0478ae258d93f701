//! Placet beside its peers: one policy, one set of requests, and every engine that can be asked for the same decisions.
//!
//! The policy is privacy-12, written in each engine's own language in `../privacy_12/`, the way its documentation would
//! write it. The second policy, [`growth`], has as many rules as asked for.
//!
//! | engine | what decides |
//! | --- | --- |
//! | [`hand`] | a struct of enums and a bit set, and `if`s: what a programmer would write without any engine |
//! | [`placet`] | Placet |
//! | [`cedar`] | Cedar; the action (in growth the principal) is an entity, all else is context |
//! | [`rego`] | regorus, both its interpreter and its virtual machine |
//! | [`cel`] | cel, one expression (in growth one for each rule) |
//! | [`rhai`] | Rhai, a compiled script; growth also as one `switch`, which Rhai looks up by hash |
//! | [`zen`] | GoRules' ZEN expressions, compiled |
//! | [`wirefilter`] | wirefilter, compiled |
//!
//! A *prepared* request is in whatever form the engine decides fastest. From JSON, all engines begin with the same text
//! and use their quickest documented way from there.
//!
//! # Left out
//!
//! - `zen-engine`: its decision tables are made of ZEN expressions, and it brings hundreds of crates for what else it can
//!   do. `zen-expression` is the part of it that decides.
//! - wirefilter and ZEN in growth: they have no rules to add, only one expression, written as a chain of `or`s.
//! - The newer wirefilter, with arrays: it is not published as a crate. The published one has no sets, so the set of data
//!   categories is ten truth values there.
//! - The virtual machine of regorus in the largest growth: see [`rego::Machine::MOST_RULES`].
//! - Engines in other languages: calling them would measure the call.

pub mod cedar;
pub mod cel;
pub mod growth;
pub mod hand;
pub mod placet;
pub mod rego;
pub mod rhai;
pub mod wirefilter;
pub mod zen;

/// Any failure of any engine. The suite only ever shows it.
pub type Failure = Box<dyn std::error::Error>;

/// An engine that holds a policy.
pub trait Engine: Sized {
    /// The engine's name in reports.
    const NAME: &str;

    /// The crate that was measured, for its version; `None` if the code is this suite's own.
    const PACKAGE: Option<&str>;

    /// A request in the form that this engine decides fastest.
    type Request;

    /// Makes the request ready from its JSON text.
    ///
    /// # Errors
    ///
    /// The text is no request, or the engine does not take it.
    fn prepare(&self, json: &str) -> Result<Self::Request, Failure>;

    /// Returns true if the policy allows the request.
    ///
    /// Both are borrowed mutably because some engines keep their scratch space in them. The request stays what it was.
    ///
    /// # Errors
    ///
    /// The engine fails on it. An engine that denies because of an error must say so too.
    fn decide(&mut self, request: &mut Self::Request) -> Result<bool, Failure>;

    /// Returns true if the policy allows the request in the text.
    ///
    /// # Errors
    ///
    /// As of [`prepare`](Self::prepare) and [`decide`](Self::decide).
    fn decide_json(&mut self, json: &str) -> Result<bool, Failure> {
        let mut request = self.prepare(json)?;
        self.decide(&mut request)
    }
}

pub use placet_benches::privacy_12::{Case, cases as privacy_12_cases};

/// Does something with each engine, whatever its types are.
pub trait Visitor {
    /// Called once for each engine. `build` compiles the policy, which can take long: do not call it to skip the engine.
    ///
    /// # Errors
    ///
    /// The fault that the visitor finds.
    fn visit<E: Engine>(&mut self, build: impl FnOnce() -> Result<E, Failure>) -> Result<(), Failure>;
}

/// Visits the engines that hold privacy-12.
///
/// # Errors
///
/// The visitor's.
pub fn each_privacy_12(visitor: &mut impl Visitor) -> Result<(), Failure> {
    visitor.visit(|| Ok(hand::Privacy12))?;
    visitor.visit(placet::Placet::privacy_12)?;
    visitor.visit(|| placet::Placet::privacy_12().map(placet::WithReasons))?;
    visitor.visit(cedar::Cedar::privacy_12)?;
    visitor.visit(rego::Interpreter::privacy_12)?;
    visitor.visit(rego::Machine::privacy_12)?;
    visitor.visit(cel::Cel::privacy_12)?;
    visitor.visit(rhai::Rhai::privacy_12)?;
    visitor.visit(zen::Zen::privacy_12)?;
    visitor.visit(wirefilter::Wirefilter::privacy_12)
}

/// Visits the engines that can hold a policy of `rules` rules.
///
/// # Errors
///
/// The visitor's.
pub fn each_growth(rules: usize, visitor: &mut impl Visitor) -> Result<(), Failure> {
    visitor.visit(|| Ok(hand::Growth::new(rules)))?;
    visitor.visit(|| placet::Placet::growth(rules))?;
    visitor.visit(|| placet::Placet::growth(rules).map(placet::WithReasons))?;
    visitor.visit(|| cedar::Cedar::growth(rules))?;
    visitor.visit(|| rego::Interpreter::growth(rules))?;
    if rules <= rego::Machine::MOST_RULES {
        visitor.visit(|| rego::Machine::growth(rules))?;
    }
    visitor.visit(|| cel::Cel::growth(rules))?;
    visitor.visit(|| rhai::Rhai::growth(rules))?;
    visitor.visit(|| rhai::Switch::growth(rules))
}

/// Checks that an engine decides as recorded, both from JSON and twice over from prepared requests.
///
/// # Errors
///
/// The first wrong decision, or the engine's own failure.
pub fn check<E: Engine>(engine: &mut E, cases: &[Case]) -> Result<(), Failure> {
    for case in cases {
        let mut request = engine.prepare(&case.json)?;
        let got =
            [engine.decide_json(&case.json)?, engine.decide(&mut request)?, engine.decide(&mut request)?];
        if got != [case.allow; 3] {
            return Err(format!(
                "{} must {} but does not: {}",
                E::NAME,
                if case.allow { "allow" } else { "deny" },
                case.json
            )
            .into());
        }
    }
    Ok(())
}
