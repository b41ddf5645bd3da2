"""A provider that says what a test wants it to say: none that works for its users answers so."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ANOTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE_KEY = ec.generate_private_key(ec.SECP256R1())


def public(key: Any, algorithm: Any, **said: str) -> dict[str, Any]:
    """A key as providers show it."""
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), **said}


RSA_JWK = public(KEY, jwt.algorithms.RSAAlgorithm, kid="1", use="sig")
CURVE_JWK = public(CURVE_KEY, jwt.algorithms.ECAlgorithm, kid="2")


class Liar:
    """What it answers at each path; `asked` are the paths that were asked for, with the form that came."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://localhost:{port}"
        self.documents: dict[str, Any] = {
            "/.well-known/openid-configuration": {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/auth",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
            },
            "/keys": {"keys": [RSA_JWK]},
            "/userinfo": {"sub": "s1", "preferred_username": "alice"},
        }
        self.asked: list[tuple[str, str]] = []
        self.headers: dict[str, str] = {"Content-Type": "application/json"}
        self.status = 200
        # Seconds between two bytes of a body.
        self.pause = 0.0
        # Bytes of a body that never come.
        self.left_out = 0

    def id_token(self, *, key: Any = KEY, algorithm: str = "RS256", kid: str | None = "1", **said: Any) -> str:
        """An ID token of s1, with these claims changed; None leaves one out."""
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": "s1", "aud": "tokens", "iat": now, "exp": now + 60}
        kept = {name: value for name, value in (claims | said).items() if value is not None}
        return jwt.encode(kept, key, algorithm=algorithm, headers={"kid": kid} if kid else {})

    def gives(self, id_token: str | None) -> None:
        """Answer to the code with this ID token."""
        self.documents["/token"] = {"access_token": "a", "token_type": "Bearer", "id_token": id_token}


@contextmanager
def lying() -> Iterator[Liar]:
    """A provider on loopback that says what it is told."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            liar.asked.append((self.path, form + self.headers.get("Authorization", "")))
            document = liar.documents.get(self.path)
            body = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(404 if document is None else liar.status)
            for name, value in liar.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) + liar.left_out))
            self.end_headers()
            for piece in [bytes([byte]) for byte in body] if liar.pause else [body]:
                with suppress(OSError):
                    self.wfile.write(piece)
                time.sleep(liar.pause)
            self.close_connection = bool(liar.left_out)

        do_POST = do_GET  # noqa: N815 - as http.server calls it

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    liar = Liar(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield liar
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
