"""The lexicon's doubts put to the audio: what the second hearing upholds is written or shown, nothing else."""

from collections.abc import Sequence

import pytest

from tests.server.flow_driver import Driver, readers
from wardscribe_protocol.record import Language
from wardscribe_server.lexicon.correction import Alternative, Correction, Doubt, Reading
from wardscribe_server.pipeline.compose import Composer
from wardscribe_server.pipeline.disputed import CODE
from wardscribe_server.pipeline.events import Committed, Decode, Stop
from wardscribe_server.pipeline.finals import Final
from wardscribe_server.pipeline.flow import Flow, FlowSettings
from wardscribe_server.pipeline.heard import Effort
from wardscribe_server.pipeline.values import Utterance, words_from_text
from wardscribe_server.pipeline.verification import Questions, verified


def doubt(text: str, heard: str, written: str, *, decisive: bool = True) -> Doubt:
    start = text.index(heard)
    return Doubt(Correction(heard, written, "verified", 0.8, start, start + len(heard), unsure=True), decisive)


def upheld(text: str, heard_again: str, *doubts: Doubt) -> list[str]:
    (utterance,) = words_from_text(text)
    return [found.written for found in verified(utterance, Questions(doubts), heard_again).verified]


@pytest.mark.parametrize(
    ("heard_again", "stands"),
    [
        ("Start etanercept weekly.", ["etanercept"]),
        ("start Eta-nercept weekly", ["etanercept"]),
        ("Start etnorecept weekly.", []),
        ("Start it weekly.", []),
        ("Start etanercepts weekly.", []),
        ("", []),
    ],
)
def test_a_term_is_upheld_where_the_recogniser_writes_it_itself(heard_again: str, stands: list[str]) -> None:
    text = "Start etnorecept weekly."
    assert upheld(text, heard_again, doubt(text, "etnorecept", "etanercept")) == stands


def test_a_term_that_is_written_somewhere_else_is_no_answer() -> None:
    text = "Start etnorecept weekly for the swollen wrists."
    again = "Start etnorecept weekly for the swollen etanercept."
    assert upheld(text, again, doubt(text, "etnorecept", "etanercept")) == []


def test_of_two_readings_of_one_place_the_likelier_that_is_heard_stands() -> None:
    text = "the patient is dyspnic"
    doubts = (doubt(text, "dyspnic", "dyspnea"), doubt(text, "dyspnic", "dyspneic"))
    assert upheld(text, "The patient is dyspneic.", *doubts) == ["dyspneic"]


def test_words_may_join_and_mandarin_is_compared_by_characters() -> None:
    text = "hydro nefrosis of the kidney"
    assert upheld(text, "Hydronephrosis of the kidney", doubt(text, "hydro nefrosis", "hydronephrosis"))
    text = "予以头孢曲松那抗感染"
    assert upheld(text, "予以头孢曲松钠抗感染。", doubt(text, "头孢曲松那", "头孢曲松钠")) == ["头孢曲松钠"]
    assert upheld(text, "予以头孢抗感染。", doubt(text, "头孢曲松那", "头孢曲松钠")) == []


def test_at_most_thirty_terms_are_shown_the_doubted_ones_among_them() -> None:
    sure = tuple(Correction("x", f"term{number}", "sounds_like", 1.0, 0, 1) for number in range(40))
    terms = Questions((doubt("one", "one", "Last"),), sure).terms
    assert (len(terms), terms[-1]) == (30, "last")


class OneDoubt:
    """A corrector that is never sure and doubts one word."""

    def __init__(self, heard: str, written: str, *, decisive: bool) -> None:
        self._heard, self._written, self._decisive = heard, written, decisive

    def propose(self, text: str, *, alternatives: Sequence[Alternative] = ()) -> tuple[Correction, ...]:
        return ()

    def doubts(self, text: str, *, alternatives: Sequence[Alternative] = ()) -> tuple[Doubt, ...]:
        if self._heard not in text:
            return ()
        return (doubt(text, self._heard, self._written, decisive=self._decisive),)

    def completed(self, text: str, corrections: Sequence[Correction]) -> tuple[Correction, ...]:
        return tuple(corrections)

    def continued(self, before: str, after: str) -> None:
        return None

    def readings(self, text: str, alternatives: Sequence[Alternative]) -> tuple[Reading, ...]:
        return (Reading(text, 0.0),)


