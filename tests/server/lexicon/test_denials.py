"""未见 in the ear of a recogniser, and what only looks like it."""

import pytest

from wardscribe_server.lexicon.correction import Correction, Corrector, correct


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("双肺为见实变", "双肺未见实变"),
        ("纵隔内卫舰肿大淋巴结", "纵隔内未见肿大淋巴结"),
        ("胆总管位见扩张", "胆总管未见扩张"),
        ("双肺微闻及干啰音，肝脾为触及", "双肺未闻及干啰音，肝脾未触及"),
        ("该部位见钙化", "该部位见钙化"),
        ("认为见效", "认为见效"),
        ("双肺可见斑片影", "双肺可见斑片影"),
    ],
)
def test_a_denial_that_sounds_like_nothing_else_is_written(chinese: Corrector, heard: str, written: str) -> None:
    assert correct(heard, chinese).text == written


def test_each_denial_is_said_as_a_correction(chinese: Corrector) -> None:
    made = [(one.heard, one.written, one.start) for one in correct("双肺为见实变", chinese).corrections]
    assert made == [("为", "未", 2)]


def test_what_the_audio_upholds_gets_its_denial_as_well(chinese: Corrector) -> None:
    upheld = Correction("微渐", "微见", "verified", 1.0, 2, 4, unsure=True)
    (made,) = chinese.completed("双肺微渐实变", (upheld,))
    assert (made.heard, made.written) == ("微渐", "未见")
