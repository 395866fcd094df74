from xml.etree import ElementTree

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.graph.graphml import xml_text

HOSTILE = ["\0", "\x1b[31m", "\ud800", "\ufffe", "]]>", "<a href='x'>&amp;", "a\r\nb\tc", "👩‍👩‍👧"]


def graph_of(store):
    return networkx.parse_graphml("\n".join(store.lines("graphml")))


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_makes_well_formed_xml(text):
    parsed = ElementTree.fromstring(f"<a>{xml_text(text)}</a>".encode())
    assert len(parsed.text or "") == len(text)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")))
def test_text_that_xml_can_hold_is_kept(text):
    parsed = ElementTree.fromstring(f"<a>{xml_text(text)}</a>".encode())
    assert (parsed.text or "") == text


def test_line_ends_are_kept():
    text = "a\r\nb\tc\r"
    assert ElementTree.fromstring(f"<a>{xml_text(text)}</a>").text == text


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_network_tools_read_a_graph_with_any_name(store, read, name):
    store.add(read("d", [(name, name, "Bob")], events=[(name, {name: name})]).extraction)
    graph = graph_of(store)
    assert graph.number_of_nodes() == 3
    assert graph.number_of_edges() == 2


def test_facts_are_edges_and_events_are_nodes_with_roles(store, read):
    happening = [("met", {"who": "Ada"})]
    store.add(read("d", [("Ada", "knows", "Bob")], events=happening, confidence=0.5).extraction)
    graph = graph_of(store)
    named = {values["name"]: node for node, values in graph.nodes(data=True)}
    assert graph.nodes[named["Ada"]] == {
        "kind": "entity",
        "type": "Thing",
        "name": "Ada",
        "confidence": 0.5,
        "num_documents": 1,
    }
    assert graph.nodes[named["met"]]["kind"] == "event"
    assert graph.nodes[named["met"]]["document"] == "d"
    edges = {(a, b): values["label"] for a, b, values in graph.edges(data=True)}
    assert edges == {
        (named["Ada"], named["Bob"]): "knows",
        (named["met"], named["Ada"]): "who",
    }


def test_several_facts_between_two_entities_are_several_edges(store, read):
    store.add(read("d", [("a", "p", "b"), ("a", "q", "b"), ("a", "p", "b")]).extraction)
    assert graph_of(store).number_of_edges() == 2


def test_an_empty_graph_is_well_formed(store):
    assert graph_of(store).number_of_nodes() == 0


def test_what_stands_on_zero_shot_facts_alone_is_marked(store, read):
    unknown = ("relations.p", "events.Happening", "events.Happening.roles.r")
    happening = [("x", {"r": "a"})]
    store.add(read("d", [("a", "p", "b")], events=happening, zero_shot=unknown).extraction)
    store.add(read("e", [("a", "q", "b")]).extraction)
    graph = graph_of(store)
    marks = {values["name"]: values.get("zero_shot") for _, values in graph.nodes(data=True)}
    assert marks == {"a": None, "b": None, "x": True}
    edges = {values["label"]: values.get("zero_shot") for *_, values in graph.edges(data=True)}
    assert edges == {"p": True, "q": None, "r": True}
    (key,) = [line for line in store.lines("graphml") if 'id="zero_shot"' in line]
    assert "<default>false</default>" in key
