"""English-looking text from a fixed vocabulary, sampled fast, with few repetitions: it compresses like prose."""

from __future__ import annotations

import random
from itertools import accumulate

COMMON = """
the of and to a in is that it for was on are as with they be at this have from or one had by but not what all were we
when your can said there use an each which she do how their if will up other about out many then them these so some
her would make like him into time has look two more write go see number no way could people my than first water been
call who its now find long down day did get come made may part over new sound take only little work know place year
live me back give most very after thing our just name good sentence man think say great where help through much before
line right too mean old any same tell follow came want show also around form three small set put end does another well
large must big even such because turn here why ask went men read need land different home us move try kind hand
picture again change off play spell air away animal house point page letter mother answer found study still learn
should world high every near add food between own below country plant last school father keep tree never start city
earth eye light thought head under story saw left few while along might close something seem next hard open example
begin life always those both paper together got group often run important until children side feet car mile night walk
white sea began grow took river four carry state once book hear stop without second later miss idea enough eat face
watch far really almost let above girl sometimes mountain cut young talk soon list song being leave family it’s we’re
don’t that’s guest host episode listener question interview market
"""
ONSETS = "b br c ch cl cr d dr f fl g gr h j k l m n p pl pr qu r s sc sh sl sp st str t th tr v w"
VOWELS = "a e i o u ai ea ee io oa ou"
CODAS = "b ck ct d ft g l ld ll m mp n nd ng nt p r rd rk rm rn rt s sh ss st t th x"
ENDINGS = ["", "", "", "s", "ed", "ing", "er", "ly", "ness", "tion", "al", "able"]


def vocabulary(size: int, source: random.Random) -> list[str]:
    """Common words first, then made-up ones, without duplicates."""
    words = dict.fromkeys(COMMON.split())
    onsets, vowels, codas = ONSETS.split(), VOWELS.split(), CODAS.split()
    while len(words) < size:
        syllables = [
            source.choice(onsets) + source.choice(vowels) + source.choice(codas)
            for _ in range(source.choice((1, 1, 1, 2)))
        ]
        words["".join(syllables) + source.choice(ENDINGS)] = None
    return list(words)[:size]


class Prose:
    """A long stream of words; a sentence is a slice of it at a random place, with a capital and a full stop."""

    def __init__(self, seed: int, words: int) -> None:
        source = random.Random(f"prose {seed}")
        known = vocabulary(4_000, source)
        weights = [1 / (rank + 2.7) for rank in range(1, len(known) + 1)]
        drawn = source.choices(known, weights=weights, k=words)
        for index in range(9, words, 9):
            drawn[index] += ","
        self.stream = " ".join(drawn)
        self.starts = [0, *accumulate(len(word) + 1 for word in drawn)]
        self.last = words - 40

    def sentence(self, source: random.Random, words: int = 0) -> str:
        length = words or 7 + int(source.random() * 19)
        first = int(source.random() * self.last)
        text = self.stream[self.starts[first] : self.starts[first + length] - 1]
        return text[0].upper() + text[1:].rstrip(",") + "."

    def text(self, source: random.Random, words: int) -> str:
        """Sentences of about that many words in all, in paragraphs."""
        parts: list[str] = []
        for index in range(max(1, words // 16)):
            parts.append(self.sentence(source))
            parts.append("\n\n" if index % 5 == 4 else " ")
        return "".join(parts[:-1])
