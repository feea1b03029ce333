"""What the window shows follows from the messages alone, and never loses or doubles what was said."""

from hypothesis import given
from hypothesis import strategies as st

from tests.client.desktop.scripted import FORM, Script, heard
from wardscribe_client.desktop.live_record import COMMITTED, TAIL, LiveRecord
from wardscribe_client.desktop.rows import RowState
from wardscribe_client.desktop.runs import Run, RunKind, final_runs, net_corrections
from wardscribe_protocol.errors import ErrorCode
from wardscribe_protocol.messages import Closed, CommittedWord, ErrorReport, FieldState, Lag, Tail
from wardscribe_protocol.record import Check, Evidence, Language, Record, Severity, Source, Transcript

TEXT = st.text(alphabet="abc de,.12肺结节左右。，", max_size=30)
CORRECTIONS = st.lists(
    st.builds(heard, TEXT, TEXT, score=st.floats(0, 1), why=st.sampled_from(["heard_again", "verified", "revised"])),
    max_size=5,
)
WORDS = st.lists(
    st.builds(
        CommittedWord,
        id=st.just(0),
        text=TEXT,
        start_ms=st.just(0),
        end_ms=st.just(1),
        confidence=st.floats(0, 1),
    ),
    max_size=6,
)


def live(language: Language = Language.EN) -> LiveRecord:
    return LiveRecord(FORM, language)


def runs_of(shown: LiveRecord) -> list[Run]:
    return [run for passage in shown.view().transcript for run in passage.runs]


@given(text=TEXT, corrections=CORRECTIONS, words=WORDS)
def test_runs_of_a_segment_are_its_text_and_no_character_more_or_less(text, corrections, words) -> None:
    runs, _ = final_runs(text, net_corrections((), corrections), words)
    assert "".join(run.text for run in runs) == text
    assert all(run.text for run in runs)


def test_a_corrected_word_says_what_was_heard() -> None:
    script, shown = Script(), live()
    shown.take(script.commit("the", "hart", "is", "large"))
    shown.take(script.final(0, "The heart is large.", heard("hart", "heart"), words=(0, 4)))
    assert runs_of(shown) == [
        Run("The ", RunKind.FINAL),
        Run("heart", RunKind.FINAL, "hart"),
        Run(" is large.", RunKind.FINAL),
    ]


def test_a_correction_of_a_correction_says_what_was_heard_first() -> None:
    script, shown = Script(), live()
    shown.take(script.commit("plural", "effusion"))
    shown.take(script.final(0, "Pleura effusion.", heard("plural", "pleura"), words=(0, 2)))
    shown.take(script.final(0, "Pleural effusion.", heard("pleura", "pleural"), words=(0, 2)))
    assert runs_of(shown)[0] == Run("Pleural", RunKind.FINAL, "plural")


def test_what_came_back_to_how_it_was_heard_is_no_correction() -> None:
    script, shown = Script(), live()
    shown.take(script.final(0, "in the lobe", heard("and", "in")))
    shown.take(script.final(0, "and the lobe", heard("in", "and")))
    assert all(run.heard is None for run in runs_of(shown))


def test_a_corrected_word_is_found_as_a_word_and_not_inside_another() -> None:
    script, shown = Script(), live()
    shown.take(script.final(0, "upper lobe, per os", heard("purr", "per")))
    assert [run.text for run in runs_of(shown) if run.heard] == ["per"]
    assert "".join(run.text for run in runs_of(shown)).index("per os") == 12


def test_chinese_corrections_are_found_between_characters() -> None:
    script, shown = Script(), live(Language.ZH)
    shown.take(script.final(0, "左肺结节伴积液。", heard("节节", "结节")))
    assert [run.text for run in runs_of(shown)] == ["左肺", "结节", "伴积液。"]


def test_a_correction_without_a_place_is_kept_with_its_passage() -> None:
    script, shown = Script(), live()
    shown.take(script.final(0, "A 12 mm nodule.", heard("12 12mm", "twelve-millimetre")))
    (passage,) = shown.view().transcript
    assert [one.heard for one in passage.unplaced] == ["12 12mm"]


def test_words_that_were_hard_to_hear_stay_marked_in_written_form() -> None:
    script, shown = Script(), live()
    shown.take(script.commit("mild"))
    shown.take(script.commit("atelectasis", confidence=0.2))
    assert [(run.text, run.doubtful) for run in runs_of(shown)] == [("mild", False), (" atelectasis", True)]
    shown.take(script.final(0, "Mild atelectasis.", words=(0, 2)))
    assert [(run.text, run.doubtful) for run in runs_of(shown)] == [
        ("Mild ", False),
        ("atelectasis", True),
        (".", False),
    ]


def test_words_of_the_next_segment_stay_when_the_one_before_is_written() -> None:
    script, shown = Script(), live()
    shown.take(script.commit("two", "point"))
    shown.take(script.commit("five", "centimeters"))
    shown.take(script.final(0, "2.5", words=(0, 2)))
    assert [(p.key, p.text) for p in shown.view().transcript] == [(0, "2.5"), (COMMITTED, "five centimeters")]


