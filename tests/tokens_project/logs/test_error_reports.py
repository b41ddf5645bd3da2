"""T36: an error report holds no token, secret, session or CSRF value, wherever in the request or the code it stood."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

TOKEN = "enrt_" + "0123456789ABCDEF" * 4
SECRET = "enrs_" + "0123456789ABCDEF" * 4
SESSION, CSRF, PASSWORD = "s" * 5 + "essionkeyofthebrowser123456", "c" * 32, "p4ssw0rd-of-nobody"  # fmt: skip


def failing(request: HttpRequest) -> HttpResponse:
    """A view that fails with everything in its hands."""
    issued = {"plaintext": TOKEN, "of_server": [SECRET]}
    raise RuntimeError(f"{issued['plaintext']} for {request.POST.get('csrfmiddlewaretoken')} {request.COOKIES}")


urlpatterns = [path("failing/", failing)]


@pytest.fixture
def report_of(settings: Any) -> Any:
    """What is shown of a request that fails, with DEBUG on."""
    settings.DEBUG, settings.ROOT_URLCONF = True, __name__

    def answer(**headers: str) -> str:
        client = Client(raise_request_exception=False)
        client.cookies["session"], client.cookies["csrf"] = SESSION, CSRF
        form = {"csrfmiddlewaretoken": CSRF + "x" * 32, "password": PASSWORD, "secret": TOKEN, "description": TOKEN}
        sent = {"Authorization": f"Bearer {TOKEN}", "X-CSRFToken": CSRF + "y" * 32, "X-Api-Key": TOKEN} | headers
        response = client.post(f"/failing/?token={TOKEN}", form, headers=sent)
        assert response.status_code == 500
        return response.content.decode()

    return answer


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["text/html", "text/plain"])
def test_t36_nothing_in_a_report_opens_anything(report_of: Any, accept: str) -> None:
    report = report_of(Accept=accept)
    assert "RuntimeError" in report
    assert "[removed]" in report
    for secret in (TOKEN, SECRET, SESSION, CSRF, PASSWORD):
        assert secret not in report
    assert not re.search("enr[ts]_[0-9A-F]{8}", report)


@pytest.mark.django_db
def test_t36_a_basic_credential_is_struck_out_too(report_of: Any) -> None:
    assert "cnNfMTpzZWNyZXQgb2Ygbm9ib2R5" not in report_of(Authorization="Basic cnNfMTpzZWNyZXQgb2Ygbm9ib2R5")


def test_a_report_without_a_request_is_scrubbed_as_well() -> None:
    from tokens_project.logs.error_reports import ScrubbingReporter  # noqa: PLC0415 - beside its one use

    text = ScrubbingReporter(None, RuntimeError, RuntimeError(f"lost {TOKEN}"), None).get_traceback_text()
    assert "lost enrt_[removed]" in text
