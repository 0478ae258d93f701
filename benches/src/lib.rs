//! Policies and requests for benchmarks.

pub mod privacy;
pub mod privacy_12;
pub mod served;

use std::fmt::Write;

/// Returns the value of a result. Panics with its error: a benchmark has nothing else to do.
pub fn sure<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}

/// Returns a policy of `count` rules like an application's: a rule for each tenant with a purpose and an age limit. A
/// fifth of the rules have an exception, a tenth are rows of tables.
pub fn generated_policy(count: usize) -> String {
    let mut out = String::from(
        "policy generated\n\nrequest {\n  tenant: string\n  purpose: { deliver, improve, marketing }\n  \
         age: int 0..150\n  consent: { granted, refused, withdrawn, not_asked }\n  objected: bool\n}\n",
    );
    const PURPOSES: [&str; 3] = ["deliver", "improve", "marketing"];
    for number in 0..count {
        let purpose = PURPOSES.iter().cycle().nth(number % PURPOSES.len()).copied().unwrap_or_default();
        let age = number % 20 + 1;
        // Writing to a `String` never fails.
        let _ = match number % 10 {
            0 => writeln!(
                out,
                "\ntable t{number} {{\n  cite \"§{number}\"\n  allow\n  | tenant is | purpose | age    | consent     |\n  \
                 | \"t{number}\" | {purpose} | >= {age} | not refused |\n}}"
            ),
            1 | 6 => writeln!(
                out,
                "\nrule r{number} {{\n  cite \"§{number}\"\n  allow when tenant is \"t{number}\" and purpose is \
                 {purpose} and age >= {age}\n    except objection when objected\n}}"
            ),
            _ => writeln!(
                out,
                "\nrule r{number} {{\n  cite \"§{number}\"\n  allow when tenant is \"t{number}\" and purpose is \
                 {purpose} and age >= {age}\n}}"
            ),
        };
    }
    out
}
