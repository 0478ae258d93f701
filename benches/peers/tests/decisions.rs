//! Every engine gives the recorded decisions. A comparison of engines that disagree would compare nothing.

use placet_peers::{
    Case, Engine, Failure, Visitor, check, each_growth, each_privacy_12, growth, privacy_12_cases,
};

struct Check(Vec<Case>);

impl Visitor for Check {
    fn visit<E: Engine>(&mut self, build: impl FnOnce() -> Result<E, Failure>) -> Result<(), Failure> {
        check(&mut build().map_err(|error| format!("{}: {error}", E::NAME))?, &self.0)
    }
}

#[test]
fn privacy_12() -> Result<(), Failure> {
    let cases = privacy_12_cases()?;
    assert_eq!((cases.len(), cases.iter().filter(|case| case.allow).count()), (1_000, 503));
    each_privacy_12(&mut Check(cases))
}

#[test]
fn growth() -> Result<(), Failure> {
    for rules in [10, 100] {
        each_growth(rules, &mut Check(growth::allowed(rules)))?;
        each_growth(rules, &mut Check(growth::denied(rules)))?;
    }
    Ok(())
}
