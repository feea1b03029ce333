"""An error as one sentence for a person, in their language: what is wrong and what to do. Never shows contents."""

from wardscribe_client.desktop.phrases import Phrases
from wardscribe_client.reports import NotAServerError, ServerAwayError
from wardscribe_protocol.errors import ErrorCode, InputError, WardscribeError
from wardscribe_protocol.record import Language


def told(error: WardscribeError, language: Language, *, server: str) -> str:
    """The sentence. `server` is its address as the person knows it."""
    phrases = Phrases("trouble", language)
    match error:
        case ServerAwayError():
            return phrases(error.away.value, server=server)
        case NotAServerError():
            return phrases("not_wardscribe", server=server)
        case InputError() if error.code is ErrorCode.BAD_INPUT:
            return error.message  # names a file of the person's own, and what to do
    if phrases.has(error.code.value):
        return phrases(error.code.value, server=server)
    return phrases("other", code=error.code.value)
