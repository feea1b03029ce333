"""How a sentence is spoken and written: bare words, with punctuation, with spoken punctuation, as our formatter does.

Owns hesitations, repeated words, marks as words, and the way back from written characters to entities. Must not know
grammars.
"""

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from models.training.examples import Entity, Example
from models.training.generator.draft import MARKS, Draft, Token, laid_out, places
from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.values import Utterance, Word, WordId
from wardscribe_server.pipeline.writing.written_form import write

_MARK_WORDS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "en": {
        ",": ("comma",), ".": ("period", "full stop"), ":": ("colon",), ";": ("semicolon",),
        "?": ("question mark",),
    },
    "zh": {"，": ("逗号",), "。": ("句号",), "、": ("顿号", ""), "：": ("冒号",), "；": ("分号",), "？": ("问号",)},
}  # fmt: skip
_FILLERS: Final[Mapping[str, Sequence[str]]] = {
    "en": ("uh", "um", "er", "uh", "um", "you know", "let's see", "so"),
    "zh": ("嗯", "呃", "那个", "这个", "就是", "啊", "额"),
}
_ENDS: Final = frozenset(".。?？")
_LOWERED, _AGAIN, _FILLED = 0.25, 0.02, 0.08

Rendering = Callable[[Draft, random.Random], Example | None]


def bare(draft: Draft, rng: random.Random) -> Example:
    """Words only, as a recogniser without punctuation gives them."""
    tokens = tuple(token for token in draft.tokens if not token.is_mark)
    if rng.random() < _LOWERED:
        tokens = tuple(Token(token.text.lower(), token.owner) for token in tokens)
    return _example(draft.saying(tokens), "spoken")


def punctuated(draft: Draft, rng: random.Random) -> Example:
    """With the marks and capitals that a recogniser puts."""
    return _example(_capitalised(draft) if rng.random() >= _LOWERED else draft, "spoken")


def voiced(draft: Draft, rng: random.Random) -> Example:
    """With the marks said as words."""
    return _example(_voiced(draft, rng), "spoken")


def written(draft: Draft, rng: random.Random) -> Example | None:
    """As our formatter writes one of the spoken forms; None where an entity cannot be told from its neighbour."""
    spoken = rng.random()
    if spoken < 0.45:
        draft = draft.saying(tuple(token for token in draft.tokens if not token.is_mark))
    elif spoken < 0.6:
        draft = _voiced(draft, rng)
    else:
        draft = _capitalised(draft)
    words, owners = _words(draft)
    text, spans = _formatted(words, owners, draft.language)
    if not text or any(one[1] > other[0] for one, other in itertools.pairwise(spans)):
        return None
    return _placed(draft, text, [(owner, start, end) for start, end, owner in spans], "written")


def hesitant(draft: Draft, rng: random.Random) -> Draft:
    """Now and then a filler or a word said twice, never inside an entity."""
    tokens: list[Token] = []
    before = Token(".")
    for token in draft.tokens:
        if token.owner < 0 or token.owner != before.owner:
            if (draft.language == "en" or before.is_mark or before.owner != token.owner) and rng.random() < _FILLED:
                tokens += [Token(word) for word in _split(rng.choice(_FILLERS[draft.language]), draft.language)]
            elif token.owner < 0 and not token.is_mark and draft.language == "en" and rng.random() < _AGAIN:
                tokens.append(token)
        tokens.append(token)
        before = token
    return draft.saying(tuple(tokens))


def _example(draft: Draft, form: str) -> Example:
    laid = laid_out(draft)
    return _placed(draft, laid.text, list(places(draft, laid.spans)), form)


def _placed(draft: Draft, text: str, found: Sequence[tuple[int, int, int]], form: str) -> Example:
    """An example without identity; relations whose ends are both there stay."""
    order = {owner: place for place, (owner, _, _) in enumerate(found)}
    entities = tuple(
        Entity(
            start=start,
            end=end,
            label=draft.entities[owner].label,
            allowed=draft.entities[owner].allowed,
            **dict(draft.entities[owner].claim),
        )
        for owner, start, end in found
    )
    relations = tuple(sorted((order[a], order[b]) for a, b in draft.relations if a in order and b in order))
    return Example(
        id="-",
        source="generated",
        language=draft.language,
        form=form,
        text=text,
        entities=entities,
        relations=relations,
        section=draft.section or None,
    )


def _capitalised(draft: Draft) -> Draft:
    tokens: list[Token] = []
    starts = True
    for token in draft.tokens:
        text = token.text[:1].upper() + token.text[1:] if starts and draft.language == "en" else token.text
        tokens.append(Token(text, token.owner))
        starts = token.text in _ENDS
    return draft.saying(tuple(tokens))


def _voiced(draft: Draft, rng: random.Random) -> Draft:
    words = _MARK_WORDS[draft.language]
    tokens: list[Token] = []
    for token in draft.tokens:
        if token.text in words:
            tokens += [Token(word) for word in _split(rng.choice(words[token.text]), draft.language)]
        elif not token.is_mark:
            tokens.append(token)
    return draft.saying(tuple(tokens))


def _split(text: str, language: str) -> list[str]:
    return list(text) if language == "zh" else text.split()


def _words(draft: Draft) -> tuple[list[list[Word]], dict[int, int]]:
    """Words as the recogniser hands them on, a list a sentence, and the entity of each word."""
    laid = laid_out(draft)
    utterances: list[list[Word]] = [[]]
    owners: dict[int, int] = {}
    for token, (start, end) in zip(draft.tokens, laid.spans, strict=True):
        text = laid.text[start:end]
        here = utterances[-1]
        if draft.language == "en" and token.text in MARKS - {"("} and here:
            last = here[-1]
            here[-1] = Word(last.id, last.text + text, None, 1.0)
        else:
            word_id = len(owners)
            owners[word_id] = token.owner
            here.append(Word(WordId(word_id), text, None, 1.0))
        if token.text in _ENDS:
            utterances.append([])
    return [words for words in utterances if words], owners


def _formatted(
    utterances: Sequence[Sequence[Word]], owners: Mapping[int, int], language: str
) -> tuple[str, list[tuple[int, int, int]]]:
    """Written text and (start, end, entity) in order; no text where a command or a macro went off."""
    done = write([Utterance(tuple(words)) for words in utterances], language=Language(language))
    if done.macro_spans or done.marks or done.selected:
        return "", []
    reached: dict[int, list[int]] = defaultdict(list)
    for piece in done.pieces:
        for owner in {owners[word.id] for word in piece.words} - {-1}:
            reached[owner] += [piece.start, piece.end]
    spans: list[tuple[int, int, int]] = []
    for owner, ends in reached.items():
        start, end = min(ends), max(ends)
        while end > start and (done.text[end - 1] in MARKS or done.text[end - 1].isspace()):
            if done.text[end - 1] == "." and "." in done.text[start : end - 1]:
                break  # b.i.d.
            end -= 1
        while start < end and (done.text[start] in MARKS or done.text[start].isspace()):
            start += 1
        if start < end:
            spans.append((start, end, owner))
    return done.text, sorted(spans)
