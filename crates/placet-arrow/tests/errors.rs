//! Errors: each cause is said once.

use arrow_schema::ArrowError;
use placet::Policy;
use placet_arrow::{ColumnError, ValueError};
use placet_samples::error_chain as chain;
use std::io;

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
