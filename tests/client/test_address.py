import pytest

from wardscribe_client.address import server_address
from wardscribe_protocol.errors import InputError


@pytest.mark.parametrize(
    ("typed", "http", "dictation"),
    [
        ("dictation.north.example", "https://dictation.north.example:8760", "wss://dictation.north.example:8760"),
        ("  ward7:9000/ ", "https://ward7:9000", "wss://ward7:9000"),
        ("localhost", "http://localhost:8760", "ws://localhost:8760"),
        ("127.0.0.1:8761", "http://127.0.0.1:8761", "ws://127.0.0.1:8761"),
        ("ws://10.2.0.4:8760/v1/dictation", "http://10.2.0.4:8760", "ws://10.2.0.4:8760"),
        ("HTTPS://Ward7/", "https://ward7:8760", "wss://ward7:8760"),
        ("https://[fe80::1]:8760", "https://[fe80::1]:8760", "wss://[fe80::1]:8760"),
    ],
)
def test_an_address_is_understood_however_it_is_typed(typed: str, http: str, dictation: str) -> None:
    address = server_address(typed)
    assert (address.http, address.dictation) == (http, f"{dictation}/v1/dictation")


@pytest.mark.parametrize(
    "typed", ["", "   ", "ftp://ward7", "https://", "ward seven", "ward7:port", "https://me@ward7"]
)
def test_what_is_no_address_is_refused_with_an_example_of_one(typed: str) -> None:
    with pytest.raises(InputError) as refused:
        server_address(typed)
    assert "https://dictation.hospital.example:8760" in refused.value.message
    assert "\n" not in refused.value.message
