//! Memory for requests that are decided at once.

use crate::request::intake::{Intake, Scratch};
use crate::request::schema::Schema;
use placet_program::Frame;
use std::cell::RefCell;

/// How many policies' memory a thread keeps.
const KEPT: usize = 8;

thread_local! {
    #[expect(clippy::vec_box, reason = "what is in the boxes is taken out and put back all the time")]
    static SPARE: RefCell<Vec<Box<Spare>>> = const { RefCell::new(Vec::new()) };
}

/// What a request of one policy needs.
struct Spare {
    /// The policy's.
    schema: u64,
    frame: Frame,
    scratch: Scratch,
}

/// Does something with the memory for a request that this thread keeps for the policy. Whoever comes while it is in use,
/// or after a panic, gets new memory.
pub(crate) fn with_spare<T>(schema: &Schema, work: impl FnOnce(&mut Intake<'_>) -> T) -> T {
    let mut spare = take(schema.id).unwrap_or_else(|| {
        Box::new(Spare { schema: schema.id, frame: schema.program.frame(), scratch: Scratch::default() })
    });
    let Spare { frame, scratch, .. } = &mut *spare;
    let done = work(&mut Intake { schema, frame, scratch });
    keep(spare);
    done
}

fn take(schema: u64) -> Option<Box<Spare>> {
    let taken = SPARE.try_with(|all| {
        let mut all = all.try_borrow_mut().ok()?;
        let at = all.iter().rposition(|spare| spare.schema == schema)?;
        Some(all.remove(at))
    });
    taken.ok().flatten()
}

fn keep(spare: Box<Spare>) {
    // A thread that is ending keeps nothing.
    let _ = SPARE.try_with(|all| {
        if let Ok(mut all) = all.try_borrow_mut() {
            if all.len() >= KEPT {
                // The last is the one used last.
                all.remove(0);
            }
            all.push(spare);
        }
    });
}
