//! Decision logs for tests.

use placet::Policy;
use placet_engine::{DecisionLog, Engine, LogBuilder};
use std::path::Path;

/// Logs requests as decided by a policy.
pub(crate) fn log<'r>(
    policy: &Policy,
    requests: impl IntoIterator<Item = &'r str>,
    builder: LogBuilder,
    path: &Path,
) {
    let log: DecisionLog = builder.capacity(64 << 20).to_file(path).unwrap();
    let engine = Engine::builder(policy.clone()).log(log.clone()).build().unwrap();
    for request in requests {
        let mut query = engine.query();
        *query.request() = policy.request_from_json(request).unwrap();
        engine.decide(query).unwrap();
    }
    log.close().unwrap();
}
