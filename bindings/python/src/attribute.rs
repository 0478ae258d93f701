//! The Python views of a policy's attributes and of its evaluation strategy.

use placet::AttributeDeclaration;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::sync::Arc;

/// An attribute of a policy's requests.
///
/// Attributes
/// ----------
/// name : str
///     The dotted name.
/// type : str
///     The type as the policy writes it, such as ``"int 0..150"``.
/// values : tuple of str or None
///     The names that a value, or a member of a set, can have, in declaration order; of a taxonomy its leaves. None
///     for types that don't list their values.
/// groups : dict of str to tuple of str
///     The names of a taxonomy's inner nodes, each with the leaves below it; a new dict for each access.
/// optional : bool
///     True if None gives the attribute the value ``none``, known to be absent, as for ``time?``.
/// required : bool
///     True if a request without the attribute is an error.
/// default : str or None
///     The value of the attribute in requests that leave it out, as the policy writes it; None without a default.
/// documentation : str
///     The documentation comment above the attribute in the policy.
#[pyclass(frozen, module = "placet")]
pub(crate) struct Attribute {
    name: Arc<str>,
    #[pyo3(get, name = "type")]
    kind: String,
    values: Option<Vec<Arc<str>>>,
    groups: Vec<(Arc<str>, Vec<Arc<str>>)>,
    #[pyo3(get)]
    optional: bool,
    #[pyo3(get)]
    required: bool,
    #[pyo3(get)]
    default: Option<String>,
    #[pyo3(get)]
    documentation: String,
}

impl Attribute {
    pub(crate) fn new(attribute: AttributeDeclaration<'_>) -> Self {
        let symbols = attribute.domain().symbols();
        let groups = symbols.iter().flat_map(|symbols| {
            symbols
                .groups()
                .filter_map(|group| Some((group.into(), symbols.leaves_of(group)?.map(Arc::from).collect())))
        });
        Self {
            name: attribute.name().into(),
            kind: attribute.ty(),
            values: symbols.map(|symbols| symbols.values().map(Arc::from).collect()),
            groups: groups.collect(),
            optional: attribute.is_optional(),
            required: attribute.is_required(),
            default: attribute.default(),
            documentation: attribute.documentation().to_owned(),
        }
    }
}

#[pymethods]
impl Attribute {
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    #[getter]
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let values = self.values.as_ref();
        values.map(|values| PyTuple::new(py, values.iter().map(|name| &**name))).transpose()
    }

    #[getter]
    fn groups<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let groups = PyDict::new(py);
        for (name, leaves) in &self.groups {
            groups.set_item(&**name, PyTuple::new(py, leaves.iter().map(|leaf| &**leaf))?)?;
        }
        Ok(groups)
    }

    fn __repr__(&self) -> String {
        format!("<Attribute {}: {}>", self.name, self.kind)
    }
}

/// The evaluation strategy of a policy.
///
/// Attributes
/// ----------
/// evaluator : {"masks", "graph", "sliced graph", "bitmaps"}
///     The evaluator of complete requests.
/// reason : str
///     The reason for choosing this evaluator.
/// nodes : int
///     Nodes of the decision graph. It exists beside masks, too.
/// bytes : int
///     Bytes of the decision graph.
/// mask_bytes : int
///     Bytes of the masks; 0 if there are none.
/// bitmap_bytes : int
///     Bytes of the rule bitmaps, which every policy has.
/// depth : int
///     The maximum number of variables that one decision reads.
/// variables : int
///     The number of variables that conditions read.
/// classes : int
///     The number of classes of all variables together.
#[pyclass(frozen, get_all, module = "placet")]
pub(crate) struct Strategy {
    evaluator: &'static str,
    reason: String,
    nodes: usize,
    bytes: usize,
    mask_bytes: usize,
    bitmap_bytes: usize,
    depth: u32,
    variables: usize,
    classes: u64,
}

impl From<placet::Strategy> for Strategy {
    fn from(strategy: placet::Strategy) -> Self {
        let placet::Strategy {
            evaluator,
            reason,
            nodes,
            bytes,
            mask_bytes,
            bitmap_bytes,
            depth,
            variables,
            classes,
            ..
        } = strategy;
        Self { evaluator, reason, nodes, bytes, mask_bytes, bitmap_bytes, depth, variables, classes }
    }
}

#[pymethods]
impl Strategy {
    fn __repr__(&self) -> String {
        format!("<Strategy {}: {}>", self.evaluator, self.reason)
    }
}
