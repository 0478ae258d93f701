//! Maps columns to attributes, and decides how their cells are parsed.

use super::cell::Form;
use super::error::ScanError;
use crate::args::{OnFault, Scan};
use placet::{AttributeDeclaration, Fact, Policy};
use placet_arrow::{OnError, Options, Reason};
use placet_core::is_below;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

/// The sources of a policy's attributes: columns and constants.
#[derive(Debug)]
pub(crate) struct Columns<'a> {
    policy: &'a Policy,
    args: &'a Scan,
    /// The attributes with the same value in every row; `None` for null.
    constants: Vec<(&'a str, Option<Fact>)>,
}

impl<'a> Columns<'a> {
    /// Parses the constants.
    pub(crate) fn new(policy: &'a Policy, args: &'a Scan) -> Result<Self, ScanError> {
        let mut request = policy.request();
        let mut constants = Vec::new();
        for (attribute, text) in &args.set {
            let fail = |error| ScanError::Constant { attribute: attribute.clone(), error: Box::new(error) };
            // The request refuses an unknown name. A text that can't be parsed is passed on as text, so that the error
            // message shows it.
            let declared = policy.attribute_declaration(attribute);
            let form = declared.map_or(Form::Text, |declared| Form::new(declared.domain()));
            let value = (!text.is_empty()).then(|| form.fact(text).unwrap_or_else(|_| text.as_str().into()));
            request.set(attribute, value.as_ref()).map_err(fail)?;
            constants.push((&**attribute, value));
        }
        Ok(Self { policy, args, constants })
    }

    /// Returns the options for binding a policy to columns.
    pub(crate) fn options(&self, reasons: &[Reason], ignore_unknown: bool) -> Options<'_> {
        let threads = self.args.threads.or_else(|| available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
        let mut options = Options::new()
            .ignore_unknown(ignore_unknown || self.args.ignore_unknown)
            .reasons(reasons.iter().copied())
            .threads(threads)
            .on_error(match self.args.on_error {
                OnFault::Fail => OnError::Fail,
                OnFault::Null => OnError::Null,
            });
        for (attribute, column) in &self.args.columns {
            options = options.column(attribute, column);
        }
        for (attribute, value) in &self.constants {
            options = options.constant(*attribute, value.as_ref());
        }
        options
    }

    /// Returns how to parse a column, and the first attribute that it gives; `None` if it gives none.
    pub(crate) fn reading(&self, file: &str, column: &str) -> Result<Option<Reading<'a>>, ScanError> {
        let mut found: Option<Reading<'a>> = None;
        for attribute in self.given_by(column) {
            let form = Form::new(attribute.domain());
            match &found {
                Some(first) if first.form != form => {
                    return Err(ScanError::TwoForms {
                        file: file.to_owned(),
                        column: column.to_owned(),
                        first: first.attribute.name().to_owned(),
                        second: attribute.name().to_owned(),
                    });
                }
                Some(_) => {}
                None => found = Some(Reading { attribute, form }),
            }
        }
        Ok(found)
    }

    /// Returns true if a column, or a field of its structs, may give an attribute.
    pub(crate) fn may_give(&self, column: &str) -> bool {
        let is_in = |name: &str| name == column || is_below(name, column);
        self.args.columns.iter().any(|(_, column)| is_in(column))
            || self.policy.attributes().any(|attribute| is_in(attribute.name()))
    }

    /// Returns the attributes that a column gives.
    fn given_by(&self, column: &str) -> Vec<AttributeDeclaration<'a>> {
        let mapped = &self.args.columns;
        let mut names: Vec<&str> =
            mapped.iter().filter(|(_, from)| from == column).map(|(attribute, _)| &**attribute).collect();
        let is_mapped = mapped.iter().any(|(attribute, _)| attribute == column)
            || self.constants.iter().any(|(attribute, _)| *attribute == column);
        if names.is_empty() && !is_mapped {
            names.push(column);
        }
        names.into_iter().filter_map(|name| self.policy.attribute_declaration(name)).collect()
    }
}

/// The parsing of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// The attribute that the column gives.
    pub(crate) attribute: AttributeDeclaration<'a>,
    pub(crate) form: Form,
}
