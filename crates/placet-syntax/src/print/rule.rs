//! Formats rules, their parts and exceptions, and proofs.

use super::condition::CONTINUED;
use super::layout::{Layout, STEP};
use crate::ast::*;

impl Layout<'_> {
    pub(super) fn rule(&mut self, rule: &Rule) {
        let brace = self.find(b'{', rule.name.span.end as usize);
        let head = format!("rule {}", self.sources.slice(rule.name.span));
        self.block(rule.span.start as usize, brace, rule.span.end as usize, &head, |layout| {
            layout.parts(&rule.parts)
        });
    }

    /// Writes the parts of a rule, or of a table before its rows.
    pub(super) fn parts(&mut self, parts: &[Part]) {
        for part in parts {
            self.part(part);
        }
    }

    fn part(&mut self, part: &Part) {
        let span = part.span();
        let text = match part {
            Part::Effect(effect) => return self.effect(effect),
            Part::Otherwise(_) => "otherwise deny".to_owned(),
            Part::Where(condition, _) => self.with_condition("where ", condition, 0),
            Part::Cite(text, _) => format!("cite {}", self.sources.slice(text.span)),
            Part::Because(text, _) => format!("because {}", self.sources.slice(text.span)),
            Part::Basis(name, _) => format!("basis {}", self.sources.slice(name.span)),
            Part::Oblige(obligation, _) => self.oblige(obligation),
        };
        self.line(span.start as usize, span.end as usize, &text);
    }

    fn oblige(&self, obligation: &Obligation) -> String {
        const HEAD: &str = "oblige ";
        let is_commented = self.has_comment(obligation.span.start as usize, obligation.span.end as usize);
        if !is_commented && let Some(text) = self.flat(HEAD.len(), 0, |flat| flat.obligation(obligation)) {
            return HEAD.to_owned() + &text;
        }
        let mut out = HEAD.to_owned() + &self.on_one_line(|flat| flat.duty(obligation));
        if let Some(condition) = &obligation.when {
            out = self.with_condition(&(out + " when "), condition, 0);
        }
        if let Some(text) = &obligation.text {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', self.indent + CONTINUED));
            out.push_str(self.sources.slice(text.span));
        }
        out
    }

    fn effect(&mut self, part: &EffectPart) {
        let word = match part.effect {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
        };
        // The line ends before the exceptions, although the part's span includes them: they are lines of their own.
        let start = part.span.start as usize;
        match &part.when {
            Some(condition) => {
                let text = self.with_condition(&format!("{word} when "), condition, 0);
                self.line(start, condition.span.end as usize, &text);
            }
            None => self.line(start, part.effect_span.end as usize, word),
        }
        self.indent += STEP;
        self.exceptions(&part.exceptions);
        self.indent -= STEP;
    }

    fn exceptions(&mut self, exceptions: &[Exception]) {
        for exception in exceptions {
            let (start, end) = (exception.span.start as usize, exception.span.end as usize);
            let name = exception.name.as_ref().map_or("", |name| self.sources.slice(name.span));
            let space = if name.is_empty() { "" } else { " " };
            let head = format!("except{space}{name} when ");
            if exception.exceptions.is_empty() {
                let text = self.with_condition(&head, &exception.when, 0);
                self.line(start, end, &text);
                continue;
            }
            let text = self.with_condition(&head, &exception.when, " {".len());
            let brace = self.find(b'{', exception.when.span.end as usize);
            self.block(start, brace, end, &text, |layout| layout.exceptions(&exception.exceptions));
        }
    }

    pub(super) fn proof(&mut self, proof: &Proof) {
        let brace = self.find(b'{', proof.name.span.end as usize);
        let head = format!("prove {}", self.sources.slice(proof.name.span));
        self.block(proof.span.start as usize, brace, proof.span.end as usize, &head, |layout| {
            let word = if proof.always { "always" } else { "never" };
            let start = layout.after_trivia(brace + 1);
            let claim = match &proof.oblige {
                Some(name) => format!("{word} oblige {}", layout.sources.slice(name.span)),
                None => format!("{word} allow"),
            };
            match (&proof.when, &proof.oblige) {
                (Some(condition), _) => {
                    let text = layout.with_condition(&format!("{claim} when "), condition, 0);
                    layout.line(start, condition.span.end as usize, &text);
                }
                (None, Some(name)) => layout.line(start, name.span.end as usize, &claim),
                (None, None) => {
                    // The tree has no span of `allow`, so the source tells where it ends.
                    let end = layout.after_trivia(start + word.len()) + "allow".len();
                    layout.line(start, end, &claim);
                }
            }
        });
    }
}
