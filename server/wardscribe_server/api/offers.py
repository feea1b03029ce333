"""What a server tells whoever has come in before any report: who they are to it, its templates with their labels.

Owns paths and shapes. Holds nothing of a patient; a site's own templates are shown to its people only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter
from starlette.responses import Response

from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.record import Language
from wardscribe_server.access.principal import Principal, Role, Scope, TenantId, UserId
from wardscribe_server.api.endpoint import Endpoint, Nothing, Served, answered
from wardscribe_server.api.records_asked import REPORT_FORMATS
from wardscribe_server.catalog import Catalog, FieldSpec, Template
from wardscribe_server.pipeline.understanding.checks.rules import load_wording

_FRAMES: Final = frozenset(("colon", "comma", "patient", "allergy_word"))  # of the layout, and no word for a code


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Who you are to this server, and what it offers. `formats` are those that a report can be read in."""

    user: UserId
    tenant: TenantId
    roles: tuple[Role, ...]
    scopes: tuple[Scope, ...]
    languages: tuple[Language, ...]
    formats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InBoth:
    """A label in both languages."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionLabels:
    """A section of the printed report."""

    id: str
    labels: InBoth


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLabels:
    """A field: where it is printed, its unit, the codes that it may take where it is a choice."""

    id: str
    section: str
    kind: str
    labels: InBoth
    unit: str
    codes: tuple[str, ...]
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateLabels:
    """A template as a person sees it; sections and fields in the order of the printed report."""

    id: str
    labels: InBoth
    per_patient: bool
    sections: tuple[SectionLabels, ...]
    fields: tuple[FieldLabels, ...]


@dataclass(frozen=True, slots=True)
class Templates:
    """All templates, and the words for codes in each language, as the printed report has them."""

    templates: tuple[TemplateLabels, ...]
    words: Mapping[str, Mapping[str, str]]


_ABOUT = TypeAdapter(About)
_TEMPLATES = TypeAdapter(Templates)
_TEMPLATE = TypeAdapter(TemplateLabels)


class OffersApi:
    """The endpoints."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @property
    def endpoints(self) -> tuple[Served, ...]:
        """All of them, in the order of the documentation."""
        return (
            Endpoint(
                method="GET",
                path="/v1/about",
                about="Who you are to this server, and what it offers.",
                asks=Nothing,
                handle=lambda who, _path, _query: answered(_ABOUT, _about(who)),
            ),
            Endpoint(
                method="GET",
                path="/v1/templates",
                about="The templates in force with their labels, and the words for codes.",
                asks=Nothing,
                handle=lambda _who, _path, _query: answered(_TEMPLATES, self._all()),
            ),
            Endpoint(
                method="GET",
                path="/v1/templates/{template}",
                about="One template with its labels.",
                asks=Nothing,
                handle=lambda _who, path, _query: self._one(path["template"]),
            ),
        )

    def _all(self) -> Templates:
        words = {
            language: {key: word for key, word in said.items() if "{" not in word and key not in _FRAMES}
            for language, said in load_wording().items()
        }
        return Templates(tuple(_labels(self._catalog.template(id_)) for id_ in self._catalog.ids), words)

    def _one(self, template_id: str) -> Response:
        if template_id not in self._catalog.templates:
            raise RefusedError(ErrorCode.UNKNOWN_TEMPLATE)
        return answered(_TEMPLATE, _labels(self._catalog.template(template_id)))


def _about(who: Principal) -> About:
    return About(
        user=who.user,
        tenant=who.tenant,
        roles=tuple(sorted(who.roles)),
        scopes=tuple(sorted(who.scopes)),
        languages=tuple(Language),
        formats=REPORT_FORMATS,
    )


def _labels(template: Template) -> TemplateLabels:
    return TemplateLabels(
        id=template.id,
        labels=InBoth(template.labels.en, template.labels.zh),
        per_patient=template.per_patient,
        sections=tuple(
            SectionLabels(id=section.id, labels=InBoth(section.labels.en, section.labels.zh))
            for section in template.sections
        ),
        fields=tuple(_field(spec) for spec in template.fields),
    )


def _field(spec: FieldSpec) -> FieldLabels:
    return FieldLabels(
        id=spec.id,
        section=spec.section,
        kind=spec.kind,
        labels=InBoth(spec.labels.en, spec.labels.zh),
        unit=spec.unit,
        codes=spec.codes,
        required=spec.required,
    )
