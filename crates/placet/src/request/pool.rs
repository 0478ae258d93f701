//! A per-thread pool of request buffers.
//!
//! A policy that is dropped frees its buffers: at once those of the thread that drops it, and those of another thread when
//! that thread next returns a buffer, of any policy.
//!
//! A pool per policy, as in regex-automata's `util/pool.rs`, would free all at once. Without `unsafe` its stacks need a
//! lock, and the two locks of one request cost 13 to 21 ns (8 stacks by thread, never contended): 22 % of
//! `effect_with` for two attributes, 35 % of a request of one that is put, 12 % of one read from JSON.

use crate::request::schema::Schema;
use crate::request::writer::{RequestWriter, Scratch};
use placet_program::Frame;
use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

/// The maximum number of buffers in a thread's pool, of all policies together.
const MAX_BUFFERS: usize = 64;

/// Counts the schemas that were dropped.
static DROPPED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { buffers: Vec::new(), dropped: 0 }) };
}

/// The buffers of one thread.
struct Pool {
    /// The most recently used buffer is the last.
    #[expect(clippy::vec_box, reason = "boxes move between the pool and the requests")]
    buffers: Vec<Box<RequestBuffer>>,
    /// The value of [`DROPPED`] when the buffers of dropped schemas were last freed.
    dropped: u64,
}

impl Pool {
    /// Frees the buffers of dropped schemas.
    #[cold]
    fn free(&mut self, dropped: u64) {
        self.dropped = dropped;
        self.buffers.retain(|buffer| buffer.owner.strong_count() > 0);
    }
}

/// A token that lives as long as its schema.
#[derive(Debug)]
pub(crate) struct Owner(());

impl Owner {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(()))
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // The buffers' weak references are dead before the counter is raised: `Arc` drops its value only when no strong
        // reference is left.
        let dropped = DROPPED.fetch_add(1, Ordering::AcqRel) + 1;
        let _ = POOL.try_with(|pool| {
            if let Ok(mut pool) = pool.try_borrow_mut() {
                pool.free(dropped);
            }
        });
    }
}

/// The memory of one request of one policy.
#[derive(Debug, Clone)]
pub(crate) struct RequestBuffer {
    /// The schema's id.
    schema: u64,
    owner: Weak<Owner>,
    pub(crate) frame: Frame,
    pub(crate) scratch: Scratch,
}

impl RequestBuffer {
    pub(crate) fn writer<'m>(&'m mut self, schema: &'m Schema) -> RequestWriter<'m> {
        RequestWriter { schema, frame: &mut self.frame, scratch: &mut self.scratch }
    }

    /// Returns a buffer that may still hold the values of an earlier request. The caller clears it.
    pub(crate) fn used(schema: &Schema) -> Box<Self> {
        take(schema.id).unwrap_or_else(|| Self::new(schema, schema.program.empty()))
    }

    /// Returns a buffer without values.
    pub(crate) fn empty(schema: &Schema) -> Box<Self> {
        let mut memory = Self::used(schema);
        memory.writer(schema).clear();
        memory
    }

    pub(crate) fn new(schema: &Schema, frame: &Frame) -> Box<Self> {
        let owner = Arc::downgrade(&schema.owner);
        Box::new(Self { schema: schema.id, owner, frame: frame.clone(), scratch: Scratch::default() })
    }
}

/// Lends a buffer of this thread to `work`. Re-entrant calls allocate a fresh one, and so do calls after a panic.
pub(crate) fn with_buffer<T>(schema: &Schema, work: impl FnOnce(&mut RequestWriter<'_>) -> T) -> T {
    let mut memory = RequestBuffer::used(schema);
    let done = work(&mut memory.writer(schema));
    keep(memory);
    done
}

fn take(schema: u64) -> Option<Box<RequestBuffer>> {
    let taken = POOL.try_with(|pool| {
        let buffers = &mut pool.try_borrow_mut().ok()?.buffers;
        let index = buffers.iter().rposition(|buffer| buffer.schema == schema)?;
        Some(buffers.remove(index))
    });
    taken.ok().flatten()
}

/// Returns a buffer to the pool of this thread.
pub(crate) fn keep(memory: Box<RequestBuffer>) {
    // A thread that is ending has no pool; the buffer is dropped.
    let _ = POOL.try_with(|pool| {
        if let Ok(mut pool) = pool.try_borrow_mut() {
            let dropped = DROPPED.load(Ordering::Acquire);
            if pool.dropped != dropped {
                pool.free(dropped);
            }
            if pool.buffers.len() >= MAX_BUFFERS {
                pool.buffers.remove(0);
            }
            pool.buffers.push(memory);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::POOL;
    use crate::Policy;
    use std::sync::mpsc::channel;

    /// Returns the schemas whose buffers this thread keeps.
    fn kept() -> Vec<u64> {
        POOL.with(|pool| pool.borrow().buffers.iter().map(|buffer| buffer.schema).collect())
    }

    fn policy() -> Policy {
        Policy::from_text("policy p  request { open: bool }  rule r { allow when open }").unwrap()
    }

    #[test]
    fn dropped_policies_free_their_buffers() {
        let (first, second) = (policy(), policy());
        let (first_id, second_id) = (first.schema().id, second.schema().id);
        let use_both = |first: &Policy, second: &Policy| {
            first.effect_json("{}").unwrap();
            second.effect_json("{}").unwrap();
            kept()
        };
        assert_eq!(use_both(&first, &second), [first_id, second_id]);

        let (used, is_used) = channel();
        let (drop_now, is_dropped) = channel();
        let other = {
            let (first, second) = (first.clone(), second.clone());
            std::thread::spawn(move || {
                let before = use_both(&first, &second);
                drop(first);
                used.send(()).unwrap();
                is_dropped.recv().unwrap();
                // The next buffer that comes back frees those of the dropped policy.
                second.effect_json("{}").unwrap();
                (before, kept())
            })
        };
        is_used.recv().unwrap();
        let request = first.request();
        drop(first);
        assert_eq!(kept(), [first_id, second_id], "a request keeps its policy");
        drop(request);
        assert_eq!(kept(), [second_id]);
        drop_now.send(()).unwrap();
        assert_eq!(other.join().unwrap(), (vec![first_id, second_id], vec![second_id]));
    }
}
