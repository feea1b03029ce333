"""Tokens of an identity provider, against a real one on loopback."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.server.access.provider import Provider, provider
from wardscribe_protocol.errors import ErrorCode, InputError
from wardscribe_server.access.denial import DeniedError
from wardscribe_server.access.keyring import KeyRing
from wardscribe_server.access.oidc import OidcSettings, OidcVerifier
from wardscribe_server.access.principal import Principal, Role, Scope


class Setup:
    def __init__(self, idp: Provider, **settings: object) -> None:
        self.idp = idp
        self.now = 1000.0
        chosen = OidcSettings(issuer=idp.issuer, audience="wardscribe", **settings)
        self.verifier = OidcVerifier(chosen, KeyRing(idp.issuer, now=lambda: self.now))

    def enter(self, token: str) -> Principal:
        return asyncio.run(self.verifier.verify(token))

    def reason(self, token: str, *, code: ErrorCode = ErrorCode.UNAUTHORIZED) -> str:
        with pytest.raises(DeniedError) as denied:
            self.enter(token)
        assert denied.value.code is code
        return denied.value.reason


@pytest.fixture
def idp() -> Iterator[Provider]:
    with provider() as made:
        yield made


@pytest.fixture
def here(idp: Provider) -> Setup:
    return Setup(idp)


def test_a_token_of_the_provider_becomes_a_principal(here: Setup) -> None:
    who = here.enter(here.idp.token())
    assert (who.tenant, who.user, who.roles) == ("local", "dr-a", {Role.ATTENDING})
    assert Scope.SIGN in who.scopes
    assert Scope.ADMINISTER not in who.scopes


def test_an_elliptic_key_counts_too(here: Setup) -> None:
    here.idp.add_ec("curve")
    assert here.enter(here.idp.token("curve")).user == "dr-a"


def test_claims_become_tenant_user_and_roles_by_settings(idp: Provider) -> None:
    here = Setup(
        idp,
        tenant_claim="hospital",
        user_claim="upn",
        roles_claim="realm_access.roles",
        roles={"radiologist": Role.ATTENDING},
    )
    access = {"roles": ["radiologist", "attending", "gardener"]}
    who = here.enter(idp.token(hospital="north", upn="a@north.example", realm_access=access))
    assert (who.tenant, who.user, who.roles) == ("north", "a@north.example", {Role.ATTENDING})
    assert here.reason(idp.token(upn="a")) == "claim_missing", "no tenant"
    assert here.reason(idp.token(hospital="../south", upn="a")) == "claim_missing"
    assert here.reason(idp.token(hospital="north")) == "claim_missing", "no user"


def test_without_a_role_of_ours_one_is_in_and_may_do_nothing(here: Setup) -> None:
    who = here.enter(here.idp.token(roles=["gardener", 7, None]))
    assert not who.roles
    assert not who.scopes


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": time.time() - 61}, "expired"),
        ({"exp": None}, "claim_missing"),
        ({"nbf": time.time() + 900}, "not_yet_valid"),
        ({"iat": time.time() + 900}, "not_yet_valid"),
        ({"aud": "another"}, "wrong_audience"),
        ({"aud": ["another", "third"]}, "wrong_audience"),
        ({"aud": None}, "claim_missing"),
        ({"iss": "https://elsewhere.example"}, "wrong_issuer"),
        ({"iss": None}, "claim_missing"),
        ({"sub": None}, "claim_missing"),
    ],
)
def test_a_token_that_is_not_for_now_and_us_is_refused(here: Setup, claims: dict[str, object], reason: str) -> None:
    assert here.reason(here.idp.token(**claims)) == reason


def test_clocks_may_differ_by_a_minute(here: Setup) -> None:
    assert here.enter(here.idp.token(exp=time.time() - 50)).user == "dr-a"


def unsigned(header: dict[str, object], claims: dict[str, object]) -> str:
    def part(value: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part(header)}.{part(claims)}"


def claims_of(token: str) -> dict[str, object]:
    claims = jwt.decode(token, options={"verify_signature": False})
    assert isinstance(claims, dict)
    return claims


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS256", "RS512", "PS256", "", None, 7])
def test_only_two_algorithms_count(here: Setup, algorithm: object) -> None:
    token = unsigned({"alg": algorithm, "kid": "one"}, claims_of(here.idp.token())) + "."
    assert here.reason(token) in ("algorithm", "malformed")


def test_the_public_key_is_no_shared_secret(here: Setup) -> None:
    key = here.idp.keys["one"].public_key()
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signed = unsigned({"alg": "HS256", "kid": "one"}, claims_of(here.idp.token()))
    mac = base64.urlsafe_b64encode(hmac.new(pem, signed.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()
    assert here.reason(f"{signed}.{mac}") == "algorithm"


def test_a_key_is_used_with_its_own_algorithm_only(here: Setup) -> None:
    here.idp.add_ec("curve")
    assert here.reason(here.idp.token("one", named="curve")) == "unknown_key"


def test_another_key_under_a_known_name_signs_nothing(here: Setup) -> None:
    stranger = Provider()
    stranger.add_rsa("one")
    stranger.issuer = here.idp.issuer
    assert here.reason(stranger.token()) == "bad_signature"


def test_a_key_that_comes_with_the_token_is_not_looked_at(here: Setup) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(stranger.public_key(), as_dict=True)
    headers = {"kid": "mine", "jwk": jwk, "jku": f"{here.idp.issuer}/keys", "x5u": "http://127.0.0.1:9"}
    token = jwt.encode(claims_of(here.idp.token()), stranger, algorithm="RS256", headers=headers)
    assert here.reason(token) == "unknown_key"


def test_a_header_that_must_be_understood_and_is_not_refuses_the_token(here: Setup) -> None:
    claims = claims_of(here.idp.token())
    token = jwt.encode(claims, here.idp.keys["one"], algorithm="RS256", headers={"kid": "one", "crit": ["x"], "x": 1})
    assert here.reason(token) in ("algorithm", "malformed")


def test_weak_and_strange_keys_of_the_list_are_left_out(here: Setup) -> None:
    here.idp.add_rsa("weak", bits=1024)
    here.idp.extra = [{"kty": "oct", "kid": "shared", "k": "AAAA"}, {"kty": "RSA"}, {"kty": "EC", "crv": "P-256"}]
    assert here.enter(here.idp.token()).user == "dr-a"
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):
        weak = here.idp.token("weak")
    assert here.reason(weak) == "unknown_key"


@pytest.mark.parametrize("token", ["", "a.b.c", "..", "x" * 20_000, "é.é.é", "eyJhbGciOiJSUzI1NiJ9.e30."])
def test_what_is_no_token_is_refused(here: Setup, token: str) -> None:
    assert here.reason(token) in ("malformed", "algorithm", "unknown_key", "claim_missing", "bad_signature")


def test_keys_are_fetched_once_and_a_new_one_is_found(here: Setup) -> None:
    for _ in range(5):
        here.enter(here.idp.token())
    assert here.idp.fetches == 1
    here.idp.add_rsa("two")
    here.now += 31
    assert here.enter(here.idp.token("two")).user == "dr-a"
    assert here.idp.fetches == 2


def test_made_up_key_ids_do_not_make_us_ask_each_time(here: Setup) -> None:
    here.enter(here.idp.token())
    for number in range(20):
        here.now += 1
        assert here.reason(here.idp.token(named=f"made-up-{number}")) == "unknown_key"
    assert here.idp.fetches == 1
    here.now += 30
    here.reason(here.idp.token(named="another"))
    assert here.idp.fetches == 2


def test_a_key_that_the_provider_withdrew_is_gone_within_the_hour(here: Setup) -> None:
    here.enter(here.idp.token())
    token = here.idp.token()
    here.idp.keys.clear()
    here.idp.add_rsa("two")
    here.enter(token)
    here.now += 3601
    assert here.reason(token) == "unknown_key"


def test_while_the_provider_is_away_known_keys_count_for_a_day(here: Setup) -> None:
    here.enter(here.idp.token())
    here.idp.away = True
    here.now += 23 * 3600
    assert here.enter(here.idp.token()).user == "dr-a"
    here.now += 2 * 3600
    assert here.reason(here.idp.token(), code=ErrorCode.LOGIN_UNAVAILABLE) == "provider_away"


def test_a_provider_that_was_never_there_is_said_and_asked_again_later(here: Setup) -> None:
    here.idp.away = True
    assert here.reason(here.idp.token(), code=ErrorCode.LOGIN_UNAVAILABLE) == "provider_away"
    here.idp.away = False
    assert here.reason(here.idp.token(), code=ErrorCode.LOGIN_UNAVAILABLE) == "provider_away", "not at once"
    here.now += 31
    assert here.enter(here.idp.token()).user == "dr-a"


def test_a_provider_that_calls_itself_otherwise_is_not_believed(here: Setup) -> None:
    here.idp.said_issuer = "https://elsewhere.example"
    assert here.reason(here.idp.token(), code=ErrorCode.LOGIN_UNAVAILABLE) == "provider_away"


def test_many_at_once_ask_once(here: Setup) -> None:
    async def together() -> None:
        token = here.idp.token()
        await asyncio.gather(*(here.verifier.verify(token) for _ in range(20)))

    asyncio.run(together())
    assert here.idp.fetches == 1


def test_a_provider_must_be_asked_over_https() -> None:
    with pytest.raises(InputError, match="https"):
        KeyRing("http://idp.example", now=lambda: 0)
    with pytest.raises(InputError, match="https"):
        KeyRing("https://idp.example", now=lambda: 0, jwks_url="http://idp.example/keys")


def test_an_unknown_curve_is_no_key_of_ours(here: Setup) -> None:
    here.idp.keys["big"] = ec.generate_private_key(ec.SECP384R1())
    token = here.idp.token("big", algorithm="ES384")
    assert here.reason(token) == "algorithm"
