"""The names that the tagger predicts: labels, assertion axes, sections of a note.

Owns the names and their order (which is the order of the network's outputs). Must not know texts or sources; what each
name means is written in `models/LABELS.md`.
"""

from typing import Final

LABELS: Final = (
    "finding",
    "symptom",
    "disease",
    "anatomy",
    "laterality",
    "measurement",
    "severity",
    "change",
    "test",
    "value",
    "unit",
    "drug",
    "dose",
    "route",
    "frequency",
    "duration",
    "form",
    "procedure",
    "device",
    "allergen",
    "reaction",
    "date",
    "age",
    "sex",
    "relation",
    "specimen",
    "organism",
    "name",
    "id",
    "place",
    "phone",
)
UNKNOWN: Final = "unknown"  # whatever stands here, the product head is not trained on it

PRESENCE: Final = ("present", "absent", "possible")
CERTAINTY: Final = ("certain", "hedged", "conditional")
TIME: Final = ("now", "past", "future")
SUBJECT: Final = ("patient", "family", "other")
AXES: Final = {"presence": PRESENCE, "certainty": CERTAINTY, "time": TIME, "subject": SUBJECT}

HEADS: Final = frozenset(
    ("finding", "symptom", "disease", "drug", "test", "procedure", "device", "allergen", "specimen", "anatomy")
)
DEPENDENTS: Final = frozenset(
    (
        "anatomy",
        "laterality",
        "measurement",
        "severity",
        "change",
        "value",
        "unit",
        "dose",
        "route",
        "frequency",
        "duration",
        "form",
        "reaction",
        "date",
        "age",
        "relation",
        "organism",
    )
)

SECTIONS: Final = (
    "complaint",
    "history",
    "past",
    "family",
    "social",
    "allergies",
    "medications",
    "exam",
    "labs",
    "diagnosis",
    "plan",
    "technique",
    "indication",
    "comparison",
    "findings",
    "impression",
    "recommendation",
    "course",
    "condition",
    "advice",
    "procedure",
    "anaesthesia",
    "complications",
    "specimen",
    "description",
)
