"""Builds the Chinese clinical language model: words with readings, and what follows what.

    python lexicons/build/language_model.py --open-text ../shared/data/ner/zh \\
        --cmekg ../shared/data/lexicon/zh/cmekg/cmekg.json.gz

Counts our own dictations (lexicons/build/corpus/zh/*.txt) and the training texts of ChineseBLUE; CMeKG says how often a
term is named. Only words and counts are kept, no text: a sequence seen once in open text is left out.
"""

import argparse
import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import jieba
import numpy as np
import numpy.typing as npt
from pypinyin import Style, lazy_pinyin, pinyin
from spoken_text import LATIN, NUMBER, Corpus, dictated, lines, sentences
from writing import PACKAGE

from wardscribe_lexicons import Lexicon, TermClass, load

_Array = npt.NDArray[np.generic]

_HERE = Path(__file__).parent
_HAN = ("\u4e00", "\u9fff")
_NUMERALS = frozenset("零〇一二三四五六七八九十百千万亿两点半幺")
_START = "<s>"
_SPECIAL = (_START, NUMBER, LATIN)
_LONGEST = 14
_CANDIDATE_FREQUENCY = 30  # in jieba's dictionary: general words that may be written for something else
_KNOWN_FREQUENCY = 5  # general words that are recognised as such when heard
_OWN_WEIGHT = 3.0  # of a word of our own dictations beside one of open clinical text
_DISCOUNT = 0.7  # of a sequence, up to one of our own sentences
_DOUBT = 2.0  # added to what was seen of a history: once is no proof
_SHARES = {"clinical": 0.72, "general": 0.2, "terms": 0.08}
_ALOUD_EVERY = 4  # one sentence in four is counted with its marks said
_CLASSES = ("", *(str(term_class) for term_class in TermClass), "number", "latin")
_FLATTENED = 0.7  # power of everyday counts: a rare word is less rare on a ward
_PLACED = 0.3  # share of the plain unigram beside the class bigram


@dataclass(slots=True)
class Counts:
    """Weighted counts of words, pairs and triples."""

    words: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    triples: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, words: list[str], weight: float) -> None:
        """Counts one sentence."""
        row = [_START, *words]
        for at, word in enumerate(row):
            if at:
                self.words[word] += weight
                self.pairs[row[at - 1], word] += weight
            if at > 1:
                self.triples[row[at - 2], row[at - 1], word] += weight


