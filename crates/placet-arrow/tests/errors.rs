//! Errors: each cause is said once.

use arrow_schema::ArrowError;
use placet::{Policy, with_sources};
use placet_arrow::{ColumnError, ValueError};
use std::error::Error;
use std::io;

/// Returns the chain of an error, after checking that none of its messages is part of an earlier one.
fn chain(error: &(dyn Error + 'static)) -> String {
    let parts: Vec<String> =
        std::iter::successors(Some(error), |error| (*error).source()).map(ToString::to_string).collect();
    for (index, part) in parts.iter().enumerate() {
        assert!(!parts[..index].iter().any(|earlier| earlier.contains(part)), "{parts:?}");
    }
    assert_eq!(with_sources(error), parts.join(": "));
    parts.join(": ")
}

#[test]
fn column_errors_say_each_cause_once() {
    let policy = Policy::from_text("policy p  request { x: int 0..9 }  rule r { allow when x > 1 }").unwrap();
    let error = policy.request().set("x", 10).map(drop).unwrap_err();
    assert_eq!(chain(&ColumnError::from(error.clone())), error.to_string());

    let value = ValueError {
        row: 1,
        column: "x".to_owned(),
        attribute: "x".to_owned(),
        value: "10".to_owned(),
        expected: "int 0..9".to_owned(),
        code: placet::ErrorCode::OutsideDomain,
    };
    assert_eq!(chain(&ColumnError::from(value.clone())), value.to_string());

    let broken = || io::Error::new(io::ErrorKind::BrokenPipe, "the pipe is broken");
    for arrow in
        [ArrowError::IoError("reading".to_owned(), broken()), ArrowError::ExternalError(Box::new(broken()))]
    {
        let text = arrow.to_string();
        assert_eq!(chain(&ColumnError::from(arrow)), text);
    }
}
