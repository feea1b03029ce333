"""Counts the English clinical language model: how likely a word is after the two words before it.

    python lexicons/build/language_model_en.py --text ../shared/data/text/en --ner ../shared/data/ner/en
        --terms ../shared/data/lexicon/en --dictionary cmudict.dict --symspell FOLDER

Sources are the project's own sentences, openly licensed clinical text (`spoken_en.py`), lexicon terms, and, for
ordinary English, the word and word pair counts that SymSpell ships. Lexicon words that are rare in text are counted as
their class as well, so that any drug may stand where drugs stand. Writes `en/lm.npz`.
"""

import argparse
import csv
import gzip
import math
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from spoken_en import open_lines, own_lines
from writing import PACKAGE

from wardscribe_lexicons import Lexicon, load
from wardscribe_lexicons.language_model import CLASSES, LEXICON, NAME, ORDINARY, SEEN, class_of, quantised
from wardscribe_lexicons.spoken import NUMBER, START, UNIT, tokens

_OWN_TIMES = 3  # dictation is what the model is for
_RARE = 12  # a lexicon word seen less often is told by its class as well
_DISCOUNT = 0.75
_LEAST_PAIR = 1
_LEAST_TRIPLE = 2
_N_ORDINARY = 45_000
_TERM = re.compile(r"[a-z][a-z' -]*[a-z]")
_SPECIAL = (START, NUMBER, UNIT, *(name for name in CLASSES if name))


@dataclass(slots=True)
class Counts:
    """N-grams of one, two and three tokens."""

    one: Counter[str] = field(default_factory=Counter)
    two: Counter[tuple[str, str]] = field(default_factory=Counter)
    three: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, sentence: list[str], word_class: dict[str, str], frequency: Counter[str], times: int) -> None:
        """Counts `sentence`, each rare lexicon word as itself and as its class."""
        before, last = START, START
        for word in sentence:
            named = word_class.get(word, "")
            for token in (word, named) if named else (word,):
                self.one[token] += times
                self.two[last, token] += times
                self.three[before, last, token] += times
            before, last = last, named if named and frequency[word] < _RARE else word