def main() -> None:
    """Builds `zh/lm.npz` and its head."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--open-text", type=Path, required=True, help="folder with cEHRNER and cMedQANER")
    parser.add_argument("--cmekg", type=Path, required=True)
    options = parser.parse_args()
    lexicon = load("zh")
    jieba.setLogLevel("ERROR")
    jieba.initialize()
    general = {word: int(count) for word, count in jieba.dt.FREQ.items() if count and _is_han(word)}
    terms = _term_weights(lexicon, options.cmekg)
    for word in terms:
        if len(word) <= _LONGEST:
            jieba.add_word(word)
    corpora = [
        *(Corpus(path, _OWN_WEIGHT) for path in sorted((_HERE / "corpus/zh").glob("*.txt"))),
        Corpus(options.open_text / "cEHRNER/train.json", 1.0, exchanged=True),
        Corpus(options.open_text / "cMedQANER/train.json", 0.5),
    ]
    counts = _counted(corpora)
    vocabulary = _vocabulary(counts, general, terms)
    _write(vocabulary, counts, general, terms, lexicon, corpora)


def _is_han(word: str) -> bool:
    return all(_HAN[0] <= char <= _HAN[1] for char in word)


def _term_weights(lexicon: Lexicon, cmekg: Path) -> dict[str, float]:
    """How much a term weighs: its weight in the lexicon, times how often CMeKG names it as anything."""
    with gzip.open(cmekg, "rt", encoding="utf-8") as file:
        graph: Mapping[str, Mapping[str, Iterable[str]]] = json.load(file)
    named = Counter(value for facts in graph.values() for values in facts.values() for value in values)
    weights: dict[str, float] = {}
    for term in lexicon.terms:
        for surface in term.surfaces():
            if _is_han(surface) and 1 <= len(surface) <= _LONGEST:
                weight = term.weight**2 * (1 + min(named[surface], 200) ** 0.5)
                weights[surface] = max(weights.get(surface, 0.0), weight)
    return weights


def _counted(corpora: list[Corpus]) -> Counts:
    counts = Counts()
    for corpus in corpora:
        n_sentences = 0
        for text in lines(corpus):
            for pieces in sentences(text):
                n_sentences += 1
                aloud = n_sentences % _ALOUD_EVERY == 0
                counts.add(_words(dictated(pieces, aloud=aloud)), corpus.weight)
        sys.stdout.write(f"{corpus.path.name}: {n_sentences} sentences\n")
    return counts


def _words(pieces: list[str]) -> list[str]:
    """Words of one sentence; runs of numerals are one number, Latin words keep their capitals."""
    words: list[str] = []
    for piece in pieces:
        if piece in (NUMBER, LATIN):
            found: Iterator[str] = iter((piece,))
        elif not _is_han(piece):
            found = iter((piece.upper(),))
        else:
            found = jieba.cut(piece, HMM=False)
        for word in found:
            if word == NUMBER or (set(word) <= _NUMERALS and word not in ("两", "点", "半", "万", "千", "十")):
                if words and words[-1] == NUMBER:
                    continue
                word = NUMBER
            words.append(word)
    return words


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words in the order of their numbers; the first `n_candidates` may be written for something else."""

    words: list[str]
    n_candidates: int


def _vocabulary(counts: Counts, general: Mapping[str, int], terms: Mapping[str, float]) -> Vocabulary:
    chars = {char for word in [*terms, *general] for char in word}
    chosen = {word for word, count in counts.words.items() if count >= 1.5 and _is_han(word) and len(word) <= _LONGEST}
    chosen |= {word for word, count in general.items() if count >= _CANDIDATE_FREQUENCY}
    chosen |= {word for word in terms if len(word) <= _LONGEST}
    latin = {word for word, count in counts.words.items() if count >= 5 and word.isascii() and word.isalpha()}
    known = {word for word, count in general.items() if count >= _KNOWN_FREQUENCY} - chosen
    known |= chars - chosen
    candidates = [*_SPECIAL, *sorted(latin), *sorted(chosen)]
    return Vocabulary([*candidates, *sorted(known)], len(candidates))


def _classes(vocabulary: Vocabulary, lexicon: Lexicon) -> list[int]:
    of_word: dict[str, int] = {NUMBER: _CLASSES.index("number"), LATIN: _CLASSES.index("latin")}
    for term in reversed(lexicon.terms):
        for surface in term.surfaces():
            of_word[surface] = _CLASSES.index(str(term.term_class))
    return [
        of_word.get(word, _CLASSES.index("latin") if word.isascii() and word.isalpha() else 0)
        for word in vocabulary.words
    ]


