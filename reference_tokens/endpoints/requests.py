"""A request to a machine address: what the endpoints ask of it, read from the WSGI environment when they ask."""

from __future__ import annotations

from typing import Any, Protocol

from django.core.handlers.wsgi import get_path_info
from django.http import HttpRequest, UnreadablePostError

FORM = "application/x-www-form-urlencoded"


class Asked(Protocol):
    """What every endpoint may ask: of the request below, and of Django's where an address stands among pages."""

    META: dict[str, Any]
    path_info: str
    method: Any


class Request:
    """A request as the server handed it over. Its body is read at most once."""

    __slots__ = ("META", "method", "path_info")

    def __init__(self, environ: dict[str, Any], path: str) -> None:
        self.META = environ
        self.path_info = path
        self.method: str = environ["REQUEST_METHOD"].upper()

    @property
    def content_type(self) -> str:
        """The media type of the body, without its parameters; one that cannot be read counts as none (T35)."""
        said: str = self.META.get("CONTENT_TYPE", "")
        return FORM if said == FORM else media_type(said)

    def read(self, length: int) -> bytes:
        """The body of this length; raises `UnreadablePostError` where the client went away."""
        try:
            return bytes(self.META["wsgi.input"].read(length)) if length else b""
        except OSError as error:
            raise UnreadablePostError(*error.args) from error


def path_of(environ: dict[str, Any]) -> str:
    """The path as Django reads it: UTF-8, with what is none of it in percents; `/` for an empty one."""
    path: str = environ.get("PATH_INFO", "/")
    return (path if path.isascii() else str(get_path_info(environ))) or "/"


def media_type(said: str) -> str:
    """What Django reads from a Content-Type; empty where it cannot."""
    request = HttpRequest()
    try:
        request._set_content_type_params({"CONTENT_TYPE": said})  # type: ignore[attr-defined] # noqa: SLF001 - there is no other door to it
    except ValueError:
        return ""
    return request.content_type or ""
