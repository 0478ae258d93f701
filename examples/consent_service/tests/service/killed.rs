//! A service that is killed in the middle of withdrawals.

use crate::load::Load;
use crate::stopping::spawn;

/// The number of kills.
const TIMES: usize = 3;
/// The minimum number of withdrawals between two kills.
const WITHDRAWALS: usize = 20;

#[test]
fn no_acknowledged_withdrawal_is_lost_when_the_process_is_killed() {
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
