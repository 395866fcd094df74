"""The knowledge graph: facts joined over documents, each with its evidence, in one SQLite file."""

from lexloom.graph.store import GraphStore

__all__ = ["GraphStore"]
