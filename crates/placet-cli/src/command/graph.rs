//! `placet graph`.

use super::{named, open_draft};
use crate::args::{Format, Graph, GraphFormat};
use crate::diagram;
use placet::__private::policy_of;
use std::io::{self, Write};

pub(crate) fn run(args: &Graph) -> io::Result<u8> {
    let mut out = anstream::stdout().lock();
    let Some(draft) = open_draft(&args.policy, Format::Text, &mut out)? else { return Ok(1) };
    let policy = policy_of(&draft);
    let Some(diagram) = policy.diagram() else {
        let error = format!("the policy has no whole decision diagram: {}", policy.strategy().reason);
        return Err(named(&args.policy, &io::Error::other(error)));
    };
    let text = match args.format {
        GraphFormat::Dot => diagram::dot(policy.name(), &diagram),
        GraphFormat::Mermaid => diagram::mermaid(&diagram),
    };
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(0)
}
