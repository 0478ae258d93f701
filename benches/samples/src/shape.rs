//! The size and kind of random policies.

/// The size and kind of random policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// The least and the greatest number of attributes.
    pub attributes: (u32, u32),
    /// The least and the greatest number of rules and tables.
    pub rules: (u32, u32),
    /// The nesting of `and`, `or` and `not`.
    pub depth: u32,
    /// The conditions that each rule joins by `and`: one of many rules should fire seldom.
    pub conjuncts: u32,
    /// The comparisons in a hundred that relate two attributes.
    pub relations: u32,
    /// Domains have a handful of values.
    pub few_values: bool,
    /// The values of an attribute that every rule tests, like a tenant or a document; 0 for no such attribute.
    pub groups: u32,
}

impl Shape {
    /// Returns a shape of a few attributes, a few values and a few rules.
    pub fn small() -> Self {
        Self {
            attributes: (3, 5),
            rules: (1, 4),
            depth: 2,
            conjuncts: 1,
            relations: 20,
            few_values: true,
            groups: 0,
        }
    }

    /// Returns the shape of a policy that a person writes on a page or two.
    pub fn middle() -> Self {
        Self {
            attributes: (6, 12),
            rules: (4, 12),
            depth: 2,
            conjuncts: 3,
            relations: 15,
            few_values: false,
            groups: 0,
        }
    }

    /// Returns a shape in which most conditions relate attributes.
    pub fn related() -> Self {
        Self {
            attributes: (3, 7),
            rules: (2, 5),
            depth: 2,
            conjuncts: 2,
            relations: 70,
            few_values: true,
            groups: 0,
        }
    }

    /// Returns a shape of many attributes that are seldom related.
    pub fn wide() -> Self {
        Self {
            attributes: (30, 60),
            rules: (10, 30),
            depth: 1,
            conjuncts: 5,
            relations: 3,
            few_values: false,
            groups: 0,
        }
    }

    /// Returns a shape of hundreds of rules.
    pub fn big() -> Self {
        Self {
            attributes: (12, 20),
            rules: (200, 300),
            depth: 1,
            conjuncts: 8,
            relations: 2,
            few_values: false,
            groups: 0,
        }
    }

    /// Returns a shape of hundreds of rules, each for one of a few groups.
    pub fn structured() -> Self {
        Self {
            attributes: (8, 14),
            rules: (100, 200),
            depth: 1,
            conjuncts: 4,
            relations: 3,
            few_values: false,
            groups: 40,
        }
    }

    /// Returns all shapes, with their names.
    pub fn all() -> [(&'static str, Self); 6] {
        [
            ("small", Self::small()),
            ("middle", Self::middle()),
            ("related", Self::related()),
            ("wide", Self::wide()),
            ("big", Self::big()),
            ("structured", Self::structured()),
        ]
    }
}