@given(cuts=st.lists(st.integers(1, 4), min_size=1, max_size=6), written=st.integers(0, 6))
def test_every_committed_word_is_shown_once_written_or_waiting(cuts: list[int], written: int) -> None:
    script, shown = Script(), live()
    starts = [sum(cuts[:at]) for at in range(len(cuts) + 1)]
    for at, size in enumerate(cuts):
        shown.take(script.commit(*(f"w{starts[at] + offset}" for offset in range(size))))
    for at in range(min(written, len(cuts))):
        words = range(starts[at], starts[at + 1])
        shown.take(script.final(at, " ".join(f"w{word}" for word in words), words=(words.start, words.stop)))
    said = " ".join(passage.text for passage in shown.view().transcript).split()
    assert said == [f"w{at}" for at in range(starts[-1])]


def test_the_tail_is_replaced_and_goes_when_its_words_stand() -> None:
    script, shown = Script(), live()
    shown.take(Tail(text="the hea"))
    shown.take(Tail(text="the heart"))
    assert [(p.key, p.text) for p in shown.view().transcript] == [(TAIL, "the heart")]
    shown.take(script.commit("the", "heart"))
    assert [p.key for p in shown.view().transcript] == [COMMITTED]


def test_what_was_said_as_a_command_is_told_as_one_with_what_it_took_back() -> None:
    script, shown = Script(), live()
    shown.take(script.commit("large", "effusion"))
    shown.take(script.final(0, "Large effusion.", words=(0, 2)))
    shown.take(script.commit("scratch", "that."))
    shown.take(script.final(0, "", heard("Large effusion.", "", why="revised"), words=(0, 2)))
    shown.take(script.final(1, "", words=(2, 4)))
    command = shown.view().command
    assert command is not None
    assert (command.said, command.undone) == ("scratch that", "Large effusion.")
    assert [run.kind for run in runs_of(shown)] == [RunKind.COMMAND]
    shown.noticed()
    assert shown.view().command is None


def test_a_refused_command_is_told() -> None:
    shown = live()
    shown.take(ErrorReport.of(ErrorCode.UNKNOWN_COMMAND))
    assert shown.view().refused is ErrorCode.UNKNOWN_COMMAND


PATHS = st.sampled_from(
    [
        "/fields/heart_size",
        "/fields/views/0",
        "/fields/views/1",
        "/fields/findings/0/finding",
        "/fields/findings/0/size_mm/0",
        "/fields/findings/10/finding",
        "/fields/findings/2/finding",
        "/fields/impression/0",
        "/fields/unheard_of/0/x",
    ]
)


@given(
    updates=st.lists(st.tuples(PATHS, st.none() | st.integers(0, 3)), max_size=30), looks=st.sets(st.integers(0, 29))
)
def test_rows_hold_exactly_the_values_that_stand(updates: list[tuple[str, int | None]], looks: set[int]) -> None:
    """However often somebody looks meanwhile."""
    script, shown, model = Script(), live(), {}
    for at, (path, value) in enumerate(updates):
        if value is None:
            shown.take(script.withdrawn(path))
            model.pop(path, None)
        else:
            shown.take(script.field(path, value))
            model[path] = value
        if at in looks:
            shown.view()
    rows = shown.view().rows
    assert {leaf.path: leaf.value for row in rows for leaf in row.leaves} == model
    assert all(leaf.path.startswith(row.path) for row in rows for leaf in row.leaves)
    assert len({row.path for row in rows}) == len(rows)
    assert [field.id for field in FORM.fields] == list(dict.fromkeys(row.field for row in rows if row.field in known()))


def known() -> set[str]:
    return {field.id for field in FORM.fields}


def test_entries_stand_in_the_order_of_their_numbers() -> None:
    script, shown = Script(), live()
    for at in (10, 2, 0):
        shown.take(script.field(f"/fields/findings/{at}/finding", f"f{at}"))
    rows = [row.path for row in shown.view().rows if row.field == "findings"]
    assert rows == ["/fields/findings/0", "/fields/findings/2", "/fields/findings/10"]


def test_a_row_that_nothing_happened_to_is_the_same_object() -> None:
    script, shown = Script(), live()
    shown.take(script.field("/fields/heart_size", "normal"))
    shown.take(script.field("/fields/impression/0", "Clear."))
    before = {row.path: row for row in shown.view().rows}
    shown.take(script.field("/fields/heart_size", "enlarged"))
    after = {row.path: row for row in shown.view().rows}
    assert after["/fields/impression/0"] is before["/fields/impression/0"]
    assert after["/fields/heart_size"] is not before["/fields/heart_size"]


