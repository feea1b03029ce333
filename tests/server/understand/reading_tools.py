"""What the tests of understanding share: understanders built once, and short ways to ask."""

from functools import cache

from wardscribe_lexicons import load
from wardscribe_protocol.record import Language
from wardscribe_server.catalog import load_catalog
from wardscribe_server.pipeline.understanding.entities import find_mentions
from wardscribe_server.pipeline.understanding.mentions import Mention
from wardscribe_server.pipeline.understanding.understand import Understander, Understanding
from wardscribe_server.pipeline.values import Written


@cache
def understander(language: str) -> Understander:
    return Understander(catalog=load_catalog(), lexicon=load(language), language=Language(language))


def read(text: str, *, template: str, language: str) -> Understanding:
    return understander(language).read(Written(text, ()), template=template)


def mentions(text: str, language: str) -> dict[str, Mention]:
    """Mentions by name."""
    found, _ = find_mentions(understander(language).reader.read(text))
    return {mention.name: mention for mention in found}


def presence(text: str, language: str) -> dict[str, str]:
    """What is claimed of each mention, by name."""
    return {name: mention.assertion.presence.value for name, mention in mentions(text, language).items()}


def findings(text: str, language: str, field: str = "findings") -> dict[str, dict[str, object]]:
    """Finding entries by name, from a text that is findings (or an examination) throughout."""
    lead = {
        ("findings", "en"): ("chest_xray", "Findings: "),
        ("findings", "zh"): ("chest_xray", "影像所见："),
        ("exam", "en"): ("outpatient", "Examination: "),
        ("exam", "zh"): ("outpatient", "查体："),
    }[field, language]
    entries = read(lead[1] + text, template=lead[0], language=language).fields.get(field, [])
    assert isinstance(entries, list)
    return {str(entry["finding"]): entry for entry in entries if isinstance(entry, dict)}