def driver(texts: list[str], *, decisive: bool = True, verify: bool = True) -> Driver:
    shipped = readers()
    composer = Composer(
        shipped.understander(Language.EN),
        template="chest_xray",
        language=Language.EN,
        corrector=OneDoubt("infusion", "effusion", decisive=decisive),
    )
    return Driver(Flow(composer, settings=FlowSettings(verify=verify)), texts)


def said(driver: Driver) -> list[str]:
    driver.say((True, 1.5), (False, 0.8))
    driver.feed(Stop())
    return [output.text for output in driver.of(Final)]


def test_a_segment_in_doubt_is_heard_again_with_the_terms_in_view_before_it_is_said() -> None:
    doubtful = driver(["Small left pleural infusion.", "Small left pleural effusion."])
    assert said(doubtful) == ["Small left pleural effusion."]
    first, again = (output for output in doubtful.of(Decode) if output.effort is not Effort.TAIL)
    assert (first.effort, again.effort) == (Effort.FINAL, Effort.AGAIN)
    assert (first.terms, again.terms) == ((), ("effusion",))
    assert (first.span, first.pcm) == (again.span, again.pcm)
    (final,) = doubtful.of(Final)
    assert [(found.heard, found.written, found.why) for found in final.corrections] == [
        ("infusion", "effusion", "verified")
    ]
    assert "effusion" in str(doubtful.record().fields)
    assert [word.text for output in doubtful.of(Committed) for word in output.words][-1] == "infusion."


def test_what_the_second_hearing_does_not_uphold_stays_as_it_was_heard() -> None:
    assert said(driver(["Small left pleural infusion.", "Large right pleural infusion."])) == [
        "Small left pleural infusion."
    ]


def test_a_segment_without_doubts_is_not_heard_again() -> None:
    clear = driver(["The heart is not enlarged."])
    said(clear)
    assert not any(output.terms for output in clear.of(Decode))


def test_without_verification_nothing_is_heard_again() -> None:
    off = driver(["Small left pleural infusion.", "Small left pleural effusion."], verify=False)
    assert said(off) == ["Small left pleural infusion."]
    assert not any(output.terms for output in off.of(Decode))


def test_a_valid_term_stays_and_both_readings_are_a_check() -> None:
    disputed = driver(["Small left pleural infusion.", "Small left pleural effusion."], decisive=False)
    assert said(disputed) == ["Small left pleural infusion."]
    (check,) = [check for check in disputed.record().checks if check.code == CODE]
    assert "infusion" in check.message
    assert "effusion" in check.message
    assert check.path == "/transcript/text"


def test_a_dispute_about_words_that_a_field_rests_on_is_a_check_on_the_field() -> None:
    (utterance,) = words_from_text("no pneumothorax")
    (dispute,) = (doubt("no pneumothorax", "pneumothorax", "hydropneumothorax").correction,)
    composer = readers().composer(template="chest_xray", language=Language.EN, recognised=False)
    record = composer.compose([Utterance(utterance.words, disputed=(dispute,))]).record
    paths = {check.path for check in record.checks if check.code == CODE}
    assert paths
    assert paths <= {pointer for pointer, entry in record.evidence.items() if "pneumothorax" in entry.text}


def test_the_answer_to_a_doubt_comes_before_the_next_segment_is_said() -> None:
    flow = driver(["Small left pleural infusion.", "Small left pleural effusion.", "No pneumothorax."])
    flow.say((True, 1.5), (False, 0.8), (True, 1.5), (False, 0.8))
    flow.feed(Stop())
    assert [output.segment for output in flow.of(Final)] == [0, 1]
    assert flow.record().transcript.text == "Small left pleural effusion. No pneumothorax."


def test_words_that_a_second_hearing_brings_beside_the_doubt_are_not_taken() -> None:
    (utterance,) = words_from_text("Small infusion.")
    questions = Questions((doubt("Small infusion.", "infusion", "effusion"),))
    found = verified(utterance, questions, "Moderate effusion, pneumothorax and atelectasis.")
    assert [correction.written for correction in found.verified] == ["effusion"]
    assert found.words == utterance.words


def test_what_was_no_speech_is_not_heard_again() -> None:
    """With terms before it, a recogniser says them into silence; so nothing is asked where nothing was heard."""
    silent = driver(["", "effusion"])
    assert said(silent) == []
    assert not any(output.terms for output in silent.of(Decode))
