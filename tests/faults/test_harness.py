"""The harness itself: it draws the same faults for a seed, knows its recordings, and would notice what it looks for."""

import asyncio
import json
import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from fault_engine import UNKNOWN, FailingRecogniser, KnowingRecogniser, known_recording
from fault_journals import tear
from fault_line import Line, Way
from fault_oracle import judge
from fault_plan import ON_CLIENT, Kind, draw
from fault_recordings import LONG, recordings
from told_words import words_told_are

from wardscribe_protocol.messages import Commit, CommittedWord, Start
from wardscribe_protocol.record import Language, Record, Transcript
from wardscribe_protocol.resume_state import ResumeState
from wardscribe_server.access.principal import LOCAL
from wardscribe_server.assembly import build_vault
from wardscribe_server.config import ServerSettings
from wardscribe_server.engines.base import Effort, Window
from wardscribe_server.journal.entries import Made, Opened, Told
from wardscribe_server.journal.sessions import SessionsFolder
from wardscribe_server.pipeline.events import Audio
from wardscribe_server.pipeline.flow import FlowSettings

SHORT = ("a", "b", "c", "d")


def test_a_seed_says_what_happens() -> None:
    drawn = [draw(seed, long=LONG, short=SHORT, speakers=4, faults=20, seconds=10) for seed in ("1", "1", "2")]
    assert drawn[0] == drawn[1] != drawn[2]
    assert [len(playlist) for playlist in drawn[0].playlists] == [1, 1, 3, 3]
    times = [fault.at_s for fault in drawn[0].faults]
    assert times == sorted(times)


def test_every_kind_of_fault_is_drawn() -> None:
    plan = draw("1", long=LONG, short=SHORT, speakers=4, faults=400, seconds=10)
    assert {fault.kind for fault in plan.faults} == set(Kind) - {Kind.UNPLUG}, "a recording has no plug"
    plan = draw("1", long=LONG, short=SHORT, speakers=4, faults=400, seconds=10, share=ON_CLIENT)
    assert {fault.kind for fault in plan.faults} == set(ON_CLIENT)


def test_the_recordings_are_of_both_languages_and_each_has_its_words() -> None:
    found = recordings()
    assert {one.language for one in found.values()} == set(Language)
    assert len(found) > 10
    assert all(one.text and "|" not in one.text for one in found.values())


def tone(seconds: float, seed: int) -> bytes:
    return (np.random.default_rng(seed).uniform(-0.5, 0.5, int(16_000 * seconds)) * 32767).astype("<i2").tobytes()


PCM = tone(1.0, 1) + bytes(16_000) + tone(1.0, 2)
KNOWN = known_recording(Language.EN, PCM, "one two three four")


def window(pcm: bytes, language: Language = Language.EN) -> Window:
    return Window(np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768, language, Effort.FINAL)


def test_a_window_is_heard_by_where_it_stands_in_its_recording() -> None:
    engine = KnowingRecogniser([KNOWN])
    cut = [0, 30_000, len(PCM)]
    heard = [engine.decode([window(PCM[a:b])])[0] for a, b in pairwise(cut)]
    assert [word.text for hypothesis in heard for word in hypothesis.words] == ["one", "two", "three", "four"]
    first = heard[1].words[0].span.start
    assert first + 15_000 == KNOWN.words[3].span.start
    assert engine.decode([window(bytes(3200))])[0].words == ()


