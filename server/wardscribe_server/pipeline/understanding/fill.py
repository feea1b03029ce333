"""Fields of the record from a read case, by the kind of each field.

Owns the order and the table of kinds. Must not know text offsets or evidence.
"""

from collections.abc import Callable, Mapping

from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding import (
    fill_amounts,
    fill_chest,
    fill_ct,
    fill_declared,
    fill_discharge,
    fill_drugs,
    fill_findings,
    fill_imaging,
    fill_lesions,
    fill_measures,
    fill_operative,
    fill_plan,
    fill_procedures,
    fill_results,
    fill_specimen,
    fill_thyroid,
    fill_tissue,
    fill_visit,
    fill_ward,
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
    "contrast": fill_ct.contrast,
    "slice_thickness": fill_ct.slice_thickness,
    "measure": fill_measures.measure,
    "measures": fill_measures.measures,
    "nodules": fill_thyroid.nodules,
    "bed": fill_ward.bed,
    "day_count": fill_amounts.day_count,
    "amount": fill_amounts.amount,
    "assessment": fill_ward.assessment,
    "orders": fill_ward.orders,
    "stay_date": fill_discharge.stay_date,
    "admission_diagnoses": fill_discharge.admission_diagnoses,
    "procedures": fill_procedures.procedures,
    "course": fill_discharge.course,
    "condition": fill_discharge.condition,
    "discharge_medications": fill_discharge.discharge_medications,
    "discharge_follow_up": fill_discharge.discharge_follow_up,
    "advice": fill_discharge.advice,
    "statement": fill_operative.statement,
    "operation": fill_operative.operation,
    "surgeon": fill_operative.surgeon,
    "assistants": fill_operative.assistants,
    "anaesthesia": fill_operative.anaesthesia,
    "side": fill_operative.side,
    "operative_findings": fill_tissue.operative_findings,
    "specimens": fill_tissue.specimens,
    "drains": fill_tissue.drains,
    "implants": fill_tissue.implants,
    "complications": fill_tissue.complications,
    "counts_correct": fill_tissue.counts_correct,
    "specimen": fill_specimen.specimen,
    "specimen_procedure": fill_specimen.specimen_procedure,
    "specimen_size": fill_specimen.specimen_size,
    "lesions": fill_lesions.lesions,
    "lymph_nodes": fill_specimen.lymph_nodes,
    "cassettes": fill_specimen.cassettes,
    "number": fill_declared.number,
    "choice": fill_declared.choice,
    "choices": fill_declared.choices,
    "flag": fill_declared.flag,
    "text": fill_declared.text,
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
