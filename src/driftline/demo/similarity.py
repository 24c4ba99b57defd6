"""The similarity graph of sentences and the centrality of its nodes, in plain Python.

`indexed` and `exhaustive` give the same graph; they differ only in the work that they do for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

from driftline.demo.sentences import Vector

Graph = list[dict[int, float]]

_MIN_SIMILARITY = 0.02
_DAMPING = 0.85


def similarity_graph(vectors: Sequence[Vector], method: str) -> Graph:
    """For each sentence the sentences that resemble it, with their cosine. `method`: `indexed` or `exhaustive`."""
    graph = _exhaustive(vectors) if method == "exhaustive" else _indexed(vectors)
    return [{other: round(value, 9) for other, value in row.items() if value >= _MIN_SIMILARITY} for row in graph]


def _indexed(vectors: Sequence[Vector]) -> Graph:
    postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    graph: Graph = [{} for _ in vectors]
    for current, vector in enumerate(vectors):
        row = graph[current]
        for feature, weight in vector.items():
            for other, other_weight in postings[feature]:
                row[other] = row.get(other, 0.0) + weight * other_weight
            postings[feature].append((current, weight))
    for current, row in enumerate(graph):
        for other, value in row.items():
            if other < current:
                graph[other][current] = value
    return graph


def _exhaustive(vectors: Sequence[Vector]) -> Graph:
    graph: Graph = [{} for _ in vectors]
    for current, other in combinations(range(len(vectors)), 2):
        first, second = vectors[current], vectors[other]
        value = sum(first.get(feature, 0.0) * second.get(feature, 0.0) for feature in first.keys() | second.keys())
        graph[current][other] = graph[other][current] = value
    return graph


def centrality(graph: Graph, iterations: int) -> list[float]:
    """How much each sentence is referred to by sentences that matter themselves; the scores sum to 1."""
    size = len(graph)
    if not size:
        return []
    strength = [sum(row.values()) for row in graph]
    scores = [1 / size] * size
    for _ in range(iterations):
        shares = [score / total if total else 0.0 for score, total in zip(scores, strength, strict=True)]
        scores = [
            (1 - _DAMPING) / size + _DAMPING * sum(value * shares[other] for other, value in row.items())
            for row in graph
        ]
    total = sum(scores)
    return [score / total for score in scores]
