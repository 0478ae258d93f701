//! Memory for requests, kept by each thread for those that come next.

use crate::request::schema::Schema;
use crate::request::writer::{RequestWriter, Scratch};
use placet_program::Frame;
use std::cell::RefCell;

/// Of how many requests a thread keeps the memory.
const MAX_BUFFERS: usize = 64;

thread_local! {
    #[expect(clippy::vec_box, reason = "what is in the boxes is taken out and put back all the time")]
    static SPARE: RefCell<Vec<Box<RequestBuffer>>> = const { RefCell::new(Vec::new()) };
}

/// What a request of one policy needs.
#[derive(Debug, Clone)]
pub(crate) struct RequestBuffer {
    /// The policy's.
    schema: u64,
    pub(crate) frame: Frame,
    pub(crate) scratch: Scratch,
}

impl RequestBuffer {
    pub(crate) fn writer<'m>(&'m mut self, schema: &'m Schema) -> RequestWriter<'m> {
        RequestWriter { schema, frame: &mut self.frame, scratch: &mut self.scratch }
    }

    /// Memory to be cleared: what was given in it last may still be.
    pub(crate) fn used(schema: &Schema) -> Box<Self> {
        take(schema.id).unwrap_or_else(|| Self::new(schema, schema.program.empty()))
    }

    /// Memory in which nothing is given.
    pub(crate) fn empty(schema: &Schema) -> Box<Self> {
        let mut memory = Self::used(schema);
        memory.writer(schema).clear();
        memory
    }

    pub(crate) fn new(schema: &Schema, frame: &Frame) -> Box<Self> {
        Box::new(Self { schema: schema.id, frame: frame.clone(), scratch: Scratch::default() })
    }
}

/// Does something with the memory for a request that this thread keeps for the policy. Whoever comes while it is in use,
/// or after a panic, gets new memory.
pub(crate) fn with_buffer<T>(schema: &Schema, work: impl FnOnce(&mut RequestWriter<'_>) -> T) -> T {
    let mut memory = RequestBuffer::used(schema);
    let done = work(&mut memory.writer(schema));
    keep(memory);
    done
}

fn take(schema: u64) -> Option<Box<RequestBuffer>> {
    let taken = SPARE.try_with(|all| {
        let mut all = all.try_borrow_mut().ok()?;
        let at = all.iter().rposition(|spare| spare.schema == schema)?;
        Some(all.remove(at))
    });
    taken.ok().flatten()
}

/// Keeps memory for whoever comes next in this thread.
pub(crate) fn keep(memory: Box<RequestBuffer>) {
    // A thread that is ending keeps nothing.
    let _ = SPARE.try_with(|all| {
        if let Ok(mut all) = all.try_borrow_mut() {
            if all.len() >= MAX_BUFFERS {
                // The last is the one used last.
                all.remove(0);
            }
            all.push(memory);
        }
    });
}
