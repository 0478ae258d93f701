//! Decides the requests in its arguments, each a JSON object, under the policy that the build embedded.

use placet::Policy;
use std::process::ExitCode;

/// The policy `shop.placet`, compiled and saved by the build script with the same version of Placet.
const SAVED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/shop.bin"));

fn main() -> ExitCode {
    let policy = match Policy::from_bytes(SAVED) {
        Ok(policy) => policy,
        Err(error) => {
            eprintln!("the embedded policy can't be loaded: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut code = ExitCode::SUCCESS;
    for request in std::env::args().skip(1) {
        match policy.decide_json(&request) {
            Ok(decision) => println!("{} {:?}", decision.effect, decision.rules),
            Err(error) => {
                eprintln!("{error}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}