def _write(
    vocabulary: Vocabulary,
    counts: Counts,
    general: Mapping[str, int],
    terms: Mapping[str, float],
    lexicon: Lexicon,
    corpora: list[Corpus],
) -> None:
    number = {word: index for index, word in enumerate(vocabulary.words)}
    n_words = len(vocabulary.words)

    def known(word: str) -> int:
        return number.get(word, number[LATIN] if word.isascii() else -1)

    clinical = np.zeros(n_words)
    for word, count in counts.words.items():
        if (index := known(word)) >= 0:
            clinical[index] += count
    clinical_share = clinical / clinical.sum()
    everyday = np.array([general.get(word, 0) for word in vocabulary.words], dtype=float) + 0.5
    everyday **= _FLATTENED
    everyday_share = everyday / everyday.sum()
    weighted = np.array([terms.get(word, 0.0) for word in vocabulary.words])
    terms_share = weighted / weighted.sum()
    unigram = (
        _SHARES["clinical"] * clinical_share + _SHARES["general"] * everyday_share + _SHARES["terms"] * terms_share
    )
    classes = np.array(_classes(vocabulary, lexicon))
    of_class = np.bincount(classes, weights=unigram, minlength=len(_CLASSES))
    in_class = unigram / of_class[classes]
    follow, rows = _class_bigrams(counts, number, classes, of_class)
    pairs = _pairs(counts, known)
    triples = _triples(counts, known, pairs)
    blob = "\n".join(vocabulary.words).encode()
    readings, lengths, syllables, heteronyms = _readings(vocabulary)
    np.savez_compressed(
        PACKAGE / "zh/lm.npz",
        words=np.frombuffer(blob, dtype=np.uint8),
        n_candidates=np.array(vocabulary.n_candidates),
        syllables=np.frombuffer("\n".join(syllables).encode(), dtype=np.uint8),
        readings=readings,
        reading_lengths=lengths,
        heteronyms=np.frombuffer(heteronyms.encode(), dtype=np.uint8),
        class_names=np.frombuffer("\n".join(_CLASSES).encode(), dtype=np.uint8),
        classes=classes.astype(np.uint8),
        unigram=np.log(unigram).astype(np.float16),
        in_class=np.log(in_class).astype(np.float16),
        class_follow=follow.astype(np.float16),
        class_rows=rows,
        placed=np.array(_PLACED),
        odds=_odds(clinical_share, everyday_share, weighted),
        **pairs.arrays("pair"),
        **triples.arrays("triple"),
        **_class_pairs(counts, known, classes).arrays("class_pair"),
    )
    sizes = f"{n_words} words, {len(pairs.shares)} pairs, {len(triples.shares)} triples"
    own = sum(1 for corpus in corpora if corpus.path.suffix == ".txt")
    (PACKAGE / "zh/lm.toml").write_text(
        f"""# What lies in lm.npz and where it comes from; built by lexicons/build/language_model.py, which says how.
name = "Clinical language model: {sizes}"
language = "zh"

[[source]]
what = "words and sequences of our own dictations ({own} files under lexicons/build/corpus/zh)"
licence = "Apache-2.0"

[[source]]
what = "counts over the training texts of ChineseBLUE cEHRNER and cMedQANER (alibaba-research/ChineseBLUE)"
licence = "Apache-2.0"

[[source]]
what = "how often CMeKG names a term (via PyCMeKG 0.2.5)"
licence = "MIT"

[[source]]
what = "word frequencies of jieba 0.42.1"
licence = "MIT"

[[source]]
what = "readings of pypinyin 0.55.0"
licence = "MIT"
""",
        encoding="utf-8",
    )
    sys.stdout.write(f"lm: {sizes}\n")


def _odds(clinical: _Array, everyday: _Array, weighted: _Array) -> _Array:
    """Tenths of a nat by which a word is more often clinical than everyday; lexicon terms are clinical."""
    ratio = (clinical + 1e-6 + np.minimum(weighted, 1) * 2e-5) / (everyday + 2e-6)
    return np.clip(np.round(10 * np.log(ratio)), -100, 100).astype(np.int8)


def _class_bigrams(
    counts: Counts, number: Mapping[str, int], classes: _Array, of_class: _Array
) -> tuple[_Array, _Array]:
    """log P(class | word before) for words seen often enough; row 0 is for all others."""
    tallies: dict[int, _Array] = defaultdict(lambda: np.zeros(len(_CLASSES)))
    for (before, word), count in counts.pairs.items():
        if before in number and word in number:
            tallies[number[before]][classes[number[word]]] += count
    rows = np.zeros(len(classes), dtype=np.uint16)
    table = [of_class]
    for index, tally in sorted(tallies.items()):
        if tally.sum() >= 5 and len(table) < 65000:
            rows[index] = len(table)
            table.append((tally + 10 * of_class) / (tally.sum() + 10))
    return np.log(np.maximum(np.array(table), 1e-7)), rows


