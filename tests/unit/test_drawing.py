"""Graphs and histograms as SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from eventide.table.drawing import layout, svg_of_graph, svg_of_histogram

NAMES = st.text(max_size=6)
GRAPHS = st.fixed_dictionaries(
    {
        "nodes": st.lists(st.fixed_dictionaries({"id": NAMES, "label": NAMES}), max_size=8),
        "edges": st.lists(st.fixed_dictionaries({"source": NAMES, "target": NAMES, "label": NAMES}), max_size=12),
        "directed": st.booleans(),
    }
)


@given(GRAPHS)
def test_any_graph_is_a_drawing(graph: dict[str, object]) -> None:
    """Circles, loops, unknown ends and odd names give XML that parses, the same each time."""
    drawn = svg_of_graph(graph)
    ET.fromstring(drawn)  # noqa: S314 - our own text
    assert svg_of_graph(graph) == drawn


def test_every_node_stands_below_what_leads_to_it() -> None:
    """Edges point down, and no two boxes overlap."""
    edges = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "a")]
    boxes = layout({name: name for name in "abcd"}, edges)
    assert all(boxes[source].y < boxes[target].y for source, target in edges[:4])
    assert boxes["b"].y == boxes["c"].y
    assert abs(boxes["b"].x - boxes["c"].x) >= boxes["b"].width


def test_text_is_escaped() -> None:
    """A label cannot become markup."""
    drawn = svg_of_graph({"nodes": [{"id": "a", "label": "<script>"}], "edges": []})
    assert "<script>" not in drawn


def test_a_graph_too_large_says_so() -> None:
    """Beyond what can be laid out, the drawing is a sentence."""
    drawn = svg_of_graph({"nodes": [{"id": number} for number in range(5000)], "edges": []})
    assert "too many to draw" in drawn


def test_a_histogram_has_a_bar_per_bin() -> None:
    """As many bars as counts."""
    assert svg_of_histogram([0, 1, 2, 3], [1, 0, 5]).count("<rect") == 3
