"""django-allauth's inside is known to one module, and a version that moves it fails here first."""

from __future__ import annotations

import ast
import inspect
from importlib import import_module
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.command_line import BASE_DIR, PYPROJECT

pytestmark = pytest.mark.once

DOOR = BASE_DIR / "accounts" / "allauth_internals.py"
WEBAUTHN = "allauth.mfa.webauthn.internal.auth"
# What the door calls, and with which parameters it was written.
SIGNATURES = {
    "allauth.account.internal.flows.login:record_authentication": "(request, user, method, **extra_data)",
    "allauth.account.internal.stagekit:clear_login": "(request)",
    "allauth.account.stages:LoginStageController.enter": "(request, stage_key)",
    "allauth.account.stages:LoginStage.exit": "(self)",
    "allauth.account.stages:LoginStage.abort": "(self)",
    "allauth.core.internal.cryptokit:compare_user_code": "(*, actual, expected)",
    "allauth.mfa.base.internal.flows:post_authentication": (
        "(request, authenticator, reauthenticated=False, passwordless=False)"
    ),
    "allauth.mfa.recovery_codes.internal.auth:RecoveryCodes.activate": "(user)",
    "allauth.mfa.recovery_codes.internal.auth:RecoveryCodes.generate_codes": "(self)",
    "allauth.mfa.totp.internal.auth:format_hotp_value": "(value)",
    "allauth.mfa.totp.internal.auth:generate_totp_secret": "(length=20)",
    "allauth.mfa.totp.internal.auth:hotp_value": "(secret, counter)",
    "allauth.mfa.totp.internal.auth:yield_hotp_counters_from_time": "()",
    f"{WEBAUTHN}:begin_authentication": "(user=None)",
    f"{WEBAUTHN}:build_user_payload": "(user)",
    f"{WEBAUTHN}:complete_authentication": "(user, response)",
    f"{WEBAUTHN}:complete_registration": "(credential)",
    f"{WEBAUTHN}:extract_user_from_response": "(response)",
    f"{WEBAUTHN}:get_credentials": "(user)",
    f"{WEBAUTHN}:get_server": "()",
    f"{WEBAUTHN}:set_state": "(state)",
    "allauth.socialaccount.internal.statekit:unstash_state": "(request, *, state_id, provider_id, raises=False)",
}


def named(address: str) -> object:
    """What stands at an address like `package.module:name.name`."""
    module, _colon, names = address.partition(":")
    found: object = import_module(module)
    for name in names.split("."):
        found = getattr(found, name)
    return found


def imports_of(path: Path) -> set[str]:
    """Every name that a module imports, with the module it is from."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {
        f"{node.module}.{alias.name}" for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
    }


def internals(imports: set[str]) -> set[str]:
    return {name for name in imports if name.startswith("allauth.") and "internal" in name.split(".")}


@pytest.mark.parametrize("address", SIGNATURES)
def test_what_the_door_calls_is_where_it_was_and_takes_what_it_took(address: str) -> None:
    function = named(address)
    assert callable(function)
    signature = inspect.signature(function)
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    assert str(inspect.Signature(bare)) == SIGNATURES[address]


def test_every_import_of_the_door_is_among_the_signatures() -> None:
    checked = {address.replace(":", ".") for address in SIGNATURES}
    imported = internals(imports_of(DOOR))
    assert imported
    assert [name for name in imported if not any(one == name or one.startswith(f"{name}.") for one in checked)] == []


def test_no_other_module_imports_the_inside_of_allauth() -> None:
    folders = [BASE_DIR / name for name in PYPROJECT["tool"]["importlinter"]["root_packages"]] + [BASE_DIR / "tests"]
    modules = [path for folder in folders for path in folder.rglob("*.py")]
    assert DOOR in modules
    assert [(str(path), found) for path in modules if path != DOOR and (found := internals(imports_of(path)))] == []


def test_version_of_allauth_is_bounded_to_one_minor_release() -> None:
    (allauth,) = [
        requirement
        for requirement in map(Requirement, PYPROJECT["project"]["dependencies"])
        if requirement.name == "django-allauth"
    ]
    assert sorted(specifier.operator for specifier in allauth.specifier) == ["<", ">="]
