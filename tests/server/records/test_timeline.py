"""A patient over time, and how sure it is that a lesion is the same."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.server.records.conftest import record_of
from wardscribe_protocol.record import Language
from wardscribe_server.records.lesions import Certainty, Doubt, Lesion, lesions, load_belonging
from wardscribe_server.records.report import ReportId, SignedReport
from wardscribe_server.records.timeline import timeline

START = datetime(2025, 1, 1, tzinfo=UTC)


def report(number: int, fields: dict[str, object], *, template: str = "ct_chest", language: str = "en") -> SignedReport:
    record = record_of(fields, template=template).model_copy(update={"language": Language(language)})
    return SignedReport(ReportId(f"r{number}"), 1, START + timedelta(days=90 * number), record)


def nodule(size: float | None, place: str | None = "upper lobe", side: str | None = "right", **more: object) -> object:
    entry: dict[str, object] = {"finding": "nodule", "presence": "present", **more}
    said = {"laterality": side, "location": place, "size_mm": None if size is None else [size]}
    entry |= {key: value for key, value in said.items() if value is not None}
    return entry


def over_time(*visits: list[object], template: str = "ct_chest") -> tuple[Lesion, ...]:
    return lesions(
        [report(at, {"findings": found} if found else {}, template=template) for at, found in enumerate(visits)]
    )


def told(lesion: Lesion) -> list[tuple[tuple[float, ...], Certainty, tuple[Doubt, ...]]]:
    return [(point.size_mm, point.certainty, point.doubts) for point in lesion.points]


def test_the_only_nodule_at_one_place_is_matched_and_its_growth_told() -> None:
    (lesion,) = over_time([nodule(6)], [nodule(8)], [nodule(7.5)])
    assert (lesion.kind, lesion.region, lesion.laterality, lesion.location) == (
        "nodule",
        "chest",
        "right",
        "upper lobe",
    )
    assert [point.certainty for point in lesion.points] == [Certainty.FIRST, Certainty.MATCHED, Certainty.MATCHED]
    assert [point.change_mm for point in lesion.points] == [None, 2, -0.5]
    assert [(point.source.report, point.source.pointer) for point in lesion.points] == [
        ("r0", "/fields/findings/0/size_mm"),
        ("r1", "/fields/findings/0/size_mm"),
        ("r2", "/fields/findings/0/size_mm"),
    ]


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (nodule(6), nodule(6, side="left")),
        (nodule(6), nodule(6, "lower lobe")),
        (nodule(6), nodule(6, change="new")),
        (nodule(6), {"finding": "mass", "presence": "present", "laterality": "right", "size_mm": [6]}),
    ],
)
def test_another_side_place_or_kind_is_another_lesion(then: object, now: object) -> None:
    assert [told(lesion)[0][1] for lesion in over_time([then], [now])] == [Certainty.FIRST, Certainty.FIRST]


@pytest.mark.parametrize(
    ("then", "now", "certainty", "doubt"),
    [
        (nodule(6), nodule(7, "right upper lobe"), Certainty.MATCHED, None),
        (nodule(6), nodule(7, "apex of the upper lobe"), Certainty.LIKELY, Doubt.PLACE_INCOMPLETE),
        (nodule(6), nodule(7, finding="solid nodule"), Certainty.LIKELY, Doubt.NAMED_DIFFERENTLY),
        (nodule(6), nodule(7, None), Certainty.LIKELY, Doubt.PLACE_INCOMPLETE),
        (nodule(6, None), nodule(7, None), Certainty.UNCERTAIN, Doubt.PLACE_MISSING),
        (nodule(6), nodule(7, side=None), Certainty.UNCERTAIN, Doubt.SIDE_MISSING),
        (nodule(6), nodule(19), Certainty.UNCERTAIN, Doubt.SIZE_FAR_OFF),
        (nodule(6), nodule(7, count=3), Certainty.UNCERTAIN, Doubt.SEVERAL_COUNTED),
    ],
)
def test_what_was_not_said_is_said_as_doubt(
    then: object, now: object, certainty: Certainty, doubt: Doubt | None
) -> None:
    (lesion,) = over_time([then], [now])
    assert told(lesion)[1][1:] == (certainty, () if doubt is None else (doubt,))


def test_of_several_at_one_place_none_is_passed_off_as_the_same() -> None:
    pair = over_time([nodule(4), nodule(9)], [nodule(5), nodule(10)])
    assert [[point.size_mm for point in lesion.points] for lesion in pair] == [[(4,), (5,)], [(9,), (10,)]]
    for lesion in pair:
        assert told(lesion)[1][1:] == (Certainty.UNCERTAIN, (Doubt.SEVERAL_CANDIDATES,))


def test_one_of_two_that_is_seen_again_is_doubted_too() -> None:
    first, second = over_time([nodule(4), nodule(9)], [nodule(8)])
    assert len(first.points) == 1
    assert told(second)[1][1:] == (Certainty.UNCERTAIN, (Doubt.SEVERAL_CANDIDATES,))


def test_a_better_place_wins_and_the_other_candidate_is_mentioned() -> None:
    exact, vague = over_time([nodule(6), nodule(6, None)], [nodule(7)])
    assert told(exact)[1][1:] == (Certainty.LIKELY, (Doubt.OTHER_CANDIDATE,))
    assert len(vague.points) == 1


def test_another_examination_of_the_region_measures_otherwise() -> None:
    (lesion,) = lesions(
        [report(0, {"findings": [nodule(6)]}, template="chest_xray"), report(1, {"findings": [nodule(7)]})]
    )
    assert told(lesion)[1][1:] == (Certainty.LIKELY, (Doubt.OTHER_EXAMINATION,))


def test_places_in_two_languages_are_not_compared_but_doubted() -> None:
    chinese = {"finding": "结节", "presence": "present", "laterality": "right", "location": "上叶", "size_mm": [7]}
    (lesion,) = lesions([report(0, {"findings": [nodule(6)]}), report(1, {"findings": [chinese]}, language="zh")])
    assert told(lesion)[1][1:] == (Certainty.UNCERTAIN, (Doubt.NAMED_DIFFERENTLY, Doubt.OTHER_LANGUAGE))


def test_chinese_places_compare_by_what_they_name() -> None:
    def found(place: str, size: float) -> dict[str, object]:
        return {"findings": [{"finding": "结节", "presence": "present", "location": place, "size_mm": [size]}]}

    (lesion,) = lesions([report(0, found("右肺上叶", 5), language="zh"), report(1, found("右上叶", 6), language="zh")])
    assert told(lesion)[1][1] is Certainty.MATCHED
    assert lesion.laterality == "right"


def test_a_nodule_that_is_gone_ends_its_line_and_may_come_back() -> None:
    gone = nodule(None, change="resolved")
    (lesion,) = over_time([nodule(6)], [gone], [nodule(3)])
    assert [point.size_mm for point in lesion.points] == [(6,), (), (3,)]
    assert lesion.points[2].change_mm == -3


def test_absent_findings_and_family_stay_out() -> None:
    assert over_time([nodule(None, presence="absent")], [nodule(None)]) == ()
    view = timeline(
        [report(0, {"family_history": [{"relation": "mother", "problem": "asthma"}]}, template="outpatient")]
    )
    assert view.problems == ()


def test_thyroid_nodules_have_no_name_of_their_own() -> None:
    def scan(size: list[float]) -> dict[str, object]:
        return {"nodules": [{"laterality": "left", "location": "upper", "size_mm": size}]}

    (lesion,) = lesions(
        [report(0, scan([8, 6, 5]), template="us_thyroid"), report(1, scan([9, 6, 5]), template="us_thyroid")]
    )
    assert (lesion.region, lesion.points[1].certainty, lesion.points[1].change_mm) == (
        "thyroid",
        Certainty.MATCHED,
        1,
    )
    assert lesion.points[1].source.pointer == "/fields/nodules/0/size_mm"


def test_problems_drugs_and_measurements_are_gathered_in_the_order_of_dictation() -> None:
    later = report(
        1,
        {
            "diagnoses": [{"problem": "Hypertension", "presence": "present"}],
            "prescriptions": [{"drug": "amlodipine", "action": "stop"}],
            "vitals": {"bp_systolic_mmhg": 138, "pain_score": 2},
            "labs": [{"test": "HbA1c", "value": 7.1, "unit": "%"}, {"test": "urine protein", "value": "negative"}],
        },
        template="outpatient",
    )
    earlier = report(
        0,
        {
            "patient": {"age_years": 61},
            "past_history": [{"problem": "hypertension", "presence": "present", "duration": "P5Y"}],
            "medications": [{"drug": "Amlodipine", "dose": 5, "dose_unit": "mg", "frequency": "daily"}],
            "vitals": {"bp_systolic_mmhg": 151},
            "labs": [{"test": "HbA1c", "value": 54, "unit": "mmol/mol"}],
        },
        template="outpatient",
    )
    view = timeline([later, earlier])
    (problem,) = view.problems
    assert [(sight.field, sight.duration, sight.source.pointer) for sight in problem.sightings] == [
        ("past_history", "P5Y", "/fields/past_history/0"),
        ("diagnoses", None, "/fields/diagnoses/0"),
    ]
    (drug,) = view.drugs
    assert (drug.drug, drug.stopped) == ("amlodipine", True)
    assert [(use.dose, use.is_order, use.source.report) for use in drug.uses] == [(5, False, "r0"), (None, True, "r1")]
    series = {(item.name, item.unit): [reading.value for reading in item.readings] for item in view.measurements}
    assert series == {
        ("bp_systolic_mmhg", "mmhg"): [151, 138],
        ("pain_score", None): [2],
        ("hba1c", "mmol/mol"): [54],
        ("hba1c", "%"): [7.1],
        ("urine protein", None): ["negative"],
    }


def test_sizes_of_organs_are_measured_and_settings_of_the_scanner_are_not() -> None:
    view = timeline(
        [
            report(0, {"right_lobe_mm": [45, 16, 14], "isthmus_mm": 3}, template="us_thyroid"),
            report(1, {"slice_thickness_mm": 1}),
        ]
    )
    assert {item.name: item.readings[0].value for item in view.measurements} == {
        "right_lobe_mm": (45, 16, 14),
        "isthmus_mm": 3,
    }


def test_the_table_of_kinds_names_each_once_and_only_regions_that_it_has() -> None:
    belonging = load_belonging()
    for region in {kind.region for kind in belonging.kinds}:
        names = [name for kind in belonging.kinds if kind.region == region for name in kind.names]
        assert len(names) == len(set(names))
        assert region in belonging.regions
