//! Symbol tables: from the names of enum and taxonomy values to their numbers.

use placet_core::NameTable;
use placet_model::Model;
use placet_model::types::{AttributeId, Members, Type, Universe};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// The names of one enum or taxonomy.
#[derive(Debug)]
pub(crate) struct SymbolTable {
    count: u32,
    names: NameTable<(u32, u32)>,
}

/// The symbol tables of a policy. Attributes of one type share a table.
#[derive(Debug)]
pub(crate) struct SymbolTables {
    symbol_tables: Vec<SymbolTable>,
    of_attribute: Box<[Option<u32>]>,
}

/// A key that is equal for equal types: the names of an enum in order, or the name of a taxonomy.
#[derive(PartialEq, Eq, Hash)]
enum Identity<'m> {
    Enum(&'m [Arc<str>]),
    Taxonomy(&'m str),
}

impl SymbolTable {
    fn new(universe: &Universe) -> Self {
        let mut names = NameTable::default();
        match universe {
            Universe::Enum(all) => {
                for (number, name) in (0..).zip(&all.sorted) {
                    // Symbols are numbered in byte order, so that two enums of the same names are one type.
                    *names.entry(name) = (number, number + 1);
                }
            }
            Universe::Taxonomy(tree) => {
                for (name, node) in &tree.nodes {
                    *names.entry(name) = (node.first, node.end);
                }
            }
        }
        names.pack();
        Self { count: universe.len(), names }
    }

    /// Returns the symbols of a name: one, or the leaves of an inner node, whose numbers are consecutive.
    pub(crate) fn find(&self, name: &str) -> Option<Range<u32>> {
        self.names.get(name).map(|(first, end)| first..end)
    }

    /// Returns the number of 64-bit words in a set of symbols.
    pub(crate) fn words(&self) -> usize {
        (self.count as usize).div_ceil(64)
    }
}

impl SymbolTables {
    /// Builds the tables of a model. Cost: linear in its names.
    pub(crate) fn new(model: &Model) -> Self {
        let mut known: HashMap<Identity<'_>, u32> = HashMap::new();
        let mut symbol_tables = Vec::new();
        let of_attribute = model
            .declared()
            .map(|(_, attribute)| {
                let universe = universe(&attribute.kind)?;
                let identity = match universe {
                    Universe::Enum(all) => Identity::Enum(&all.sorted),
                    Universe::Taxonomy(tree) => Identity::Taxonomy(&tree.name),
                };
                let number = *known.entry(identity).or_insert_with(|| {
                    symbol_tables.push(SymbolTable::new(universe));
                    // INVARIANT: there are at most as many tables as attributes, whose ids fit in `u32`.
                    u32::try_from(symbol_tables.len() - 1).unwrap_or(u32::MAX)
                });
                Some(number)
            })
            .collect();
        Self { symbol_tables, of_attribute }
    }

    /// Returns the number of an attribute's table, if its values have names.
    pub(crate) fn number(&self, id: AttributeId) -> Option<u32> {
        self.of_attribute.get(id.index()).copied().flatten()
    }

    /// Returns an attribute's table, if its values have names.
    pub(crate) fn get(&self, id: AttributeId) -> Option<&SymbolTable> {
        self.symbol_tables.get(self.number(id)? as usize)
    }
}

/// Returns the enum or taxonomy that a type's values or members come from.
pub(crate) fn universe(kind: &Type) -> Option<&Universe> {
    match kind {
        Type::Symbol(universe) | Type::Set { of: Members::Symbols(universe), .. } => Some(universe),
        _ => None,
    }
}

/// Adds a range of symbols to a set. Ignores symbols beyond its words.
pub(crate) fn add_symbols(words: &mut [u64], symbols: Range<u32>) {
    for symbol in symbols {
        if let Some(word) = words.get_mut(symbol as usize / 64) {
            *word |= 1 << (symbol % 64);
        }
    }
}
