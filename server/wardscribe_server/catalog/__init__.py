"""Report templates as data: their schema, loading and checking. Must not know how a field is filled."""

from wardscribe_server.catalog.load import load_catalog
from wardscribe_server.catalog.template import (
    AtSigning,
    Catalog,
    CheckCode,
    Choice,
    FieldSpec,
    SectionSpec,
    Template,
    TemplateError,
    UnknownTemplate,
)

__all__ = [
    "AtSigning",
    "Catalog",
    "CheckCode",
    "Choice",
    "FieldSpec",
    "SectionSpec",
    "Template",
    "TemplateError",
    "UnknownTemplate",
    "load_catalog",
]