def test_segments_that_are_heard_together_are_heard_as_each_alone() -> None:
    engine = KnowingRecogniser([KNOWN])
    hole = slice(14_000, 52_000)  # from within the second word to within the third
    blank = PCM[: hole.start] + bytes(hole.stop - hole.start) + PCM[hole.stop :]
    together = replace(window(blank), effort=Effort.AGAIN)
    alone = engine.decode([window(PCM[: hole.start])])[0].words
    later = [word.shifted(hole.stop // 2) for word in engine.decode([window(PCM[hole.stop :])])[0].words]
    assert list(engine.decode([together])[0].words) == [*alone, *later]
    assert [word.text for word in engine.decode([window(blank)])[0].words] == [UNKNOWN], "a final has no holes"
    moved = bytes(4000) + blank[:8000] + blank[12_000:]
    assert [word.text for word in engine.decode([replace(together, samples=window(moved).samples)])[0].words] == [
        UNKNOWN
    ]


def test_sound_that_is_in_no_recording_is_not_heard_as_words() -> None:
    engine = KnowingRecogniser([KNOWN])
    for odd in (PCM[:8000] + PCM[8200:16_000], PCM[:8000] + PCM[7800:16_000], tone(0.5, 3)):
        assert [word.text for word in engine.decode([window(odd)])[0].words] == [UNKNOWN]


def test_a_decode_fails_as_often_as_it_was_told_to() -> None:
    class Twice:
        left = 2

        def take(self) -> bool:
            self.left -= 1
            return self.left >= 0

    engine = FailingRecogniser(KnowingRecogniser([KNOWN]), Twice())
    for _ in range(2):
        with pytest.raises(RuntimeError):
            engine.decode([window(PCM)])
    assert engine.decode([window(PCM)])[0].text == "one two three four"


@pytest.mark.parametrize("seed", range(20))
def test_a_torn_journal_keeps_what_was_synced(tmp_path: Path, seed: int) -> None:
    journal = tmp_path / "sessions" / "s" / "journal"
    journal.parent.mkdir(parents=True)
    journal.write_bytes(bytes(range(200)))
    tear(tmp_path, {journal.stat().st_ino: 120}, random.Random(seed))
    assert journal.read_bytes()[:120] == bytes(range(120))


def test_what_was_never_synced_may_be_torn(tmp_path: Path) -> None:
    journal = tmp_path / "sessions" / "s" / "journal"
    journal.parent.mkdir(parents=True)
    journal.write_bytes(bytes(range(200)))
    assert sum(tear(tmp_path, {}, random.Random(seed)) for seed in range(10)) > 5
    assert journal.read_bytes() != bytes(range(200))


def test_a_line_carries_is_cut_and_goes_deaf() -> None:
    async def run() -> None:
        got: asyncio.Queue[bytes] = asyncio.Queue()

        async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(100):
                got.put_nowait(data)
                writer.write(data.upper())
            writer.close()

        listening = await asyncio.start_server(server, "127.0.0.1", 0)
        line = Line(listening.sockets[0].getsockname()[1])
        port = await line.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"a")
        assert (await got.get(), await reader.read(100)) == (b"a", b"A")
        line.kill_silently(Way.DOWN)
        writer.write(b"b")
        assert await got.get() == b"b"
        assert not line.busy
        line.cut()
        assert await reader.read(100) == b""
        writer.close()
        await line.close()
        listening.close()
        assert line.made == 1

    asyncio.run(run())


RECORD = Record(
    template="chest_xray",
    language=Language.EN,
    transcript=Transcript(raw="heart size normal", text="Heart size normal."),
    fields={},
    evidence={},
)
WORDS = [
    CommittedWord(id=at, text=text, start_ms=0, end_ms=1, confidence=1) for at, text in enumerate(("heart", "size"))
]


class Left:
    """What a client and a server leave behind when all is well; a test spoils some of it."""

    def __init__(self, folder: Path) -> None:
        self.spool, self.data = folder / "spool", folder / "data"
        self.spool.mkdir()
        self.pcm = tone(0.5, 7)
        third = CommittedWord(id=2, text="normal", start_ms=0, end_ms=1, confidence=1)
        self.told = [Commit(words=tuple(WORDS)), Commit(words=(third,))]
        self.messages = [message.model_copy(update={"seq": at}) for at, message in enumerate(self.told, start=1)]
        self.record = RECORD

    def judged(self, *, stored: bytes | None = None, undisturbed: Record = RECORD) -> list[str]:
        sessions = SessionsFolder(self.data, build_vault(ServerSettings(data=self.data)).cipher)
        opened = Opened(
            session="s1", token="t", user=LOCAL.user, roles=(), start={}, settings=FlowSettings(), at="2026-01-01"
        )
        journal = sessions.create(opened, LOCAL.tenant)
        journal.add(Audio(self.pcm if stored is None else stored))
        for message in self.told:
            journal.add(Told(message))
        journal.add(Made(RECORD, ()))
        journal.sync()
        journal.close()
        sessions.close()
        closed = {"type": "closed", "seq": len(self.messages) + 1, "record": json.loads(self.record.to_json())}
        lines = [message.model_dump_json(exclude_none=True) for message in self.messages] + [json.dumps(closed)]
        (self.spool / "messages.jsonl").write_text("\n".join(lines) + "\n")
        state = ResumeState(
            start=Start(template="chest_xray", language=Language.EN),
            session="s1",
            token="t",
            attempts=1,
            stopped=True,
            last_seq=3,
            safe_samples=0,
            client_seq=0,
        )
        (self.spool / "state.json").write_text(state.model_dump_json())
        verdict = judge(pcm=self.pcm, spool=self.spool, data=self.data, undisturbed=undisturbed.to_json())
        return verdict.faults


@pytest.fixture
def left(tmp_path: Path) -> Left:
    return Left(tmp_path)


def test_nothing_is_found_where_nothing_is_wrong(left: Left) -> None:
    assert left.judged() == []


def test_a_sample_that_is_missing_is_noticed(left: Left) -> None:
    (fault,) = left.judged(stored=left.pcm[:4000] + left.pcm[4002:])
    assert "the stored audio differs from sample 2000 on" in fault


def test_a_word_that_came_twice_is_noticed(left: Left) -> None:
    left.messages[1] = Commit(seq=2, words=(WORDS[1], *left.messages[1].words))
    assert "the ids of the committed words are not 0, 1, 2 and so on" in left.judged()


def test_a_message_that_is_missing_is_noticed(left: Left) -> None:
    del left.messages[0]
    found = left.judged()
    assert "the numbers of the durable messages have gaps or repetitions" in found
    assert "the words told and the words of the record differ" in found
    assert "the journal and the client have other messages" in found


def test_another_record_is_noticed(left: Left) -> None:
    other = RECORD.model_copy(update={"fields": {"heart_size": "normal"}})
    assert left.judged(undisturbed=other) == ["the record differs from the undisturbed one at ['/fields/heart_size']"]


def test_a_record_that_the_server_did_not_keep_is_noticed(left: Left) -> None:
    left.record = RECORD.model_copy(update={"fields": {"heart_size": "normal"}})
    found = left.judged()
    assert any("records, or another than the client has" in fault for fault in found)


def test_a_client_that_was_turned_away_is_noticed(left: Left) -> None:
    (left.spool / "failed").write_text("unknown_session")
    assert left.judged() == ["the dictation failed: unknown_session"]


def test_words_that_were_heard_again_are_told_words_too() -> None:
    said = [{"type": "commit", "words": [{"text": text} for text in ("a", "size", "a", "b")]}]
    again = [corrected(0, ("a", "of"))]
    assert words_told_are("asizeofb", said + again)
    assert words_told_are("ofsizeab", said + again)
    assert not words_told_are("asizeab", said + again)
    assert not words_told_are("ofsizeofb", said + again)
    assert words_told_are("a Size, A. b", said)
    assert words_told_are("asizeab", said)


def corrected(segment: int, *corrections: tuple[str, str]) -> dict[str, object]:
    made = [{"heard": heard, "written": written, "why": "heard_again"} for heard, written in corrections]
    return {"type": "final", "segment": segment, "corrections": made}


def test_a_segment_may_be_heard_again_after_the_next_one_and_is_still_before_it() -> None:
    said = [{"type": "commit", "words": [{"text": text} for text in ("a", "b", "c", "a", "b")]}]
    later = [corrected(1, ("b", "bee")), corrected(0, ("a", "an"), ("b", "by")), corrected(1, ("a", "o"))]
    assert words_told_are("anbycobee", said + later)
    assert not words_told_are("abcobee", said + later)
    assert not words_told_are("obycanbee", said + later), "the earlier segment stands first"
    assert words_told_are("xbcab", [*said, corrected(0, ("a", "y")), corrected(0, ("y", "x"))]), "heard a third time"
