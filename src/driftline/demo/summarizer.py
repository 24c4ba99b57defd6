"""The map/reduce summarizer: the map step picks sentences per chunk, the reduce step picks among what map left it.

Both steps stop at a token limit, as a model with a limit on new tokens would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from driftline.demo.cleaning import Turn
from driftline.demo.releases import TOKEN_CHARS, Configuration
from driftline.demo.sentences import Sentence, sentence_vectors, split_sentences
from driftline.demo.similarity import centrality, similarity_graph


@dataclass(frozen=True)
class Summary:
    """The final text, and what the map step handed to the reduce step."""

    text: str
    map_summaries: tuple[str, ...]
    reduce_input_chars: int


def summarize(turns: Sequence[Turn], configuration: Configuration) -> Summary:
    """Summarize one episode. The result depends on nothing but the arguments."""
    sentences = [
        Sentence(text, position)
        for position, turn in enumerate(turns)
        for text in split_sentences(turn.text)
        if len(text.split()) >= configuration.min_sentence_words
    ]
    map_summaries = _map_step(sentences, configuration)
    reduce_input = "\n".join(map_summaries)
    text = _reduce_step(map_summaries, configuration)
    return Summary(text, tuple(map_summaries), len(reduce_input))


def _map_step(sentences: Sequence[Sentence], configuration: Configuration) -> list[str]:
    graph = similarity_graph(sentence_vectors([sentence.text for sentence in sentences]), configuration.similarity)
    scores = centrality(graph, configuration.rank_iterations)
    summaries = []
    for chunk in _chunks(sentences, configuration.chunk_chars):
        texts = [sentences[index].text for index in chunk]
        ranked = sorted(range(len(chunk)), key=lambda place: (-scores[chunk[place]], place))
        summaries.append(fill_budget(texts, ranked, configuration.map_max_new_tokens))
    return [summary for summary in summaries if summary]


def _chunks(sentences: Sequence[Sentence], limit: int) -> list[list[int]]:
    """Indexes of sentences in chunks of about `limit` characters; a turn is split only if it is longer than that."""
    chunks: list[list[int]] = []
    size = limit + 1
    for index, sentence in enumerate(sentences):
        same_turn = index > 0 and sentences[index - 1].turn == sentence.turn
        if size > limit or (size + len(sentence.text) > limit and not same_turn):
            chunks.append([])
            size = 0
        chunks[-1].append(index)
        size += len(sentence.text) + 1
    return chunks


def _reduce_step(map_summaries: Sequence[str], configuration: Configuration) -> str:
    """The map summaries from the front until the budget is used; sentences that no longer fit are left out."""
    texts = [text for summary in map_summaries for text in split_sentences(summary)]
    budget = configuration.reduce_max_new_tokens
    return fill_budget(texts, range(len(texts)), budget, configuration.reduce_min_new_tokens)


def fill_budget(texts: Sequence[str], ranked: Sequence[int], max_tokens: int, min_tokens: int = 1) -> str:
    """The first texts of `ranked` that fit into the budget, in their original order.

    While fewer than `min_tokens` are used, a text that is too long gives as many of its words as fit.
    """
    limit = max_tokens * TOKEN_CHARS
    chosen: dict[int, str] = {}
    used = 0
    for index in ranked:
        room = limit - used - (1 if chosen else 0)
        text = texts[index]
        if len(text) > room:
            text = "" if used >= min_tokens * TOKEN_CHARS else _first_words(text, room)
        if text:
            used = limit - room + len(text)
            chosen[index] = text
    return " ".join(chosen[index] for index in sorted(chosen))


def _first_words(text: str, limit: int) -> str:
    return text[: limit + 1].rpartition(" ")[0]
