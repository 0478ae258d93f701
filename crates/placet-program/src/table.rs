//! A dense table of terminals for every combination of classes, for policies with few combinations.

use serde::{Deserialize, Serialize};

/// A dense table: a decision is one multiplication and addition per variable and one load.
///
/// ```
/// use placet_program::table::Table;
///
/// // Two variables with 2 and 3 classes; allowed (1) for class 1 of the first and class 2 of the second.
/// let table = Table::new(&[(0, 2), (1, 3)], 100, |classes| u32::from(classes == [1, 2])).ok_or("too large")?;
/// assert_eq!(table.cells(), 6);
/// assert_eq!(table.look_up(&[1, 2]), Some(1));
/// assert_eq!(table.look_up(&[1, placet_program::UNKNOWN]), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// For each variable that matters: the variable, its number of classes, and the distance between cells of adjacent
    /// classes.
    strides: Box<[(u32, u32, u32)]>,
    cells: Box<[u8]>,
}

impl Table {
    /// Builds the table over `variables`, given as pairs of a variable and its number of classes. `end` returns the
    /// terminal for classes in the same order.
    ///
    /// Returns `None` if there would be more than `most` cells, or if a terminal doesn't fit into a byte.
    pub fn new(variables: &[(u32, u32)], most: usize, end: impl Fn(&[u32]) -> u32) -> Option<Self> {
        let mut cells = 1_usize;
        let mut strides = Vec::new();
        for (variable, classes) in variables {
            strides.push((*variable, *classes, u32::try_from(cells).ok()?));
            cells = cells.checked_mul(*classes as usize).filter(|cells| *cells <= most)?;
        }
        let mut classes = vec![0; variables.len()];
        let mut out = Vec::with_capacity(cells);
        for cell in 0..cells {
            for (class, (_, count, stride)) in classes.iter_mut().zip(&strides) {
                // Reads the classes off the cell's number, as digits of a number with mixed bases.
                *class = u32::try_from(cell / *stride as usize % *count as usize).ok()?;
            }
            out.push(u8::try_from(end(&classes)).ok()?);
        }
        Some(Self { strides: strides.into(), cells: out.into() })
    }

    /// Returns the terminal for these classes, or `None` if a variable of the table is unknown.
    pub fn look_up(&self, classes: &[u32]) -> Option<u32> {
        let mut cell = 0_usize;
        for (variable, count, stride) in &self.strides {
            let class = *classes.get(*variable as usize)?;
            // Also catches `UNKNOWN`, the greatest `u32`.
            if class >= *count {
                return None;
            }
            cell += class as usize * *stride as usize;
        }
        self.cells.get(cell).map(|end| u32::from(*end))
    }

    /// Returns the size in bytes.
    pub fn bytes(&self) -> usize {
        self.cells.len() + size_of_val(&*self.strides)
    }

    /// Returns the number of cells.
    pub fn cells(&self) -> usize {
        self.cells.len()
    }

    /// Returns true if it has a cell for each combination of classes, and each holds a terminal less than `ends`.
    pub fn is_valid(&self, arities: &[u32], ends: u32) -> bool {
        let mut cells = 1_usize;
        for (variable, classes, stride) in &self.strides {
            let fits = arities.get(*variable as usize) == Some(classes) && *stride as usize == cells;
            match cells.checked_mul(*classes as usize) {
                Some(more) if fits => cells = more,
                _ => return false,
            }
        }
        cells == self.cells.len() && self.cells.iter().all(|end| u32::from(*end) < ends)
    }
}
