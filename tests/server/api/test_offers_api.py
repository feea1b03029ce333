"""What a server tells whoever has come in: who they are, what may be asked for, how fields are called."""

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.server.api.test_records_api import LetIn, said
from wardscribe_protocol.errors import ErrorCode
from wardscribe_protocol.fields import TEMPLATES
from wardscribe_server.api.offers import OffersApi
from wardscribe_server.catalog import load_catalog


@pytest.fixture
def http() -> TestClient:
    app = Starlette(routes=[endpoint.route() for endpoint in OffersApi(load_catalog()).endpoints])
    app.add_middleware(LetIn)
    return TestClient(app, headers={"person": "attending"})


def test_whoever_has_come_in_is_told_who_they_are_and_in_which_formats_a_report_can_be_read(http: TestClient) -> None:
    about = http.get("/v1/about").json()
    assert (about["user"], about["tenant"], about["roles"]) == ("attending", "north", ["attending"])
    assert about["formats"] == ["json", "text"]
    assert about["languages"] == ["en", "zh"]


def test_every_template_is_told_with_its_labels_in_both_languages_in_printed_order(http: TestClient) -> None:
    told = http.get("/v1/templates").json()
    assert {template["id"] for template in told["templates"]} == set(TEMPLATES)
    chest = next(template for template in told["templates"] if template["id"] == "chest_xray")
    assert chest["labels"] == {"en": "Chest X-ray", "zh": "胸部X线"}
    assert [section["id"] for section in chest["sections"]][-2:] == ["impression", "recommendation"]
    heart = next(field for field in chest["fields"] if field["id"] == "heart_size")
    assert heart["labels"]["zh"] == "心影"
    assert heart["codes"] == ["normal", "borderline", "enlarged"]
    assert chest == http.get("/v1/templates/chest_xray").json()


def test_words_for_codes_are_told_without_the_frames_of_the_layout(http: TestClient) -> None:
    words = http.get("/v1/templates").json()["words"]
    assert words["zh"]["left"] == "左侧"
    assert words["en"]["taller_than_wide"] == "taller than wide"
    assert not [word for said in words.values() for word in said.values() if "{" in word]


def test_a_template_that_is_not_there_is_said_to_be_unknown(http: TestClient) -> None:
    assert said(http.get("/v1/templates/no_such"), ErrorCode.UNKNOWN_TEMPLATE)
