//! Formats declarations and the blank lines between them.

use super::layout::Layout;
use super::list::{Entry, Listing};
use crate::ast::*;

impl Layout<'_> {
    /// Writes declarations with a blank line between them. One-line declarations of a kind stay together if they are
    /// together in the source.
    pub(super) fn items(&mut self, items: &[Item]) {
        let mut previous = None;
        for (index, item) in items.iter().enumerate() {
            // Only the written text tells if a declaration fits on one line, so the blank line is inserted afterwards.
            let before = self.out.len();
            self.item(item);
            let written = self.out.get(before..).unwrap_or_default();
            let kind = (can_be_grouped(item) && is_one_line(written)).then(|| std::mem::discriminant(item));
            let together = kind.is_some() && kind == previous;
            if index > 0 && !together && !written.starts_with('\n') {
                self.out.insert(before, '\n');
            }
            previous = kind;
        }
    }

    fn item(&mut self, item: &Item) {
        let (start, end) = (item.span().start as usize, item.span().end as usize);
        match item {
            Item::Header(header) => self.header(header),
            Item::Import(import) => {
                let text = format!("import {}", self.sources.slice(import.path.span));
                self.line(start, end, &text);
            }
            Item::Taxonomy(taxonomy) => self.taxonomy(taxonomy),
            Item::NamedSet(set) => self.named_set(set),
            Item::Request(request) => {
                let brace = self.find(b'{', start);
                self.block(start, brace, end, "request", |layout| {
                    request.attributes.iter().for_each(|attribute| layout.attribute(attribute));
                });
            }
            Item::Let(definition) => {
                let head = format!("let {} = ", self.sources.slice(definition.name.span));
                let text = self.with_condition(&head, &definition.condition, 0);
                self.line(start, end, &text);
            }
            Item::Lookup(lookup) => self.lookup(lookup),
            Item::Where(block) => {
                let brace = self.find(b'{', block.condition.span.end as usize);
                let tail = if block.items.is_empty() { " {}" } else { " {" };
                let head = self.with_condition("where ", &block.condition, tail.len());
                self.block(start, brace, end, &head, |layout| layout.items(&block.items));
            }
            Item::Rule(rule) => self.rule(rule),
            Item::Table(table) => self.table(table),
            Item::Proof(proof) => self.proof(proof),
            Item::Example(example) => {
                let mut head = format!("example {} ", self.sources.slice(example.name.span));
                if let Some(base) = &example.base {
                    head.push_str(&format!("= {} with ", self.sources.slice(base.span)));
                }
                let last = example.base.as_ref().unwrap_or(&example.name);
                self.listing(Listing {
                    start,
                    head,
                    braces: (self.find(b'{', last.span.end as usize), end),
                    entries: self.assignment_entries(&example.assignments),
                    spaced: true,
                    tail: String::new(),
                    end,
                });
            }
            Item::Test(test) => self.test(test),
            Item::Cases(cases) => self.cases(cases),
        }
    }

    fn header(&mut self, header: &Header) {
        let (start, end) = (header.span.start as usize, header.span.end as usize);
        let mut parts: Vec<(&str, &Text)> = [("version", &header.version), ("source", &header.source)]
            .into_iter()
            .filter_map(|(word, text)| text.as_ref().map(|text| (word, text)))
            .collect();
        // In the order of the source: one cursor over the comments needs ascending ranges.
        parts.sort_by_key(|(_, text)| text.span.start);
        let mut lines =
            vec![(start, header.name.span, format!("policy {}", self.sources.slice(header.name.span)))];
        for (word, text) in parts {
            let after = lines.last().map_or(start, |(_, span, _)| span.end as usize);
            lines.push((
                self.after_trivia(after),
                text.span,
                format!("{word} {}", self.sources.slice(text.span)),
            ));
        }
        if !self.is_broken(start, end) {
            let texts: Vec<String> = lines.into_iter().map(|(_, _, text)| text).collect();
            self.line(start, end, &texts.join(" "));
            return;
        }
        let mut lines = lines.into_iter();
        if let Some((start, name, text)) = lines.next() {
            self.line(start, name.end as usize, &text);
        }
        for (start, span, text) in lines {
            self.inside(|layout| layout.line(start, span.end as usize, &text));
        }
    }

    fn taxonomy(&mut self, taxonomy: &Taxonomy) {
        let (start, end) = (taxonomy.span.start as usize, taxonomy.span.end as usize);
        let head = format!("taxonomy {}", self.sources.slice(taxonomy.name.span));
        let brace = self.find(b'{', taxonomy.name.span.end as usize);
        // A taxonomy that its author broke stays broken.
        let may_be_flat = !self.is_broken(brace, end);
        self.nodes(start, brace, end, &head, &taxonomy.nodes, may_be_flat);
    }

    fn node(&mut self, node: &Node) {
        let (start, end) = (node.span.start as usize, node.span.end as usize);
        let name = self.sources.slice(node.name.span);
        let Some(children) = &node.children else {
            self.line(start, end, name);
            return;
        };
        let brace = self.find(b'{', node.name.span.end as usize);
        // Leaves alone are easy to read on one line; nested lists stay as their author broke them.
        let are_leaves = children.iter().all(|child| child.children.as_ref().is_none_or(Vec::is_empty));
        let may_be_flat = are_leaves || !self.is_broken(brace, end);
        self.nodes(start, brace, end, name, children, may_be_flat);
    }

    fn nodes(
        &mut self,
        start: usize,
        brace: usize,
        end: usize,
        head: &str,
        nodes: &[Node],
        may_be_flat: bool,
    ) {
        if may_be_flat
            && !self.has_comment(brace, end)
            && let Some(text) = self.flat(0, 0, |flat| {
                flat.put(head)?;
                flat.put(" ")?;
                flat.nodes(nodes)
            })
        {
            self.line(start, end, &text);
            return;
        }
        self.block(start, brace, end, head, |layout| {
            nodes.iter().for_each(|node| layout.node(node));
        });
    }

    fn named_set(&mut self, set: &NamedSet) {
        let (start, end) = (set.span.start as usize, set.span.end as usize);
        let (name, base) = (self.sources.slice(set.name.span), self.sources.slice(set.base.span));
        let head = format!("set {name} of {base} = ");
        // The last list in braces is broken if the line is too long.
        let is_braces = |term: &SetTerm| matches!(term, SetTerm::Braces(_));
        let terms = &set.value.terms;
        let Some((before, (SetTerm::Braces(braces), after))) = terms
            .iter()
            .rposition(is_braces)
            .and_then(|at| Some((terms.get(..at)?, terms.get(at..)?.split_first()?)))
        else {
            let text = head + &self.on_one_line(|flat| flat.set_expression(&set.value));
            self.line(start, end, &text);
            return;
        };
        let on_one_line = |terms: &[SetTerm]| {
            self.on_one_line(|flat| {
                flat.set_expression(&SetExpression { terms: terms.to_vec(), span: set.value.span })
            })
        };
        let before = if before.is_empty() { String::new() } else { on_one_line(before) + " except " };
        let tail = if after.is_empty() { String::new() } else { format!(" except {}", on_one_line(after)) };
        self.listing(Listing {
            start,
            head: head + &before,
            braces: (braces.span.start as usize, braces.span.end as usize),
            entries: self.operand_entries(&braces.entries),
            spaced: false,
            tail,
            end,
        });
    }

    fn lookup(&mut self, lookup: &Lookup) {
        let head = self.on_one_line(|flat| {
            flat.put("lookup ")?;
            flat.name(&lookup.name)?;
            flat.put(" of ")?;
            flat.kind(&lookup.key)?;
            flat.put(": ")?;
            flat.kind(&lookup.kind)?;
            flat.put(" ")
        });
        let entries = lookup.entries.iter().map(|entry| Entry {
            text: self.on_one_line(|flat| {
                match &entry.key {
                    Key::Otherwise(_) => flat.put("otherwise")?,
                    Key::Name(operand) => flat.operand(operand)?,
                    Key::Braces(braces) => flat.braces(braces)?,
                }
                flat.put(": ")?;
                flat.set_expression(&entry.value)
            }),
            start: entry.span.start as usize,
            end: entry.span.end as usize,
        });
        let entries = entries.collect();
        let (start, end) = (lookup.span.start as usize, lookup.span.end as usize);
        let braces = (self.find(b'{', lookup.kind.span().end as usize), end);
        self.listing(Listing { start, head, braces, entries, spaced: true, tail: String::new(), end });
    }

    fn attribute(&mut self, attribute: &Attribute) {
        let (start, end) = (attribute.span.start as usize, attribute.span.end as usize);
        let mut head = format!("{}: ", self.sources.slice(attribute.name.span));
        let tail = match &attribute.presence {
            None => String::new(),
            Some(Presence::Required(_)) => " required".to_owned(),
            Some(Presence::Default(value)) => self.with_value(" default ", value, self.indent),
        };
        let mut kind = &attribute.kind;
        if let Kind::Set { may_be_empty, of, .. } = kind {
            head.push_str(if *may_be_empty { "set? of " } else { "set of " });
            kind = of;
        }
        let (list, mark) = match kind {
            Kind::Optional(inner, _) => (&**inner, "?"),
            kind => (kind, ""),
        };
        // A list of names is broken if the line is too long.
        if let Kind::Enum(names, span) = list {
            let entries: Vec<Entry> = self.name_entries(names);
            let braces = (span.start as usize, span.end as usize);
            let tail = format!("{mark}{tail}");
            self.listing(Listing { start, head, braces, entries, spaced: true, tail, end });
            return;
        }
        head.push_str(&self.on_one_line(|flat| flat.kind(kind)));
        self.line(start, end, &(head + &tail));
    }
}

/// Returns true if declarations of this kind may follow each other without a blank line.
fn can_be_grouped(item: &Item) -> bool {
    matches!(item, Item::Import(_) | Item::Let(_) | Item::NamedSet(_) | Item::Lookup(_) | Item::Example(_))
}

/// Returns true if the text is a single line, not counting comments.
fn is_one_line(text: &str) -> bool {
    // No token contains a line end, so a line that begins with `//` is a comment, not part of a string.
    let mut code = text.lines().filter(|line| !line.is_empty() && !line.trim_start().starts_with("//"));
    code.next().is_some() && code.next().is_none()
}