@dataclass(slots=True)
class Sequences:
    """Discounted shares of what follows a history, histories in order, and what each leaves for shorter ones."""

    histories: _Array
    starts: _Array
    left: _Array
    words: _Array
    shares: _Array

    def arrays(self, name: str) -> dict[str, _Array]:
        """The tables under their names in the file; shares as 255ths on a log scale."""
        return {
            f"{name}_histories": self.histories,
            f"{name}_starts": self.starts,
            f"{name}_left": _packed(self.left),
            f"{name}_words": self.words,
            f"{name}_shares": _packed(self.shares),
        }


def _packed(shares: _Array) -> _Array:
    """Shares 0..1 as bytes: 16 steps a nat, down to e^-15.9."""
    return np.clip(np.round(-16 * np.log(np.maximum(shares, 1e-7))), 0, 255).astype(np.uint8)


def _sequences(following: Mapping[int, Mapping[int, float]], keep: float) -> Sequences:
    histories, starts, left, words, shares = [], [0], [], [], []
    for history, counts in sorted(following.items()):
        total = sum(counts.values())
        kept = {word: count for word, count in sorted(counts.items()) if count >= keep}
        if not kept:
            continue
        discounted = {word: count - _DISCOUNT * min(count, _OWN_WEIGHT) for word, count in kept.items()}
        total += _DOUBT
        histories.append(history)
        words += list(kept)
        shares += [count / total for count in discounted.values()]
        left.append(1 - sum(discounted.values()) / total)
        starts.append(len(words))
    return Sequences(
        np.array(histories, dtype=np.int64),
        np.array(starts, dtype=np.int32),
        np.array(left),
        np.array(words, dtype=np.int32),
        np.array(shares),
    )


def _pairs(counts: Counts, known: Callable[[str], int]) -> Sequences:
    following: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for (before, word), count in counts.pairs.items():
        if known(before) >= 0 and known(word) >= 0:
            following[known(before)][known(word)] += count
    return _sequences(following, 1.0)


def _class_pairs(counts: Counts, known: Callable[[str], int], classes: _Array) -> Sequences:
    """What follows a term of a class, whichever it is; the history is the class."""
    following: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for (before, word), count in counts.pairs.items():
        first, second = known(before), known(word)
        if first >= 0 and second >= 0 and classes[first]:
            following[int(classes[first])][second] += count
    return _sequences(following, 6.0)


def _triples(counts: Counts, known: Callable[[str], int], pairs: Sequences) -> Sequences:
    """Triples seen more than once (or said by us); the history is the number of its pair."""
    following: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for (first, second, word), count in counts.triples.items():
        numbers = known(first), known(second), known(word)
        if min(numbers) >= 0:
            following[numbers[0] << 32 | numbers[1]][numbers[2]] += count
    del pairs
    return _sequences(following, 2.0)


def _readings(vocabulary: Vocabulary) -> tuple[_Array, _Array, list[str], str]:
    """For each word its syllables by number (with tone), and for single characters all further readings."""
    numbers: dict[str, int] = {}
    readings: list[int] = []
    lengths: list[int] = []
    heteronyms: list[str] = []
    for word in vocabulary.words:
        sounds = lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True) if _is_han(word) else []
        if len(sounds) != len(word) or not all(sound.isascii() and sound[-1].isdigit() for sound in sounds):
            sounds = []
        lengths.append(len(sounds))
        readings += [numbers.setdefault(sound, len(numbers)) for sound in sounds]
        if len(word) == 1 and sounds:
            others = pinyin(word, style=Style.TONE3, heteronym=True, neutral_tone_with_five=True)[0]
            further = [sound for sound in others if sound != sounds[0] and sound.isascii() and sound[-1].isdigit()]
            if further:
                heteronyms.append(word + " " + " ".join(further))
                for sound in further:
                    numbers.setdefault(sound, len(numbers))
    return np.array(readings, np.uint16), np.array(lengths, np.uint8), list(numbers), "\n".join(heteronyms)


if __name__ == "__main__":
    main()
