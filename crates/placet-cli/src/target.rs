//! Output files, written completely or not at all.
//!
//! A regular file is written to a temporary file in the same folder, which replaces it at the end. A command that fails
//! leaves the old file as it was.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// An output that is being written.
pub(crate) struct Target {
    out: BufWriter<Destination>,
}

enum Destination {
    Stdout(io::Stdout),
    /// A device or a pipe, which can't be replaced.
    Stream(File),
    /// A temporary file and the path that it will replace.
    Beside(NamedTempFile, PathBuf),
}

impl Target {
    /// Creates an output file, or opens standard output for `-`.
    ///
    /// # Errors
    /// Errors don't name the path.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { out: BufWriter::with_capacity(1 << 18, Destination::new(path)?) })
    }

    /// Finishes the output. A temporary file replaces its target.
    ///
    /// # Errors
    /// Errors don't name the path.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self.out.into_inner().map_err(io::IntoInnerError::into_error)? {
            Destination::Stdout(mut out) => out.flush(),
            Destination::Stream(mut out) => out.flush(),
            Destination::Beside(out, path) => out.persist(path).map(drop).map_err(|error| error.error),
        }
    }
}

impl Destination {
    fn new(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            return Ok(Destination::Stdout(io::stdout()));
        }
        // `/dev/stderr` may be a file that other processes write to as well, so it must be appended to, not replaced.
        let is_device =
            path.starts_with("/dev") || fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
        if is_device {
            return fs::OpenOptions::new().append(true).open(path).map(Destination::Stream);
        }
        // Replace the file that a link points to, not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".placet-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // Temporary files are private by default. Use the mode of any new file, which the umask then restricts.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder)?;
        if let Ok(replaced) = fs::metadata(&path) {
            file.as_file().set_permissions(replaced.permissions())?;
        }
        Ok(Destination::Beside(file, path))
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Destination::Stdout(out) => out.write(bytes),
            Destination::Stream(out) => out.write(bytes),
            Destination::Beside(out, _) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Destination::Stdout(out) => out.flush(),
            Destination::Stream(out) => out.flush(),
            Destination::Beside(out, _) => out.flush(),
        }
    }
}
