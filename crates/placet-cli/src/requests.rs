//! Reads the requests of a stream one by one: JSON Lines, objects over several lines, and arrays of requests.
//!
//! A line is a request, and nothing of it is looked at beforehand, so JSON Lines cost what reading lines costs. Only if a
//! line turns out to be no request does [`Requests::continue_record`] add the lines that continue it. An array is cut into
//! its elements by its brackets, so it is never in memory as a whole.

use std::io::{self, BufRead, BufReader, Read};

/// A reader of requests.
pub(crate) struct Requests<R> {
    input: BufReader<R>,
    /// The maximum size of a request, in bytes.
    limit: usize,
    record: Vec<u8>,
    /// The line after the record, if it was read already.
    ahead: Option<Vec<u8>>,
    in_array: bool,
}

impl<R: Read> Requests<R> {
    pub(crate) fn new(input: R, limit: usize) -> Self {
        Self { input: BufReader::new(input), limit, record: Vec::new(), ahead: None, in_array: false }
    }

    /// Returns the current request, which may be malformed.
    pub(crate) fn record(&self) -> &[u8] {
        self.record.trim_ascii()
    }

    /// Reads the next request. Returns false at the end of the stream. Calls `idle` before a read that may block: a caller
    /// that writes one request and waits for its decision must get it.
    ///
    /// # Errors
    /// If the stream can't be read, or a request exceeds the limit.
    pub(crate) fn next(&mut self, idle: &mut dyn FnMut() -> io::Result<()>) -> io::Result<bool> {
        self.record.clear();
        loop {
            if self.in_array {
                if self.element(idle)? {
                    return Ok(true);
                }
                self.in_array = false;
            }
            if let Some(line) = self.ahead.take() {
                self.record = line;
            } else {
                match self.skip_blank(idle)? {
                    None => return Ok(false),
                    Some(b'[') => {
                        self.input.consume(1);
                        self.in_array = true;
                        continue;
                    }
                    Some(_) => {}
                }
                let mut line = std::mem::take(&mut self.record);
                self.line(&mut line, self.limit, idle)?;
                self.record = line;
            }
            if !self.record().is_empty() {
                return Ok(true);
            }
        }
    }

    /// Appends the lines that continue a record whose brackets are open. Returns false if there are none.
    ///
    /// Two tokens on different lines are of one value only if the first is `{`, `[`, `,` or `:`, or the second `}`, `]`, `,`
    /// or `:`. A malformed line is thereby a record of its own, and the next line another.
    ///
    /// # Errors
    /// Like [`Requests::next`].
    pub(crate) fn continue_record(&mut self, idle: &mut dyn FnMut() -> io::Result<()>) -> io::Result<bool> {
        let mut brackets = Brackets::default();
        let mut seen = 0;
        let mut is_continued = false;
        while !self.in_array && self.ahead.is_none() {
            brackets.add(self.record.get(seen..).unwrap_or_default());
            seen = self.record.len();
            if !brackets.are_open() {
                break;
            }
            let mut line = Vec::new();
            let room = self.limit.saturating_sub(self.record.len());
            if !self.line(&mut line, room, idle)? {
                break;
            }
            let Some(first) = line.trim_ascii_start().first() else { continue };
            let last = self.record().last();
            if last.is_some_and(|byte| b"{[,:".contains(byte)) || b"}],:".contains(first) {
                self.record.extend_from_slice(&line);
                is_continued = true;
            } else {
                self.ahead = Some(line);
            }
        }
        Ok(is_continued)
    }

    /// Skips white space. Returns the byte after it without consuming it, or `None` at the end of the stream.
    fn skip_blank(&mut self, idle: &mut dyn FnMut() -> io::Result<()>) -> io::Result<Option<u8>> {
        loop {
            let bytes = fill(&mut self.input, idle)?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let blank = bytes.len() - bytes.trim_ascii_start().len();
            let next = bytes.get(blank).copied();
            self.input.consume(blank);
            if next.is_some() {
                return Ok(next);
            }
        }
    }

    /// Appends a line of at most `room` bytes. Returns false at the end of the stream.
    fn line(
        &mut self,
        line: &mut Vec<u8>,
        room: usize,
        idle: &mut dyn FnMut() -> io::Result<()>,
    ) -> io::Result<bool> {
        fill(&mut self.input, idle)?;
        // One byte more than there is room for tells of a longer line without reading all of it.
        let read = self.input.by_ref().take(room as u64 + 1).read_until(b'\n', line)?;
        if read > room {
            idle()?;
            return Err(self.too_long());
        }
        Ok(read > 0)
    }

    /// Reads the next element of an array. Returns false after its end. An array that the stream doesn't close ends with a
    /// malformed element.
    fn element(&mut self, idle: &mut dyn FnMut() -> io::Result<()>) -> io::Result<bool> {
        let mut brackets = Brackets::default();
        loop {
            let limit = self.limit;
            let bytes = fill(&mut self.input, idle)?;
            if bytes.is_empty() {
                self.in_array = false;
                self.record.insert(0, b'[');
                return Ok(true);
            }
            let end = bytes.iter().position(|byte| {
                let ends = brackets.is_outside() && matches!(byte, b',' | b']');
                if !ends {
                    brackets.add_byte(*byte);
                }
                ends
            });
            let taken = end.unwrap_or(bytes.len());
            self.record.extend_from_slice(bytes.get(..taken).unwrap_or_default());
            let sign = end.and_then(|end| bytes.get(end).copied());
            self.input.consume(taken + usize::from(sign.is_some()));
            if self.record.len() > limit {
                idle()?;
                return Err(self.too_long());
            }
            match sign {
                None => {}
                Some(b',') => return Ok(true),
                Some(_) => {
                    self.in_array = false;
                    let is_empty = self.record().is_empty();
                    if is_empty {
                        self.record.clear();
                    }
                    return Ok(!is_empty);
                }
            }
        }
    }

