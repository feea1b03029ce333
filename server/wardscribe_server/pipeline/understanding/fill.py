"""Fields of the record from a read case, by the kind of each field.

Owns the order and the table of kinds. Must not know text offsets or evidence.
"""

from collections.abc import Callable, Mapping

from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding import (
    fill_chest,
    fill_drugs,
    fill_findings,
    fill_imaging,
    fill_plan,
    fill_results,
    fill_visit,
)
from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.fill_patient import patient
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree

Filler = Callable[[Case, FieldSpec], Tree]

FILLERS: Mapping[str, Filler] = {
    "views": fill_imaging.views,
    "indication": fill_imaging.indication,
    "comparison": fill_imaging.comparison,
    "devices": fill_chest.devices,
    "heart_size": fill_chest.heart_size,
    "texts": fill_imaging.texts,
    "recommendation": fill_imaging.recommendation,
    "findings": fill_findings.findings,
    "problems": fill_findings.problems,
    "chief_complaint": fill_visit.chief_complaint,
    "narrative": fill_visit.narrative,
    "family": fill_visit.family,
    "allergies": fill_visit.allergies,
    "medications": fill_drugs.medications,
    "prescriptions": fill_drugs.prescriptions,
    "vitals": fill_results.vitals,
    "labs": fill_results.labs,
    "plan": fill_plan.plan,
    "follow_up": fill_plan.follow_up,
}


def fill(case: Case) -> dict[str, Tree]:
    """Fields with evidence, in the template's order; what was not dictated is absent."""
    fields: dict[str, Tree] = {}
    who = patient(case)
    if who:
        fields["patient"] = who
    for spec in case.template.fields:
        tree = FILLERS[spec.kind](case, spec)
        if isinstance(tree, Leaf) or tree:
            fields[spec.id] = tree
    return fields
