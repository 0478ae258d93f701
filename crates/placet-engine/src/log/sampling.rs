//! Which lines are kept.

use placet::Effect;

/// The share of lines that is kept, of each kind; from 0 to 1.
#[derive(Debug, Clone)]
pub(super) struct Shares {
    pub(super) allow: f64,
    pub(super) deny: f64,
    pub(super) indeterminate: f64,
    pub(super) errors: f64,
}

impl Shares {
    /// Everything.
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

/// A share within its bounds. What is no number keeps everything.
pub(super) fn share(share: f64) -> f64 {
    if share.is_nan() { 1.0 } else { share.clamp(0.0, 1.0) }
}

/// Whether the next line is one of the share: by chance, each for itself.
pub(super) fn keeps(share: f64) -> bool {
    share >= 1.0 || fastrand::f64() < share
}
