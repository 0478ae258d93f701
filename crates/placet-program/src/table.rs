//! The answer for every combination of classes, where there are few.

use serde::{Deserialize, Serialize};

/// A dense table: one load for a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// For each variable that matters its number, its classes, and how far one class is from the next.
    strides: Box<[(u32, u32, u32)]>,
    cells: Box<[u8]>,
}

impl Table {
    /// The table over the given variables, each with how many classes it has; `end` gives the end for classes in the
    /// same order. `None` if it would have more than `most` cells, or an end does not fit.
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
                *class = u32::try_from(cell / *stride as usize % *count as usize).ok()?;
            }
            out.push(u8::try_from(end(&classes)).ok()?);
        }
        Some(Self { strides: strides.into(), cells: out.into() })
    }

    /// The end for these classes; `None` where a variable is open.
    pub fn look_up(&self, classes: &[u32]) -> Option<u32> {
        let mut cell = 0_usize;
        for (variable, count, stride) in &self.strides {
            let class = *classes.get(*variable as usize)?;
            if class >= *count {
                return None;
            }
            cell += class as usize * *stride as usize;
        }
        self.cells.get(cell).map(|end| u32::from(*end))
    }

    /// How many bytes it takes.
    pub fn bytes(&self) -> usize {
        self.cells.len() + size_of_val(&*self.strides)
    }

    /// How many cells it has.
    pub fn cells(&self) -> usize {
        self.cells.len()
    }

    /// Whether it has a cell for each combination of classes, and each holds an end below `ends`.
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
