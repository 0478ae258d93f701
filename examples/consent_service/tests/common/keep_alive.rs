//! A client with little overhead: one connection, one request at a time.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// The time limit for an answer.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A persistent connection.
pub(crate) struct Client {
    connection: BufReader<TcpStream>,
    text: Vec<u8>,
    line: String,
}

impl Client {
    pub(crate) fn connect(address: impl ToSocketAddrs) -> io::Result<Self> {
        let connection = TcpStream::connect(address)?;
        connection.set_nodelay(true)?;
        connection.set_read_timeout(Some(LONGEST_WAIT))?;
        Ok(Self { connection: BufReader::new(connection), text: Vec::new(), line: String::new() })
    }

    /// Posts a body, and returns the status and body of the answer.
    pub(crate) fn post(&mut self, path: &str, body: &str) -> io::Result<(u16, &[u8])> {
        self.text.clear();
        write!(
            self.text,
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        self.connection.get_mut().write_all(&self.text)?;
        let status = self.line()?.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(odd)?;
        let mut length = None;
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().ok();
            }
        }
        self.text.resize(length.ok_or_else(odd)?, 0);
        self.connection.read_exact(&mut self.text)?;
        Ok((status, &self.text))
    }

    fn line(&mut self) -> io::Result<&str> {
        self.line.clear();
        self.connection.read_line(&mut self.line)?;
        self.line.strip_suffix("\r\n").ok_or_else(odd)
    }
}

fn odd() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the answer is not one of HTTP")
}
