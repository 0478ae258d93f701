//! The service, killed in the middle of withdrawals.

use crate::load::Load;
use crate::stopping::spawn;

/// How often it is killed.
const TIMES: usize = 3;
/// How many withdraw between two kills, at least.
const WITHDRAWALS: usize = 20;

#[test]
fn no_acknowledged_withdrawal_is_lost_with_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let load = Load::default();
    for _ in 0..TIMES {
        let service = spawn(folder.path());
        load.during(service.address.parse().unwrap(), || {
            load.until("people withdraw", |seen| seen.withdrawn >= WITHDRAWALS);
            load.may_be_killed();
            service.kill();
        });
    }
    let service = spawn(folder.path());
    assert!(load.check_all(service.address.parse().unwrap()) >= TIMES * WITHDRAWALS);
    service.terminate();
    assert!(service.ends_well());
}
