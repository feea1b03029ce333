"""A segment of recognised English, looked up word by word before anything is corrected in it."""

from dataclasses import dataclass

from wardscribe_lexicons.language_model import NAME, LanguageModel
from wardscribe_lexicons.spoken import Token, tokens
from wardscribe_server.lexicon.english_fences import Fences
from wardscribe_server.lexicon.matcher import Matcher

_LIKELY = -8.0  # a word this likely where it stands starts no search
_ENDINGS = ("'s", "s", "es", "ed", "ing", "ly")
_LEAST_STEM = 4


@dataclass(frozen=True, slots=True)
class Heard:
    """A segment's words with what is known of each."""

    text: str
    tokens: tuple[Token, ...]
    numbers: tuple[int, ...]
    fresh: tuple[bool, ...]
    joined: tuple[bool, ...]  # nothing but a space or a hyphen before it
    fenced: tuple[bool, ...]
    term: tuple[bool, ...]  # part of a lexicon term as it stands
    clinical: tuple[bool, ...]  # a word of medicine
    odd: tuple[bool, ...]  # unlikely where it stands


def hear(text: str, *, model: LanguageModel, fences: Fences, matcher: Matcher) -> Heard:
    """The words of `text`, each looked up once."""
    words = tuple(tokens(text))
    numbers = tuple(_number(word.key, model) for word in words)
    fresh = tuple(word.after_stop for word in words)
    fenced = tuple(fences.fenced(word, words[at - 1] if at else None) for at, word in enumerate(words))
    covered = [(hit.start, hit.end) for hit in matcher.find(text)]
    term = tuple(any(start <= word.start and word.end <= end for start, end in covered) for word in words)
    state = (model.start, model.start)
    odd = []
    for number, begins in zip(numbers, fresh, strict=True):
        if begins:
            state = (model.start, model.start)
        odd.append(model.score(*state, number) < _LIKELY)
        state = (state[1], number)
    ends = (0, *(word.end for word in words))
    joined = tuple(text[end : word.start] in (" ", "-") for end, word in zip(ends, words, strict=False))
    clinical = tuple(map(model.is_clinical, numbers))
    return Heard(text, words, numbers, fresh, joined, fenced, term, clinical, tuple(odd))


def exists(number: int, model: LanguageModel) -> bool:
    """Whether the language model knows the word, and not only as somebody's name."""
    return number >= 0 and model.flags(number) != NAME


def _number(key: str, model: LanguageModel) -> int:
    """The number of a word; a form of it that nobody counted is as likely."""
    number = model.number(key)
    if number >= 0:
        return number
    for ending in _ENDINGS:
        stem = key.removesuffix(ending)
        if stem != key and len(stem) >= _LEAST_STEM:
            for word in (stem, stem + "e"):
                if exists(model.number(word), model):
                    return model.number(word)
    return number
