//! Decision diagrams: functions of finitely many finite variables, stored so that equal functions are the same object.
//!
//! A [`Diagrams`] owns all nodes. Variables are *levels*, with level 0 on top. The *arity* of a level is its number of
//! *classes*. A function is a [`NodeId`]: a terminal, which holds a number, or a node, which tests one level and
//! continues with a lower one. A node stores its children as [`Run`]s of neighbouring classes, so a test for one of ten
//! thousand classes needs three runs, not ten thousand edges. Nodes are reduced and hash-consed: in one `Diagrams`, two
//! functions are equal if and only if their ids are.
//!
//! ```
//! use placet_graph::{Budget, Diagrams};
//!
//! // Level 0: one of 10,000 projects. Level 1: an hour of the day.
//! let mut diagrams = Diagrams::new(vec![10_000, 24], Budget::default());
//! let project = diagrams.test(0, [(4_711, 4_712)])?;
//! let office = diagrams.test(1, [(8, 18)])?;
//!
//! let allowed = diagrams.and(project, office)?;
//! assert_eq!(diagrams.evaluate(allowed, &[4_711, 9]), 1);
//! assert_eq!(diagrams.evaluate(allowed, &[4_711, 20]), 0);
//! assert_eq!(diagrams.size(&[allowed]).runs, 6);
//!
//! // De Morgan's law is an equality of ids.
//! let (elsewhere, closed) = (diagrams.not(project)?, diagrams.not(office)?);
//! let refused = diagrams.or(elsewhere, closed)?;
//! assert_eq!(diagrams.not(refused)?, allowed);
//!
//! // Queries: the number of assignments, one assignment, all assignments as boxes.
//! assert_eq!(diagrams.count(allowed, |_, _| 1, |value| value == 1), 10);
//! assert_eq!(diagrams.witness(allowed, |value| value == 1, |_, _| 0), Some(vec![(0, 4_711), (1, 8)]));
//! let boxes: Vec<_> = diagrams.regions(allowed, |value| value == 1).collect();
//! assert_eq!(boxes[0].edges, [(0, vec![(4_711, 4_712)]), (1, vec![(8, 18)])]);
//! # Ok::<(), placet_graph::Exhausted>(())
//! ```
//!
//! # Guarantees
//!
//! * **Bounded.** Every operation that builds nodes takes nodes, runs and steps from a [`Budget`] before it allocates.
//!   It returns [`Exhausted`] if the budget runs out; everything built before stays valid. Nothing depends on time: the
//!   same calls return the same ids and the same counts on every machine.
//! * **No recursion.** Traversals use an explicit stack or visit nodes in the order of their creation, so only memory
//!   limits the number of levels.
//! * **Total.** Malformed input has a documented meaning. Nothing panics.
//!
//! The size of a diagram depends on the order of its variables more than on anything else; [`order`] proposes orders.
//!
//! # Papers
//!
//! * R. E. Bryant, *Graph-Based Algorithms for Boolean Function Manipulation*, IEEE Trans. Computers 1986: reduced
//!   ordered diagrams and `apply`.
//! * K. S. Brace, R. L. Rudell, R. E. Bryant, *Efficient Implementation of a BDD Package*, DAC 1990: hash-consing,
//!   if-then-else, and a cache that overwrites entries.
//! * A. Srinivasan, T. Kam, S. Malik, R. K. Brayton, *Algorithms for Discrete Function Manipulation*, ICCAD 1990:
//!   multi-valued diagrams.
//! * M. Christiansen, E. Fleury, *Using Interval Decision Diagrams for Packet Filtering*, 2002, and M. G. Gouda,
//!   A. X. Liu, *Structured Firewall Design*, Computer Networks 2007: edges that carry intervals.
//! * C. Ngo, M. X. Makkes, Y. Demchenko, C. de Laat, *Multi-data-types Interval Decision Diagrams for XACML
//!   Evaluation Engine*, PST 2013: the same for access-control policies.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod apply;
mod budget;
mod cache;
mod diagrams;
mod fold;
mod mix;
mod node;
mod operation;
pub mod order;
mod query;
mod regions;
mod transform;
mod witness;

pub use budget::{Budget, Exhausted, Usage};
pub use diagrams::Diagrams;
pub use node::{NodeId, Run};
pub use operation::{And, Difference, Key, Operation, Or};
pub use query::Size;
pub use regions::{Region, Regions};
