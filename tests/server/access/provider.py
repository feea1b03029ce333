"""A little OpenID provider on loopback: its own keys, its own tokens, and it can be away."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Provider:
    """What the handler answers from."""

    def __init__(self) -> None:
        self.keys: dict[str, Private] = {}
        self.extra: list[dict[str, object]] = []
        self.away = False
        self.fetches = 0
        self.issuer = ""
        self.said_issuer: str | None = None

    def add_rsa(self, kid: str, *, bits: int = 2048) -> None:
        self.keys[kid] = rsa.generate_private_key(public_exponent=65537, key_size=bits)

    def add_ec(self, kid: str) -> None:
        self.keys[kid] = ec.generate_private_key(ec.SECP256R1())

    def token(
        self, kid: str = "one", *, algorithm: str | None = None, named: str | None = None, **claims: object
    ) -> str:
        key = self.keys[kid]
        now = time.time()
        content = {
            "iss": self.issuer,
            "aud": "wardscribe",
            "sub": "dr-a",
            "roles": ["attending"],
            "iat": now,
            "exp": now + 300,
        } | claims
        return jwt.encode(
            {name: value for name, value in content.items() if value is not None},
            key,
            algorithm=algorithm or ("RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"),
            headers={"kid": named or kid},
        )

    def answer(self, path: str) -> object | None:
        if self.away:
            return None
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.said_issuer or self.issuer, "jwks_uri": f"{self.issuer}/keys"}
        if path != "/keys":
            return None
        self.fetches += 1
        return {"keys": [self._listed(kid, key) for kid, key in self.keys.items()] + self.extra}

    @staticmethod
    def _listed(kid: str, key: Private) -> dict[str, object]:
        if isinstance(key, rsa.RSAPrivateKey):
            return RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": kid, "use": "sig"}
        return ECAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": kid, "use": "sig"}


@contextmanager
def provider() -> Iterator[Provider]:
    """One that listens until the block ends."""
    made = Provider()
    made.add_rsa("one")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = made.answer(self.path)
            content = json.dumps(body).encode()
            self.send_response(503 if body is None else 200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
