from __future__ import annotations

import pytest
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import override

from tests.factories import ApplicationFactory
from trusted_apps.built_in import MANAGEMENT_SCOPES
from trusted_apps.models import MAXIMUM_SCOPES, Scope, TrustedApplication, require_known_scopes
from trusted_apps.scopes import scope_token, split_scopes


@pytest.mark.once
@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("", ()),
        ("   ", ()),
        ("read", ("read",)),
        ("update read", ("read", "update")),
        (" read  read\tupdate\n", ("read", "update")),
    ],
)
def test_scopes_of_a_text_are_sorted_and_each_stands_once(text: str, scopes: tuple[str, ...]) -> None:
    assert split_scopes(text) == scopes


@pytest.mark.once
@pytest.mark.parametrize("name", ["read", "!", "a:b/c", "https://example.com/scope", "~", "#[]^"])
def test_tok6_scope_token_of_rfc_6749_is_allowed(name: str) -> None:
    scope_token(name)


@pytest.mark.once
@pytest.mark.parametrize("name", ["", " ", "a b", 'a"b', "a\\b", "réad", "read\n", "a\0", "a\x7f", "a\tb"])
def test_tok6_what_is_no_scope_token_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        scope_token(name)


@pytest.mark.parametrize("given", ["update read", ("update", "read", "read"), ["read update"], {"read", "update"}])
def test_scopes_come_back_in_their_one_form_however_they_were_given(db: None, given: object) -> None:
    application = ApplicationFactory.create(scopes=given)
    application.refresh_from_db()
    assert application.scopes == ("read", "update")


def test_scopes_are_stored_as_the_text_of_rfc_6749(db: None) -> None:
    ApplicationFactory.create(name="Sheets", scopes=("update", "read"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT scopes FROM trusted_apps_trustedapplication WHERE name = 'Sheets'")
        assert cursor.fetchone() == ("read update",)


def test_no_scopes_come_back_as_none(db: None) -> None:
    application = ApplicationFactory.create(scopes=())
    application.refresh_from_db()
    assert application.scopes == ()


def test_scopes_are_found_whatever_their_order(application: TrustedApplication) -> None:
    assert TrustedApplication.objects.get(scopes=["update", "read"]) == application
    assert TrustedApplication.objects.get(scopes__in=["read", "update read"]) == application
    assert not TrustedApplication.objects.filter(scopes=["read"]).exists()


def test_scopes_are_found_by_a_part(application: TrustedApplication) -> None:
    assert TrustedApplication.objects.get(scopes__contains="update") == application
    assert not TrustedApplication.objects.filter(scopes__contains="fly").exists()


def test_scopes_survive_a_fixture(application: TrustedApplication) -> None:
    fixture = serializers.serialize("json", [application])
    assert '"scopes": "read update"' in fixture
    (restored,) = serializers.deserialize("json", fixture)
    assert isinstance(restored.object, TrustedApplication)
    assert restored.object.scopes == ("read", "update")


def test_given_scopes_stand_in_a_new_instance_with_their_descriptions(db: None) -> None:
    assert dict(Scope.objects.values_list("name", "description")) == {
        "read": "View data.",
        "update": "Create, change and delete data.",
        "self:read": "See one's own tokens",
        "self:write": "Rename, rotate and revoke one's own tokens",
        "instance:read": "See all that the Instance Manager shows",
        "instance:write": "Do all that the Instance Manager can do",
    }


def test_scopes_are_listed_by_name(db: None) -> None:
    Scope.objects.create(name="admin", description="Everything.")
    names = sorted({"admin", "read", "update"} | MANAGEMENT_SCOPES)
    assert [str(scope) for scope in Scope.objects.all()] == names


@pytest.mark.parametrize(("name", "description"), [("a b", "Fine."), ("fine", "\u202e"), ("x" * 65, "Fine.")])
def test_bad_scope_is_refused(db: None, name: str, description: str) -> None:
    with pytest.raises(ValidationError):
        Scope(name=name, description=description).full_clean()


def test_unknown_scopes_are_named(db: None) -> None:
    with pytest.raises(ValidationError, match="Unknown scope: fly, swim"):
        require_known_scopes(["swim", "read", "fly"])


def test_too_many_scopes_are_refused(db: None) -> None:
    names = [f"scope{number}" for number in range(MAXIMUM_SCOPES + 1)]
    Scope.objects.bulk_create(Scope(name=name, description="One of many.") for name in names)
    require_known_scopes(names[:MAXIMUM_SCOPES])
    with pytest.raises(ValidationError, match="at most 50"):
        require_known_scopes(names)


@pytest.mark.django_db
def test_a_given_scope_is_told_in_the_readers_language_and_another_as_it_was_written() -> None:
    Scope.objects.create(name="print", description="Print labels.")
    with override("de"):
        told = {scope.name: scope.in_words for scope in Scope.objects.all()}
    assert (told["read"], told["print"]) == ("Daten ansehen.", "Print labels.")
    given = Scope.objects.exclude(name="print")
    with override("de"):
        assert [scope.name for scope in given if scope.in_words == scope.description] == []
