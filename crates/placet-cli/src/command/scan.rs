//! `placet scan`.

use super::open;
use crate::args::{Format, OnFault, Scan};
use crate::progress::Progress;
use crate::render;
use crate::scan::answers::Answers;
use crate::scan::columns::Columns;
use crate::scan::deny_report::DenyReport;
use crate::scan::error::{FaultNote, ScanError};
use crate::scan::output::{self, Layout, Output};
use crate::scan::source::{Rows, Source};
use crate::scan::summary::{SHOWN_FAULTS, Summary};
use crate::target::Target;
use placet::Policy;
use placet_arrow::{BoundPolicy, Reason};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Instant;

pub(crate) fn run(args: &Scan) -> io::Result<u8> {
    let Some(policy) = open(&args.policy, Format::Text, &mut io::sink())? else { return Ok(1) };
    match scan(&policy, args) {
        Ok(summary) => {
            if !args.quiet {
                write_summary(&summary, args)?;
            }
            Ok(if summary.tally.errors > 0 { 2 } else { 0 })
        }
        // The reader of the rows closed its pipe.
        Err(ScanError::Io { error, .. }) if error.kind() == ErrorKind::BrokenPipe => Err(error),
        Err(error) => {
            render::failure(&error.to_string());
            Ok(if matches!(error, ScanError::Fault { .. }) { 2 } else { 1 })
        }
    }
}

/// Writes the summary to standard output, or to standard error if rows or the report go to standard output.
fn write_summary(summary: &Summary, args: &Scan) -> io::Result<()> {
    let is_stdout = |path: &Option<std::path::PathBuf>| path.as_deref() == Some(Path::new("-"));
    let mut text = Vec::new();
    match args.format {
        Format::Text => summary.text(&mut text)?,
        Format::Json => summary.json(&mut text)?,
    }
    if is_stdout(&args.output) || is_stdout(&args.deny_report) {
        io::Write::write_all(&mut anstream::stderr().lock(), &text)
    } else {
        io::Write::write_all(&mut anstream::stdout().lock(), &text)
    }
}

/// Decides the rows of all files.
fn scan(policy: &Policy, args: &Scan) -> Result<Summary, ScanError> {
    let columns = Columns::new(policy, args)?;
    let mut scan = Run {
        policy,
        args,
        columns: &columns,
        layout: Layout::new(args),
        output: None,
        report: match &args.deny_report {
            Some(path) => Some((DenyReport::default(), output::create(path)?, path)),
            None => None,
        },
        progress: Progress::new(&args.files, !args.quiet && !args.no_progress, "rows"),
        summary: Summary::default(),
    };
    let started = Instant::now();
    let done = args.files.iter().try_for_each(|file| scan.file(file));
    scan.progress.clear();
    done?;
    if let Some(output) = scan.output {
        output.finish()?;
    }
    if let Some((report, target, path)) = scan.report {
        report.write(target, path, policy)?;
    }
    scan.summary.elapsed = started.elapsed();
    Ok(scan.summary)
}

/// The state of a scan.
struct Run<'a> {
    policy: &'a Policy,
    args: &'a Scan,
    columns: &'a Columns<'a>,
    layout: Option<(Layout<'a>, &'a Path)>,
    output: Option<Output<'a>>,
    report: Option<(DenyReport, Target, &'a Path)>,
    progress: Progress,
    summary: Summary,
}

impl Run<'_> {
    /// Decides the rows of a file.
    fn file(&mut self, path: &Path) -> Result<(), ScanError> {
        let rows = self.layout.as_ref().map_or(Rows::None, |(layout, _)| layout.rows());
        let mut source = Source::open(path, self.columns, self.args, rows)?;
        let binding = self.bind(&source)?;
        self.begin(&source, &binding)?;
        let name = source.name.clone();
        let mut before = 0;
        while let Some(batch) = source.next()? {
            let fails = self.args.on_error == OnFault::Fail;
            let answers = Answers::new(&name, &binding, &batch, before, fails)?;
            if let Some(output) = &mut self.output {
                output.write(&batch, &answers)?;
            }
            if let Some((report, ..)) = &mut self.report {
                report.add(&name, before, &answers);
            }
            self.summary.tally.add(&answers.tally);
            let room = SHOWN_FAULTS.saturating_sub(self.summary.faults.len());
            let faults = answers.faults.iter().take(room).map(|fault| FaultNote::new(&name, fault));
            self.summary.faults.extend(faults);
            before += batch.values.num_rows() as u64;
            self.progress.at(source.read_bytes(), self.summary.tally.rows);
        }
        let bytes = source.bytes.unwrap_or_else(|| source.read_bytes());
        self.progress.end_file(bytes);
        self.summary.bytes += bytes;
        self.summary.files += 1;
        Ok(())
    }

    /// Binds the policy to the columns of a file.
    fn bind(&self, source: &Source) -> Result<BoundPolicy, ScanError> {
        // The summary counts rules, whatever columns are written.
        let mut reasons = vec![Reason::Rules];
        reasons.extend(&self.args.reasons);
        if self.report.is_some() {
            reasons.extend([Reason::Certain, Reason::Missing]);
        }
        let fail = |error| ScanError::columns(&source.name, error);
        // Bind to all columns first, only to check them: errors in columns that are not read must be reported too.
        let all = source.all();
        BoundPolicy::new(self.policy, &all, &self.columns.options(&reasons, false)).map_err(fail)?;
        BoundPolicy::new(self.policy, &source.values(), &self.columns.options(&reasons, true)).map_err(fail)
    }

    /// Creates the output for the first file. For later files, checks that their columns match.
    fn begin(&mut self, source: &Source, binding: &BoundPolicy) -> Result<(), ScanError> {
        match (&self.output, &self.layout) {
            (Some(output), _) => output.check(&source.name, &source.rows()),
            (None, Some((layout, path))) => {
                let answers = binding.output_schema();
                self.output =
                    Some(Output::create(layout.clone(), path, &source.name, source.rows(), &answers)?);
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }
}
