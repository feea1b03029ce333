"""The literal escape: "literal colon" is the word, not the mark.

Owns holding such words back from every later rule. Must not know what commands do.
"""

import re
from functools import lru_cache

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.writing.command_grammar import CommandBook
from wardscribe_server.pipeline.writing.draft import HELD, PAUSE, Draft, Edit
from wardscribe_server.pipeline.writing.grammar import either, table


@lru_cache(maxsize=64)
def _literal_patterns(language: Language, commands: CommandBook) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The cue before a whole utterance, and before any fixed phrase or mark."""
    grammar = table(f"editing_{language}")
    cues = either(grammar.lists("literal")["cues"])
    names = either([*commands.phrases(language), *grammar.mapping("marks")])
    opens = rf"(?:(?<=^)|(?<={PAUSE}))"
    if language is Language.ZH:
        return re.compile(rf"{opens}{cues}([^{PAUSE}]+)"), re.compile(rf"{cues}({names})")
    return (
        re.compile(rf"{opens}{cues} ([^{PAUSE}]+)", re.IGNORECASE),
        re.compile(rf"(?<![\w-]){cues} ({names})(?![\w-])", re.IGNORECASE),
    )


def literal(draft: Draft, language: Language, commands: CommandBook) -> Draft:
    """ "literal colon" is the word: held back from every later rule."""
    word = r"\w+" if language is Language.EN else r"\w"

    def held(match: re.Match[str]) -> list[Edit]:
        edits = [Edit(match.start(), match.start(1), "")]
        for said in re.finditer(word, match[1]):
            start, end = match.start(1) + said.start(), match.start(1) + said.end()
            text = HELD + said.group() if language is Language.EN else said.group() + HELD
            edits.append(Edit(start, end, text))
        return edits

    def held_whole(match: re.Match[str]) -> list[Edit] | None:
        return held(match) if any(commands.alone(match[1], language=language)) else None

    whole, phrase = _literal_patterns(language, commands)
    return draft.rewritten(whole, held_whole).rewritten(phrase, held)
