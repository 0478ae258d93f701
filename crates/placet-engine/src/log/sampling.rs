//! Sampling: the choice of lines to keep.

use placet::Effect;

/// The share of lines to keep, from 0 to 1, for each kind of line.
#[derive(Debug, Clone)]
pub(super) struct Shares {
    pub(super) allow: f64,
    pub(super) deny: f64,
    pub(super) indeterminate: f64,
    pub(super) errors: f64,
}

impl Shares {
    /// Keeps every line.
    pub(super) const ALL: Self = Self { allow: 1.0, deny: 1.0, indeterminate: 1.0, errors: 1.0 };

    pub(super) fn of(&self, effect: Effect) -> f64 {
        match effect {
            Effect::Allow => self.allow,
            Effect::Deny => self.deny,
            Effect::Indeterminate => self.indeterminate,
        }
    }

    pub(super) fn of_mut(&mut self, effect: Effect) -> &mut f64 {
        match effect {
            Effect::Allow => &mut self.allow,
            Effect::Deny => &mut self.deny,
            Effect::Indeterminate => &mut self.indeterminate,
        }
    }
}

/// Clamps a share to its bounds. `NaN` keeps every line, since losing lines is the worse mistake.
pub(super) fn share(share: f64) -> f64 {
    if share.is_nan() { 1.0 } else { share.clamp(0.0, 1.0) }
}

/// Returns true if sampling keeps the next line. Lines are sampled independently, so that regular traffic isn't seen
/// from one side only.
pub(super) fn keeps(share: f64) -> bool {
    share >= 1.0 || fastrand::f64() < share
}
