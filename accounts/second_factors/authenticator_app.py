"""The codes of an authenticator app (TOTP, RFC 6238): setting one up, and taking each code once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import qrcode
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.allauth_internals import app_code, current_steps, is_same_code, new_app_key
from accounts.second_factors.secrets import seal_factor_secret, unseal_factor_secret

if TYPE_CHECKING:
    from accounts.http import SignedInRequest
    from accounts.models import User

# A session keeps the key of an app that is being set up under this name, sealed like any other.
PENDING = "authenticator_app_key"
# The light border that a camera needs around the code, in modules.
QUIET_ZONE = 4


@dataclass(frozen=True, slots=True)
class Picture:
    """A QR code as the path of an SVG, whose unit is one module."""

    size: int
    path: str


def begin_setup(request: SignedInRequest) -> str:
    """A new key for an app; it waits in the session until a code of the app confirms it."""
    key = new_app_key()
    request.session[PENDING] = seal_factor_secret(key)
    return key


def pending_key(request: SignedInRequest) -> str | None:
    """The key that waits for its first code."""
    sealed = request.session.get(PENDING)
    return unseal_factor_secret(sealed) if sealed else None


def end_setup(request: SignedInRequest) -> None:
    """Forget the key that waited."""
    request.session.pop(PENDING, None)


def picture_of(user: User, key: str) -> Picture:
    """The QR code that an app reads with the camera.

    It is drawn here: the library draws a file of its own, which pages could show only as a `data:` image.
    """
    code = qrcode.QRCode(border=0)
    code.add_data(get_adapter().build_totp_url(user, key))
    code.make()
    rows = code.get_matrix()
    path = []
    for y, row in enumerate(rows, start=QUIET_ZONE):
        x = QUIET_ZONE
        for is_dark, modules in groupby(row):
            length = len(list(modules))
            if is_dark:
                path.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    return Picture(size=len(rows) + 2 * QUIET_ZONE, path="".join(path))


def step_of(key: str, code: str) -> int | None:
    """The time step that the code belongs to: the current one, the one before or the one after."""
    return next((step for step in current_steps() if is_same_code(code, app_code(key, step))), None)


def accepts_app_code(factor: Authenticator, code: str) -> bool:
    """Whether the code is one of the app's, and neither it nor a later one was used before (RFC 6238 §5.2).

    The last used step stands in the factor's row, under its lock: a code passes once, in whatever process. Raises
    `InvalidToken` where the key cannot be read.
    """
    with transaction.atomic():
        locked = Authenticator.objects.select_for_update().filter(pk=factor.pk).first()
        if locked is None:
            return False
        key = unseal_factor_secret(locked.data["secret"])
        step = step_of(key, code)
        if step is None or step <= locked.data["step"]:
            return False
        # Sealed again with it, under the newest key.
        locked.data = {"secret": seal_factor_secret(key), "step": step}
        locked.save(update_fields=["data"])
    return True