def test_a_message_that_comes_again_changes_nothing() -> None:
    script, shown = Script(), live()
    first, second = script.field("/fields/heart_size", "normal"), script.field("/fields/heart_size", "enlarged")
    for message in (first, second, first):
        shown.take(message)
    (row,) = (row for row in shown.view().rows if row.field == "heart_size")
    assert row.leaves[0].value == "enlarged"


def test_a_value_set_by_hand_takes_the_place_of_what_is_below_it() -> None:
    script, shown = Script(), live()
    shown.take(script.field("/fields/findings/0/finding", "nodule"))
    shown.take(script.field("/fields/findings/0/laterality", "left"))
    shown.take(script.field("/fields/findings/0", {"finding": "mass"}, state=FieldState.EDITED))
    (row,) = (row for row in shown.view().rows if row.field == "findings")
    assert [(leaf.name, leaf.value) for leaf in row.leaves] == [("finding", "mass")]
    assert row.state is RowState.EDITED


def test_a_row_plays_exactly_the_stretches_that_its_values_were_said_in() -> None:
    script, shown = Script(), live()
    shown.take(script.field("/fields/findings/0/finding", "nodule", audio_ms=(900, 1200)))
    shown.take(script.field("/fields/findings/0/size_mm/0", 12, audio_ms=(500, 800)))
    shown.take(script.field("/fields/findings/0/change", "new", audio_ms=(4000, 4200)))
    (row,) = (row for row in shown.view().rows if row.field == "findings")
    assert row.audio_ms == ((500, 1200), (4000, 4200))


def test_a_row_is_confirmed_when_all_of_it_is() -> None:
    script, shown = Script(), live()
    shown.take(script.field("/fields/findings/0/finding", "nodule", state=FieldState.CONFIRMED))
    shown.take(script.field("/fields/findings/0/laterality", "left"))
    rows = {row.path: row for row in shown.view().rows}
    assert rows["/fields/findings/0"].state is RowState.PROPOSED
    shown.take(script.field("/fields/findings/0/laterality", "left", state=FieldState.CONFIRMED))
    assert {row.path: row for row in shown.view().rows}["/fields/findings/0"].state is RowState.CONFIRMED


def test_a_check_stands_in_its_place_until_it_is_settled() -> None:
    script, shown = Script(), live()
    shown.take(script.check("/fields/impression"))
    shown.take(script.check("", code="values_unconfirmed", message="Not confirmed"))
    (empty,) = (row for row in shown.view().rows if row.field == "impression")
    assert [check.code for check in empty.checks] == ["required_missing"]
    assert [check.code for check in shown.view().checks] == ["values_unconfirmed"]
    shown.take(script.field("/fields/impression/0", "Clear."))
    shown.take(script.check("/fields/impression", settled=True))
    shown.take(script.check("/fields/impression/0", code="value_doubtful", severity=Severity.INFO))
    (row,) = (row for row in shown.view().rows if row.field == "impression")
    assert [check.code for check in row.checks] == ["value_doubtful"]


def record() -> Record:
    return Record(
        template="chest_xray",
        language=Language.EN,
        transcript=Transcript(raw="normal heart", text="Normal heart."),
        fields={"heart_size": "normal", "impression": ["Clear."]},
        evidence={
            "/fields/heart_size": Evidence(text="normal", chars=(0, 6), confidence=0.9, confirmed=True),
            "/fields/impression/0": Evidence(text="Clear.", confidence=1.0, source=Source.EDITED),
        },
        checks=(Check(code="x", severity=Severity.INFO, path="/fields/impression/0", message="m"),),
    )


def test_a_window_that_was_opened_late_has_all_of_it_at_the_end() -> None:
    shown = live()
    closing = Closed.of(record(), total_samples=16_000).model_copy(update={"seq": 99})
    shown.take(closing)
    rows = {row.path: row for row in shown.view().rows if row.leaves}
    assert rows["/fields/heart_size"].state is RowState.CONFIRMED
    assert rows["/fields/impression/0"].state is RowState.EDITED
    assert [check.code for check in rows["/fields/impression/0"].checks] == ["x"]
    assert [passage.text for passage in shown.view().transcript] == ["Normal heart."]
    assert shown.view().record == record()


def test_lag_is_what_was_said_last() -> None:
    shown = live()
    shown.take(Lag(seconds=3.5))
    assert shown.view().lag_s == 3.5
    shown.take(Lag(seconds=0))
    assert shown.view().lag_s == 0


def test_labels_that_come_late_change_no_value() -> None:
    script, shown = Script(), LiveRecord(FORM.model_copy(update={"fields": (), "sections": ()}), Language.EN)
    shown.take(script.field("/fields/views/0", "pa"))
    shown.take(script.field("/fields/views/1", "lateral"))
    assert len([row for row in shown.view().rows if row.leaves]) == 2
    shown.use_form(FORM)
    (row,) = (row for row in shown.view().rows if row.leaves)
    assert [leaf.value for leaf in row.leaves] == ["pa", "lateral"]
