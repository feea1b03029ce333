"""What a file of cases scores, for the floors under it."""

from tests.server.understand.dictations import cases
from tests.server.understand.gold import Score, compare
from tests.server.understand.reading_tools import read


def scored(name: str, language: str) -> Score:
    score = Score()
    for case in cases(name):
        if case["language"] == language:
            said = read(str(case["text"]), template=str(case["template"]), language=language)
            compare(case["fields"], said.fields, score)
    return score