def main() -> None:
    """Counts and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--text", "--ner", "--terms", "--dictionary", "--symspell"):
        parser.add_argument(name, type=Path, required=True)
    arguments = parser.parse_args()
    lexicon = load("en")
    word_class = _classes(lexicon)
    sentences = [(sentence, _OWN_TIMES) for line in own_lines() for sentence in _sentences(line)]
    sentences += [(sentence, 1) for line in open_lines(arguments.text, arguments.ner) for sentence in _sentences(line)]
    sentences += [(words, 1) for words in _terms(lexicon)]
    frequency: Counter[str] = Counter()
    for sentence, times in sentences:
        frequency.update(sentence * times)
    counts = Counts()
    for sentence, times in sentences:
        counts.add(sentence, word_class, frequency, times)
    ordinary = _ordinary(arguments.symspell / "frequency_dictionary_en_82_765.txt")
    words = _vocabulary(lexicon, frequency, ordinary, _other_words(arguments.terms), _said(arguments.dictionary))
    pairs = _ordinary_pairs(arguments.symspell / "frequency_bigramdictionary_en_243_342.txt")
    _write(words, counts, word_class, ordinary, pairs)


def _sentences(line: str) -> Iterator[list[str]]:
    words: list[str] = []
    for token in tokens(line):
        if token.after_stop and words:
            yield words
            words = []
        if not (words and token.key == NUMBER and words[-1] == NUMBER):
            words.append(token.key)
    if words:
        yield words


def _terms(lexicon: Lexicon) -> Iterator[list[str]]:
    for term in lexicon.terms:
        for surface in term.surfaces():
            words = [token.key for token in tokens(surface)]
            if len(words) > 1 and term.weight >= 0.4:
                yield words


def _classes(lexicon: Lexicon) -> dict[str, str]:
    """The class of each word that is a term by itself; the first table decides."""
    found: dict[str, str] = {}
    for term in lexicon.terms:
        for surface in term.surfaces():
            words = [token.key for token in tokens(surface)]
            if len(words) == 1 and words[0].isalpha() and (named := class_of(term.term_class)):
                found.setdefault(words[0], named)
    return found


def _ordinary(path: Path) -> dict[str, int]:
    lines = path.read_text(encoding="utf-8-sig").split("\n")
    return {word: int(n) for word, n in (line.split(" ") for line in lines if line)}


def _ordinary_pairs(path: Path) -> dict[tuple[str, str], int]:
    lines = path.read_text(encoding="utf-8-sig").split("\n")
    return {(one, two): int(n) for one, two, n in (line.split(" ") for line in lines if line)}


def _said(path: Path) -> set[str]:
    return {line.split(" ")[0].split("(")[0] for line in path.read_text(encoding="utf-8").split("\n") if line}


def _other_words(folder: Path) -> set[str]:
    """Words of medical lists that are no targets but stand as they are."""
    texts = [(folder / "medwer/medical_terms.txt").read_text(encoding="utf-8")]
    texts.append((folder / "icd10cm_2026/code-list-April-2026.txt").read_text(encoding="utf-8"))
    texts.append((folder / "icd10cm_2026/icd10c-tabular-April-1-2026.xml").read_text(encoding="utf-8"))
    texts.append((folder / "disease_ontology/HumanDO.tsv").read_text(encoding="utf-8"))
    with gzip.open(folder / "fda_unii/UNII_Names_official_brand.tsv.gz", "rt", encoding="utf-8") as lines:
        texts += [row["Name"] for row in csv.DictReader(lines, delimiter="\t") if _TERM.fullmatch(row["Name"].lower())]
    return {word for text in texts for word in re.findall(r"[a-z]{4,}", text.lower())}


def _vocabulary(
    lexicon: Lexicon, frequency: Counter[str], ordinary: dict[str, int], other: set[str], said: set[str]
) -> dict[str, int]:
    """All words with what is known of each, as flags."""
    flags: Counter[str] = Counter()
    for term in lexicon.terms:
        for surface in term.surfaces():
            for word in {token.key for token in tokens(surface) if token.key.isalpha()}:
                flags[word] |= LEXICON
    for word, n in frequency.items():
        if n >= 2 and word.replace("'", "").isalpha():
            flags[word] |= SEEN
    for word in ordinary:
        flags[word] |= ORDINARY
    for word in other:
        flags[word] |= SEEN if word not in said else 0
    for word in said:
        if word.replace("'", "").isalpha() and word not in flags:
            flags[word] |= NAME
    return {word: flag for word, flag in flags.items() if flag and word.isascii() and len(word) < 40}


def _write(
    flags: dict[str, int],
    counts: Counts,
    word_class: dict[str, str],
    ordinary: dict[str, int],
    pairs: dict[tuple[str, str], int],
) -> None:
    rank = {word: at for at, word in enumerate(sorted(ordinary, key=lambda word: -ordinary[word])[:_N_ORDINARY])}
    counted = [word for word in flags if counts.one[word] or word in rank or flags[word] & LEXICON]
    uncounted = [word for word in flags if not (counts.one[word] or word in rank or flags[word] & LEXICON)]
    words = [*_SPECIAL, *sorted(counted), *sorted(uncounted)]
    number = {word: at for at, word in enumerate(words)}
    n_counted = len(_SPECIAL) + len(counted)
    total = sum(counts.one.values())
    everyday = sum(ordinary.values())
    clinical = np.array([quantised(_log((counts.one[word] + 0.1) / total)) for word in words[:n_counted]], np.uint8)
    general = np.array([quantised(_log(ordinary.get(word, 0) / everyday)) for word in words[:n_counted]], np.uint8)
    classes = np.array([CLASSES.index(word_class.get(word, "")) for word in words[:n_counted]], np.uint8)
    rare = np.array([counts.one[word] < _RARE for word in words[:n_counted]], np.uint8)
    two = _table(counts.two, number, _LEAST_PAIR)
    three = _table(counts.three, number, _LEAST_TRIPLE)
    general_two = _ordinary_table(pairs, ordinary, number, n_counted)
    np.savez_compressed(
        PACKAGE / "en/lm.npz",
        words=np.frombuffer("\n".join(words).encode(), np.uint8),
        flags=np.array([flags.get(word, SEEN) for word in words], np.uint8),
        clinical=clinical,
        general=general,
        classes=classes,
        rare=rare,
        **{f"two_{name}": column for name, column in two.items()},
        **{f"three_{name}": column for name, column in three.items()},
        **{f"general_two_{name}": column for name, column in general_two.items()},
    )
    sys.stdout.write(
        f"{total} tokens, {len(words)} words of which {n_counted} counted, "
        f"{len(two['logs'])} pairs, {len(three['logs'])} triples, {len(general_two['logs'])} ordinary pairs\n"
    )


def _table(
    counts: Counter[tuple[str, ...]] | Counter[tuple[str, str]] | Counter[tuple[str, str, str]],
    number: dict[str, int],
    least: int,
) -> dict[str, np.ndarray]:
    """Discounted log probabilities by n-gram, and by history the log of what is left for shorter histories.

    Keys are word numbers in base 2^20, sorted and stored as differences.
    """
    after: Counter[int] = Counter()
    kinds: Counter[int] = Counter()
    kept: list[tuple[int, int, int]] = []
    for gram, n in counts.items():
        ids = [number.get(word, -1) for word in gram]
        if min(ids) < 0:
            continue
        history = _packed(ids[:-1])
        after[history] += n
        if n >= least:
            kinds[history] += 1
            kept.append((history, ids[-1], n))
    kept.sort()
    discounted: Counter[int] = Counter()
    for history, _, n in kept:
        discounted[history] += n - _DISCOUNT
    histories = sorted(kinds)
    left = [_log(max(1e-4, 1 - discounted[history] / after[history])) for history in histories]
    return {
        "keys": np.diff(np.array([_packed([h, w]) for h, w, _ in kept], np.uint64), prepend=np.uint64(0)),
        "logs": np.array([quantised(_log((n - _DISCOUNT) / after[h])) for h, _, n in kept], np.uint8),
        "histories": np.diff(np.array(histories, np.uint64), prepend=np.uint64(0)),
        "left": np.array([quantised(value) for value in left], np.uint8),
    }


def _ordinary_table(
    pairs: dict[tuple[str, str], int], ordinary: dict[str, int], number: dict[str, int], n_counted: int
) -> dict[str, np.ndarray]:
    kept = sorted(
        (_packed([number[one], number[two]]), n / ordinary[one])
        for (one, two), n in pairs.items()
        if one in ordinary and max(number.get(one, n_counted), number.get(two, n_counted)) < n_counted
    )
    return {
        "keys": np.diff(np.array([pair for pair, _ in kept], np.uint64), prepend=np.uint64(0)),
        "logs": np.array([quantised(_log(min(1.0, share))) for _, share in kept], np.uint8),
    }


def _packed(ids: Iterable[int]) -> int:
    value = 0
    for number in ids:
        value = value << 20 | number
    return value


def _log(share: float) -> float:
    return math.log(share) if share > 0 else -99.0


if __name__ == "__main__":
    main()
