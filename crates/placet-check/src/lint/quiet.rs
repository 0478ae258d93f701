//! Comments that quiet a justified warning: `// allow P0906: the form always sends it`, directly before a declaration, an
//! attribute or a row.

use placet_syntax::ast::{Comment, Item};
use placet_syntax::source::Loaded;
use placet_syntax::{Code, Diagnostic, Severity, Sources, Span};
use std::collections::BTreeMap;

/// The comments of a policy that quiet warnings.
///
/// ```
/// use placet_check::Quiets;
/// use placet_syntax::{Code, Diagnostic, Limits, source::load_text};
///
/// let text = "policy shop\n\n// allow P0801: the statute names it so\nrule ArtSix { deny }";
/// let mut quiets = Quiets::new(&load_text("shop.placet", text, &Limits::default()));
/// let rule = quiets.targets()[0];
/// let mut warnings = vec![Diagnostic::new(Code::NameStyle, rule, "not in snake_case")];
/// quiets.apply(&mut warnings);
/// assert!(warnings.is_empty() && quiets.warnings().is_empty());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Quiets {
    all: Vec<Quiet>,
    warnings: Vec<Diagnostic>,
}

#[derive(Debug, Clone)]
struct Quiet {
    code: Code,
    comment: Span,
    /// The declaration after the comment; empty if none begins there.
    target: Span,
    is_used: bool,
}

impl Quiets {
    /// Collects the comments of all files. Cost: linear in the number of comments and declarations.
    pub fn new(loaded: &Loaded) -> Self {
        let mut quiets = Self::default();
        for file in &loaded.files {
            if !file.comments.iter().any(|comment| code_and_reason(&comment.text).is_some()) {
                continue;
            }
            let mut targets = BTreeMap::new();
            file.items.iter().for_each(|item| add_targets(item, &mut targets));
            for (index, comment) in file.comments.iter().enumerate() {
                let later = file.comments.get(index + 1..).unwrap_or_default();
                quiets.add(comment, next_token(&loaded.sources, comment, later), &targets);
            }
        }
        quiets
    }

    fn add(&mut self, comment: &Comment, next: u32, targets: &BTreeMap<u32, Span>) {
        let Some((word, reason)) = code_and_reason(&comment.text) else { return };
        let mut warn = |code, message: String, help: String| {
            self.warnings.push(Diagnostic::new(code, comment.span, message).help(help));
        };
        let Some(code) = Code::ALL.iter().copied().find(|code| code.as_str() == word) else {
            let message = format!("the comment quiets nothing: no warning has the code `{word}`");
            return warn(Code::IdleQuiet, message, "write the code of the warning".to_owned());
        };
        if code.severity() != Severity::Warning {
            let message = format!("the comment quiets nothing: `{word}` is an error");
            return warn(Code::IdleQuiet, message, "remove the comment".to_owned());
        }
        if reason.is_empty() {
            let message = format!("the comment quiets `{word}` without a reason");
            warn(Code::QuietWithoutReason, message, format!("write `// allow {word}: ` and the reason"));
        }
        let target = targets.get(&next).copied().unwrap_or(Span { end: next, start: next, ..comment.span });
        self.all.push(Quiet { code, comment: comment.span, target, is_used: false });
    }

    /// Returns the spans in which warnings are quieted.
    pub fn targets(&self) -> Vec<Span> {
        self.all.iter().map(|quiet| quiet.target).collect()
    }

    /// Removes the quieted warnings.
    pub fn apply(&mut self, diagnostics: &mut Vec<Diagnostic>) {
        diagnostics.retain(|fault| {
            let Some(span) = fault.span() else { return true };
            let quiet = self.all.iter_mut().find(|quiet| {
                let target = quiet.target;
                quiet.code == fault.code
                    && (target.file, target.start) <= (span.file, span.start)
                    && target.file == span.file
                    && span.end <= target.end
            });
            match quiet {
                Some(quiet) => {
                    quiet.is_used = true;
                    false
                }
                None => true,
            }
        });
    }

    /// Returns the warnings about the comments themselves: those that quieted nothing so far, and those without a reason.
    pub fn warnings(&self) -> Vec<Diagnostic> {
        let idle = self.all.iter().filter(|quiet| !quiet.is_used).map(|quiet| {
            let message = format!("the comment quiets nothing: there is no `{}` here", quiet.code);
            Diagnostic::new(Code::IdleQuiet, quiet.comment, message).help("remove the comment")
        });
        self.warnings.iter().cloned().chain(idle).collect()
    }
}

/// Returns true if a comment quiets a warning.
pub(crate) fn is_quiet(comment: &str) -> bool {
    code_and_reason(comment).is_some()
}

/// Returns the code and the reason of a comment that quiets a warning.
fn code_and_reason(comment: &str) -> Option<(&str, &str)> {
    let text = comment.strip_prefix("//")?.trim_start().strip_prefix("allow ")?.trim_start();
    let (word, reason) = text.split_once(':').unwrap_or((text, ""));
    let is_code =
        word.len() == 5 && word.starts_with('P') && word.bytes().skip(1).all(|byte| byte.is_ascii_digit());
    is_code.then(|| (word, reason.trim()))
}

/// Returns the offset of the first token after a comment and the comments that follow it.
fn next_token(sources: &Sources, comment: &Comment, later: &[Comment]) -> u32 {
    let text = sources.text(comment.span.file);
    let mut end = comment.span.end;
    for other in later.iter().map(Some).chain([None]) {
        let rest = text.get(end as usize..).unwrap_or_default();
        let gap = rest.len() - rest.trim_start().len();
        let next = end + u32::try_from(gap).unwrap_or(u32::MAX);
        match other {
            Some(other) if other.span.start == next => end = other.span.end,
            _ => return next,
        }
    }
    end
}

/// Adds the spans of a declaration and of its attributes, entries or rows, by their starts.
fn add_targets(item: &Item, targets: &mut BTreeMap<u32, Span>) {
    let mut add = |span: Span| {
        targets.entry(span.start).or_insert(span);
    };
    add(item.span());
    match item {
        Item::Request(request) => request.attributes.iter().for_each(|attribute| add(attribute.span)),
        Item::Table(table) => table.rows.iter().for_each(|row| add(row.span)),
        Item::Lookup(lookup) => lookup.entries.iter().for_each(|entry| add(entry.span)),
        Item::Where(block) => block.items.iter().for_each(|item| add_targets(item, targets)),
        _ => {}
    }
}
