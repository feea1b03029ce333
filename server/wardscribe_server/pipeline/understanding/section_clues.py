"""What a clause shows by itself: a scan, signs, complaints, a diagnosis, an order.

Owns the questions that the walk through the sections asks of a clause. Must not know where the walk stands.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence

from wardscribe_lexicons import TermClass
from wardscribe_server.catalog import Template
from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.mentions import Manner, Mention
from wardscribe_server.pipeline.understanding.reading import Reading, has_class
from wardscribe_server.pipeline.understanding.sentences import Clause
from wardscribe_server.pipeline.values import Label, Presence

_ZH_SIGN = re.compile(  # what only an examiner finds
    r"(?:充血|苍白|压痛|反跳痛|叩痛|叩击痛|啰音|罗音|哮鸣音|杂音|膨隆|浊音|凹陷|脓点|肌紧张|渗血|弹性差|粉刺|丘疹|红斑|鳞屑)$"
    r"|[\u4e00-\u9fff]征(?:阳性)?$"
)
_NEAR = 8


class Clues:
    """The clauses of one reading, with its mentions."""

    def __init__(self, reading: Reading, template: Template, mentions: Sequence[Mention]) -> None:
        self.reading = reading
        self.template = template
        self.mentions = mentions
        self.named = [mention.start for mention in mentions]

    def tells_of_scan(self, clause: Clause) -> bool:
        """How a CT was taken is no finding, although 平扫 and "without contrast" look like one."""
        return self.template.has_kind("contrast") and any(
            self.reading.cues.first(kind, clause.start, clause.end) for kind in ("contrast", "slice")
        )

    def speaks_of_own_field(self, clause: Clause, section: str) -> bool:
        """Words that the template gives to a field of this very section do not lead out of it."""
        return any(
            self.reading.cues.first(kind, clause.start, clause.end)
            for spec in self.template.fields
            if spec.section == section
            for kind in (spec.trigger_cue, spec.choice_cue)
        )

    def speaks_of_organ(self, clause: Clause) -> bool:
        """In a sonogram an organ's name begins the findings."""
        if not (self.template.has_kind("measure") or self.template.has_kind("measures")):
            return False
        cues = self.reading.cues
        return (
            cues.first("organ", clause.start, clause.end) is not None
            and cues.first("scan", clause.start, clause.end) is None
        )

    def speaks_of_region(self, clause: Clause, inside: Sequence[Mention]) -> bool:
        """Whether it speaks of a part of the film and names no finding."""
        return not inside and self.reading.cues.first("film_subject", clause.start, clause.end) is not None

    def is_report(self, mention: Mention) -> bool:
        """Signs on the film, not complaints: a complaint alone is why the film was taken."""
        if mention.manner in (Manner.STATE, Manner.NORMAL) or mention.assertion.presence is Presence.ABSENT:
            return True
        labels = {label.value for label in mention.labels}
        return "symptom" not in labels and ("finding" in labels or mention.place is not None)

    def has_vital(self, clause: Clause) -> bool:
        """A vital sign with its number; 呼吸内科9床 is none."""
        return any(
            cue.value != "pain_score"  # said while the patient still tells
            and any(token.is_number for token in self.reading.tokens[cue.last : cue.last + 4])
            and not self.reading.text.startswith(("内科", "科", "重症"), cue.end)
            for cue in self.reading.cues.within("vital", clause.start, clause.end)
        )

    def shows_signs(self, clause: Clause, section: str, *, headed: bool) -> bool:
        """Signs that only an examination finds, and no complaint, after the story has begun."""
        if headed and section == "complaint":
            return False
        told = any(
            mention.start < clause.start
            and (clause.soft or clause.sentence != self.reading.clause_at(mention.start).sentence)
            for mention in self.mentions
        )
        inside = self.mentions_in(clause)
        if (
            not told
            or not inside
            or any(
                mention.is_a(Label.SYMPTOM) and mention.manner is Manner.NAMED and not self.is_sign(mention)
                for mention in inside
            )
        ):
            return False
        return any(mention.manner in (Manner.NORMAL, Manner.STATE) or self.is_sign(mention) for mention in inside)

    def complains(self, clause: Clause) -> bool:
        """Nothing but complaints, among the signs of an examination that no heading opened: 神志清 仍有头痛."""
        inside = self.mentions_in(clause)
        return (
            bool(inside)
            and not self.has_vital(clause)
            and all(
                mention.labels[0] is Label.SYMPTOM
                and not mention.is_a(Label.FINDING)
                and mention.manner is Manner.NAMED
                and not self.is_sign(mention)
                for mention in inside
            )
        )

    def is_sign(self, mention: Mention) -> bool:
        """Whether only an examination finds it."""
        if any(
            word in self.reading.text[max(0, mention.start - 6) : mention.start] for word in ("触及", "闻及", "扪及")
        ):
            return True
        if self.reading.is_zh and _ZH_SIGN.search(self.reading.text[mention.start : mention.end]):
            return True
        hits = [hit for hit in self.reading.hits_in(mention.start, mention.end) if not hit.nested]
        return any(hit.term.specialty == "exam" and not has_class(hit, TermClass.SYMPTOM) for hit in hits)

    def mentions_in(self, clause: Clause) -> Sequence[Mention]:
        """The mentions that begin in the clause."""
        return self.mentions[bisect_left(self.named, clause.start) : bisect_left(self.named, clause.end)]

    def orders(self, clause: Clause, first: int) -> bool:
        """After the diagnosis: a dose, a test, advice or a return visit begins the plan."""
        reading = self.reading
        if any(
            (cue := reading.cues.covers(kind, first)) is not None and cue.first == first
            for kind in ("order_verb", "plan_kind", "return_visit")
        ):
            return True
        dosed = bool(reading.hits_in(clause.start, clause.end, TermClass.DRUG)) and bool(
            reading.cues.first("dose_unit", clause.start, clause.end)
            or reading.cues.first("frequency", clause.start, clause.end)
        )
        return dosed or (reading.is_zh and bool(reading.cues.first("return_visit", clause.start, clause.end)))

    def orders_drug(self, clause: Clause) -> bool:
        """On a ward a drug with its dose, or one that is stopped, is an order wherever it stands."""
        reading = self.reading
        drugs = [
            hit
            for hit in reading.hits_in(clause.start, clause.end, TermClass.DRUG)
            if not reading.is_zh or hit.start - clause.start <= _NEAR
        ]
        first = reading.cues.covers("action", reading.token_at(clause.start))
        near = first is not None and any(hit.start - first.end <= 1 for hit in drugs)
        dosed = any(reading.cues.first("frequency", hit.end, clause.end) for hit in drugs)
        return near or dosed

    def is_history_vital(self, clause: Clause) -> bool:
        """最高体温39.2度 belongs to the story."""
        text = self.reading.text[clause.start : clause.end]
        return "最高" in text or "weight loss" in text.lower() or "体重下降" in text or "体重减轻" in text

    def opens_diagnosis(self, clause: Clause, section: str) -> bool:
        """Whether it begins to say what the patient has."""
        opening = self.begins_with("opens_diagnosis", clause)
        if opening is None or not (self.reading.is_zh or section in ("exam", "labs")):
            return False
        alone = clause.end - opening.end <= 2
        end = self.reading.sentence(clause.sentence)[1] if alone else clause.end
        return any(clause.start <= mention.start < end for mention in self.mentions)

    def begins_with(self, kind: str, clause: Clause) -> Cue | None:
        """The cue of `kind` that the clause begins with."""
        first = self.reading.token_at(clause.start)
        cue = self.reading.cues.covers(kind, first) if first < len(self.reading.tokens) else None
        return cue if cue is not None and cue.first == first else None

    def opens_plan(self, clause: Clause, section: str) -> bool:
        """Whether it begins to say what is to be done."""
        opening = self.begins_with("opens_plan", clause)
        if opening is not None and (opening.value == "early" or section != "history"):
            return True
        if section == "diagnosis" and self.orders(clause, self.reading.token_at(clause.start)):
            return True
        if self.template.has_kind("orders") and section != "history" and self.orders_drug(clause):
            return True
        if self.reading.is_zh and section in ("exam", "labs") and self.is_to_do(clause):
            return True
        return self.begins_with("action", clause) is not None and not self.reading.is_zh and section != "history"

    def is_to_do(self, clause: Clause) -> bool:
        """After a pause, words for something to do with no number and no finding: 拔引流管, 康复科会诊."""
        if clause.start not in self.reading.gaps or self.mentions_in(clause):
            return False
        kinds = {cue.value for cue in self.reading.cues.within("plan_kind", clause.start, clause.end)}
        numbers = any(token.is_number for token in self.reading.tokens_in(clause.start, clause.end))
        return bool(kinds - {"medication"}) and not numbers
