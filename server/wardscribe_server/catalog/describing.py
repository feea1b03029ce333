"""A template told to a person: sections, fields, what feeds them, what happens at signing.

Owns that wording. Must not know the command line.
"""

from collections.abc import Iterator

from wardscribe_protocol.record import Language
from wardscribe_server.catalog.kinds import load_kinds
from wardscribe_server.catalog.template import FieldSpec, Headings, SectionSpec, Template


def describe(template: Template, *, origin: str) -> str:
    """The template in lines, ending in a line break."""
    lines = [
        f"{template.id}  {template.labels.en} / {template.labels.zh}",
        f"  from: {origin}",
        f"  source: {template.source} ({template.licence})",
        f"  document code: {f'LOINC {template.loinc}' if template.loinc else 'none'}    FHIR: {template.fhir}",
        "",
        "sections",
        *(line for section in template.sections for line in _section(section, opening=section.id == template.opening)),
        "",
        "fields",
        *(line for spec in template.fields for line in _field(spec)),
    ]
    return "\n".join(lines) + "\n"


def _section(section: SectionSpec, *, opening: bool) -> Iterator[str]:
    code = f"  LOINC {section.loinc}" if section.loinc else ""
    begins = "  (a dictation begins here)" if opening else ""
    yield f"  {section.id}  {section.labels.en} / {section.labels.zh}{code}{begins}"
    yield from _phrases("headings", section.headings)


def _field(spec: FieldSpec) -> Iterator[str]:
    kind = load_kinds()[spec.kind]
    yield f"  {spec.id}  {spec.labels.en} / {spec.labels.zh}"
    yield f"    {kind.shape}{f' in {spec.unit}' if spec.unit else ''}, kind {spec.kind}, section {spec.section}"
    if spec.codes:
        yield f"    values: {', '.join(spec.codes)}"
    for choice in spec.choices:
        yield from _phrases(choice.code, Headings(en=choice.en, zh=choice.zh))
    fed = [f"entities {', '.join(kind.entities)}" if kind.entities else ""]
    fed += [f"relations {', '.join(kind.relations)}" if kind.relations else ""]
    fed += [f"cues {', '.join(kind.cues)}" if kind.cues else ""]
    fed += [f"mentions {', '.join(spec.takes)}" if spec.takes else ""]
    fed += [f"in {', '.join((*spec.from_sections, *spec.gathers))}" if spec.from_sections or spec.gathers else ""]
    if any(fed):
        yield f"    fed by {'; '.join(filter(None, fed))}"
    yield from _phrases("triggers", spec.triggers)
    yield f"    FHIR {kind.fhir}; {_required(spec) if spec.required else 'optional'}"
    if spec.concept:
        yield f"    means {spec.concept}"


def _phrases(name: str, phrases: Headings) -> Iterator[str]:
    for language in Language:
        if said := phrases.of(language):
            yield f"    {name} {language.value}: {', '.join(said)}"


def _required(spec: FieldSpec) -> str:
    """What an empty required field does at signing."""
    match spec.at_signing:
        case "prohibit":
            return "required: empty, it prohibits signing"
        case "require":
            return "required: empty, it asks a person to decide"
        case "alert":
            return "required: empty, it alerts"
        case "ignore":
            return "required: empty, it is let pass"
        case None:
            return "required: empty, it does what the template says of `required_missing`"
