//! Truth tables: the oracle for diagrams.
#![allow(dead_code, reason = "each test file uses its part")]

use placet_graph::{Budget, Diagrams, NodeId, Run};
use proptest::collection::vec;
use proptest::prelude::*;

/// The arities of some levels.
#[derive(Clone, Debug)]
pub(crate) struct Space(pub(crate) Vec<u32>);

impl Space {
    /// Returns all assignments. The last level changes fastest.
    pub(crate) fn assignments(&self) -> Vec<Vec<u32>> {
        let mut all = vec![vec![]];
        for &arity in &self.0 {
            all = all
                .iter()
                .flat_map(|head| (0..arity).map(move |class| [&head[..], &[class]].concat()))
                .collect();
        }
        all
    }

    pub(crate) fn diagrams(&self) -> Diagrams {
        Diagrams::new(self.0.clone(), Budget::default())
    }

    /// Builds the diagram of a table with one value per assignment.
    pub(crate) fn build(&self, diagrams: &mut Diagrams, table: &[u32]) -> NodeId {
        let mut row: Vec<NodeId> = table.iter().map(|&value| NodeId::terminal(value)).collect();
        for (level, &arity) in self.0.iter().enumerate().rev() {
            let node = |children: &[NodeId]| {
                let runs = (1..).zip(children).map(|(end, &child)| Run { end, child });
                diagrams.node(level as u32, runs).unwrap()
            };
            row = row.chunks(arity as usize).map(node).collect();
        }
        row[0]
    }

    pub(crate) fn table(&self, diagrams: &Diagrams, f: NodeId) -> Vec<u32> {
        self.assignments().iter().map(|classes| diagrams.evaluate(f, classes)).collect()
    }
}

/// Generates levels and `functions` tables over them with values below `values`. Some classes get equal values, so that
/// nodes have long runs and skip levels.
pub(crate) fn tables(functions: usize, values: u32) -> impl Strategy<Value = (Space, Vec<Vec<u32>>)> {
    vec(1u32..=5, 1..=5).prop_flat_map(move |arities| {
        let cells: usize = arities.iter().product::<u32>() as usize;
        let alike = arities.iter().map(|&arity| vec(0..arity, arity as usize)).collect::<Vec<_>>();
        let tables = vec((vec(0..values, cells), alike), functions);
        (Just(Space(arities)), tables).prop_map(|(space, tables)| {
            let assignments = space.assignments();
            let index = |classes: &[u32]| {
                classes
                    .iter()
                    .zip(&space.0)
                    .fold(0, |index, (&class, &arity)| index * arity as usize + class as usize)
            };
            let tables = tables
                .into_iter()
                .map(|(cells, alike)| {
                    let value = |classes: &Vec<u32>| {
                        let alike: Vec<u32> =
                            classes.iter().zip(&alike).map(|(&class, to)| to[class as usize]).collect();
                        cells[index(&alike)]
                    };
                    assignments.iter().map(value).collect()
                })
                .collect();
            (space, tables)
        })
    })
}
