//! How large a random policy is, and of what kind.

/// How large a random policy is, and of what kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// At least and at most so many attributes.
    pub attributes: (u32, u32),
    /// At least and at most so many rules and tables.
    pub rules: (u32, u32),
    /// How deeply `and`, `or` and `not` stand in one another.
    pub depth: u32,
    /// Each rule asks for so many conditions together: of many rules each should fire seldom.
    pub conjuncts: u32,
    /// Of a hundred comparisons so many relate attributes with each other.
    pub relations: u32,
    /// Domains of a handful of values.
    pub few_values: bool,
    /// Names of an attribute on which every rule hangs, as a tenant or a document; 0 for no such attribute.
    pub groups: u32,
}

impl Shape {
    /// A few attributes of a few values, a few rules.
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

    /// What a person writes on a page or two.
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

    /// Conditions that relate attributes everywhere.
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

    /// Many attributes, seldom related.
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

    /// Hundreds of rules.
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

    /// Hundreds of rules, each for one of a few groups.
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

    /// All of these, with their names.
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
