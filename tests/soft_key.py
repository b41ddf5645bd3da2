"""A security key made of software, which answers as a browser does with one: for tests over HTTP."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode

ORIGIN = "http://localhost:8000"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class SoftKey:
    """One passkey; whatever it says can be changed, as an attacker would."""

    origin: str = ORIGIN
    flags: int = PRESENT | VERIFIED
    is_discoverable: bool = True
    rp_id: str = "localhost"
    user_handle: str = ""
    # The id of the row it stands in.
    stored_as: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    private: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def client_data(self, kind: str, options: dict[str, Any], **changes: Any) -> bytes:
        said = {"type": f"webauthn.{kind}", "challenge": options["challenge"], "origin": self.origin}
        return json.dumps(said | {"crossOrigin": False} | changes).encode()

    def head(self, flags: int) -> bytes:
        return sha256(self.rp_id.encode()).digest() + bytes([flags]) + bytes(4)

    def created(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to `navigator.credentials.create`."""
        options = options["publicKey"]
        self.user_handle = options["user"]["id"]
        algorithm: Any = ES256
        public = cbor.encode(dict(algorithm.from_cryptography_key(self.private.public_key())))
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        data = {"fmt": "none", "attStmt": {}, "authData": self.head(self.flags | ATTESTED) + attested}
        response = {
            "clientDataJSON": websafe_encode(self.client_data("create", options)),
            "attestationObject": websafe_encode(cbor.encode(data)),
        }
        return self.answer(response, {"credProps": {"rk": self.is_discoverable}})

    def shown(self, options: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """The answer to `navigator.credentials.get`."""
        data, head = self.client_data("get", options["publicKey"], **changes), self.head(self.flags)
        signature = self.private.sign(head + sha256(data).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": websafe_encode(data),
            "authenticatorData": websafe_encode(head),
            "signature": websafe_encode(signature),
            "userHandle": self.user_handle,
        }
        return self.answer(response, {})

    def answer(self, response: dict[str, Any], extensions: dict[str, Any]) -> dict[str, Any]:
        name = websafe_encode(self.id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": extensions,
        }
