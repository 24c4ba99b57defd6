"""The concepts of one episode and how they hang together, as a graph of words that occur near each other."""

from __future__ import annotations

import math
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from driftline.demo.cleaning import Turn
from driftline.demo.sentences import content_words, split_sentences

_MIN_COUNT = 2
_WINDOW = 2
_TOP = 5

Neighbours = dict[str, set[str]]


@dataclass(frozen=True)
class KnowledgeGraph:
    """How many concepts and relations were found, and the concepts through which most connections run."""

    entities: int
    relations: int
    central: tuple[str, ...]


def extract_knowledge(turns: Sequence[Turn]) -> KnowledgeGraph:
    """Concepts are words that occur at least twice; related are those that share a window more than chance would."""
    sentences = [content_words(text) for turn in turns for text in split_sentences(turn.text)]
    windows = [set().union(*sentences[start : start + _WINDOW]) for start in range(len(sentences))]
    counts = Counter(word for sentence in sentences for word in sentence)
    concepts = {word for word, count in counts.items() if count >= _MIN_COUNT}
    neighbours = _related(windows, concepts)
    passing = _betweenness(neighbours)
    central = sorted(passing, key=lambda word: (-passing[word], word))[:_TOP]
    return KnowledgeGraph(len(neighbours), sum(map(len, neighbours.values())) // 2, tuple(central))


def _related(windows: Sequence[set[str]], concepts: set[str]) -> Neighbours:
    seen = Counter(word for window in windows for word in window & concepts)
    together = Counter(pair for window in windows for pair in combinations(sorted(window & concepts), 2))
    neighbours: defaultdict[str, set[str]] = defaultdict(set)
    for (first, second), count in together.items():
        if math.log(count * len(windows) / (seen[first] * seen[second])) > 0:
            neighbours[first].add(second)
            neighbours[second].add(first)
    return dict(neighbours)


def _betweenness(neighbours: Neighbours) -> dict[str, float]:
    """Brandes' algorithm: for each concept the share of shortest paths between two others that pass through it."""
    passing = dict.fromkeys(neighbours, 0.0)
    for source in neighbours:
        order, paths, before = _shortest_paths(neighbours, source)
        owed = dict.fromkeys(order, 0.0)
        for word in reversed(order):
            for earlier in before[word]:
                owed[earlier] += paths[earlier] / paths[word] * (1 + owed[word])
            if word != source:
                passing[word] += owed[word]
    return passing


def _shortest_paths(neighbours: Neighbours, source: str) -> tuple[list[str], dict[str, int], dict[str, list[str]]]:
    distance = {source: 0}
    paths = defaultdict(int, {source: 1})
    before: defaultdict[str, list[str]] = defaultdict(list)
    order: list[str] = []
    queue = deque([source])
    while queue:
        word = queue.popleft()
        order.append(word)
        for other in neighbours[word]:
            if other not in distance:
                distance[other] = distance[word] + 1
                queue.append(other)
            if distance[other] == distance[word] + 1:
                paths[other] += paths[word]
                before[other].append(word)
    return order, paths, before