    fn too_long(&self) -> io::Error {
        io::Error::other(format!("a request is longer than {} bytes", self.limit))
    }
}

/// Returns the bytes that were read and not consumed; none at the end of the stream.
fn fill<'i>(
    input: &'i mut BufReader<impl Read>,
    idle: &mut dyn FnMut() -> io::Result<()>,
) -> io::Result<&'i [u8]> {
    if input.buffer().is_empty() {
        idle()?;
    }
    input.fill_buf()
}

/// Counts the open brackets of a JSON text.
#[derive(Default)]
struct Brackets {
    open: usize,
    in_text: bool,
    is_escaped: bool,
}

impl Brackets {
    fn add(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.add_byte(*byte));
    }

    fn add_byte(&mut self, byte: u8) {
        match byte {
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' if self.in_text => self.is_escaped = true,
            b'"' => self.in_text = !self.in_text,
            _ if self.in_text => {}
            b'{' | b'[' => self.open += 1,
            b'}' | b']' => self.open = self.open.saturating_sub(1),
            _ => {}
        }
    }

    /// Returns true if a bracket is open. A text never spans lines, so one that is open is a fault of its line.
    fn are_open(&self) -> bool {
        self.open > 0 && !self.in_text
    }

    fn is_outside(&self) -> bool {
        self.open == 0 && !self.in_text
    }
}

#[cfg(test)]
mod tests {
    use super::Requests;
    use std::io::{self, Read};

    /// Returns the requests of a text, each continued where its brackets are open, read in pieces of a size.
    fn read(text: &str, piece: usize, limit: usize) -> io::Result<Vec<String>> {
        struct Pieces<'a>(&'a [u8], usize);
        impl Read for Pieces<'_> {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                let length = self.1.min(out.len()).min(self.0.len());
                let (now, later) = self.0.split_at(length);
                out[..length].copy_from_slice(now);
                self.0 = later;
                Ok(length)
            }
        }
        let mut requests = Requests::new(Pieces(text.as_bytes(), piece), limit);
        let mut found = Vec::new();
        while requests.next(&mut || Ok(()))? {
            requests.continue_record(&mut || Ok(()))?;
            let words: Vec<_> = std::str::from_utf8(requests.record()).unwrap().split_whitespace().collect();
            found.push(words.join(" "));
        }
        Ok(found)
    }

    #[track_caller]
    fn reads(text: &str, expected: &[&str]) {
        for piece in [1, 2, 3, 7, 1_000] {
            assert_eq!(read(text, piece, 1_000).unwrap(), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn lines_are_requests() {
        reads("", &[]);
        reads(" \n\r\n", &[]);
        reads("{\"a\": 1}\n\n{\"b\": 2}\r\n{}", &["{\"a\": 1}", "{\"b\": 2}", "{}"]);
    }

    #[test]
    fn objects_span_lines() {
        reads(
            "{\n  \"a\": 1,\n\n  \"b\": [\n    \"}\"\n  ]\n}\n{\"c\": 3}\n",
            &["{ \"a\": 1, \"b\": [ \"}\" ] }", "{\"c\": 3}"],
        );
        reads("{\"a\":\n1\n,\"b\"\n:2}", &["{\"a\": 1 ,\"b\" :2}"]);
    }

    #[test]
    fn malformed_lines_are_requests_of_their_own() {
        reads(
            "{\"a\": 1\n{\"b\": 2}\n{\"c\n{\"d\": 4}}\n",
            &["{\"a\": 1", "{\"b\": 2}", "{\"c", "{\"d\": 4}}"],
        );
        reads("{\"a\": [1,\n2\n", &["{\"a\": [1, 2"]);
    }

    #[test]
    fn arrays_hold_requests() {
        reads("[]\n{}", &["{}"]);
        reads(
            " [{\"a\": \"],\\\"\"}, {\"b\": [1, 2]},\n{\n}\n]\n{\"c\": 3}\n[1]",
            &["{\"a\": \"],\\\"\"}", "{\"b\": [1, 2]}", "{ }", "{\"c\": 3}", "1"],
        );
        reads("[{\"a\": 1}, {\"b\"", &["{\"a\": 1}", "[ {\"b\""]);
        reads("[{},]", &["{}"]);
    }

    #[test]
    fn requests_have_a_limit() {
        for text in ["{\"a\": \"0123456789\"}", "{\n\"a\":\n\"0123456789\"}", "[{\"a\": \"0123456789\"}]"] {
            assert!(read(text, 3, 10).is_err(), "{text}");
            assert_eq!(read(text, 3, 20).unwrap().len(), 1, "{text}");
        }
        let many = "{\"a\": 1}\n".repeat(10);
        assert_eq!(read(&many, 3, 10).unwrap().len(), 10);
    }
}
