"""gunicorn's settings, where Python finds them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gunicorn.config import Config


def put_at_hand(config: Config) -> None:
    """Make each setting an attribute of its own: gunicorn asks for twenty at each request, each by a method."""
    vars(config).update({name: setting.get() for name, setting in config.settings.items()})
