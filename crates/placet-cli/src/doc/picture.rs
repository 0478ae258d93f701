//! A small decision diagram as a picture.

use layout::backends::svg::SVGWriter;
use layout::core::base::Orientation;
use layout::core::geometry::Point;
use layout::core::style::StyleAttr;
use layout::std_shapes::shapes::{Arrow, Element, ShapeKind};
use layout::topo::layout::VisualGraph;
use placet::{Diagram, DiagramTarget};

/// The width of a character, about.
const CHARACTER: f64 = 9.0;

/// Draws a diagram as SVG, to stand within HTML.
pub(crate) fn svg(diagram: &Diagram) -> String {
    let mut graph = VisualGraph::new(Orientation::TopToBottom);
    let mut add = |text: &str, is_effect: bool| {
        let width = CHARACTER.mul_add(text.chars().count() as f64, 24.0);
        let shape = if is_effect { ShapeKind::new_box(text) } else { ShapeKind::new_circle(text) };
        let size = Point::new(width, 36.0);
        graph.add_node(Element::create(shape, StyleAttr::simple(), Orientation::TopToBottom, size))
    };
    let nodes: Vec<_> = diagram.nodes.iter().map(|node| add(&node.name, false)).collect();
    let (allow, deny) = (add("allow", true), add("deny", true));
    for (node, from) in diagram.nodes.iter().zip(&nodes) {
        for edge in &node.edges {
            let to = match edge.target {
                DiagramTarget::Allow => Some(allow),
                DiagramTarget::Deny => Some(deny),
                DiagramTarget::Node(index) => nodes.get(index).copied(),
            };
            if let Some(to) = to {
                graph.add_edge(Arrow::simple(&edge.classes.join(", ")), *from, to);
            }
        }
    }
    let mut writer = SVGWriter::new();
    graph.do_it(false, false, false, &mut writer);
    let svg = writer.finalize();
    framed(&svg, diagram).unwrap_or_default()
}

/// Replaces the declaration of XML, which HTML doesn't have, and the start of the picture: the library leaves no room for
/// labels at the edges of the picture, which stand centred on their lines.
fn framed(svg: &str, diagram: &Diagram) -> Option<String> {
    let (_, rest) = svg.split_once("viewBox=\"0 0 ")?;
    let (size, content) = rest.split_once('>')?;
    let mut numbers = size.split(['"', ' ']).map(str::parse::<f64>);
    let (width, height) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    let labels = diagram.nodes.iter().flat_map(|node| &node.edges).map(|edge| edge.classes.join(", "));
    let margin = labels.map(|label| label.chars().count()).max().unwrap_or(0) as f64 * CHARACTER / 2.0;
    let wide = 2.0f64.mul_add(margin, width);
    Some(format!(
        "<svg role=\"img\" aria-label=\"The decision diagram\" width=\"{wide}\" height=\"{height}\" \
         viewBox=\"-{margin} 0 {wide} {height}\" xmlns=\"http://www.w3.org/2000/svg\">{content}"
    ))
}
