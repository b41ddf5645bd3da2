"""Which code is changed, room by room, and which tests must notice.

A room is named as in docs/design/tour.md; those of the lifecycle are named after what its files do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Room:
    """The sources and the tests, as patterns below the root of the project."""

    sources: tuple[str, ...]
    tests: tuple[str, ...]

    def files(self) -> list[Path]:
        """Every file of the sources."""
        return sorted(path for pattern in self.sources for path in ROOT.glob(pattern))


OF_TOKENS = "tests/reference_tokens"
OF_DOORS = (
    "introspection",
    "introspection_of_many",
    "forward_auth",
    "self_service",
    "noted_refusals",
    "work_of_refusals",
)


def of_lifecycle(names: tuple[str, ...], tests: tuple[str, ...], others: tuple[str, ...] = ()) -> Room:
    """A room of these files of the lifecycle: those of its tests, and the others, that are about them."""
    sources = tuple(f"reference_tokens/lifecycle/{name}.py" for name in names)
    return Room(sources, (*(f"{OF_TOKENS}/lifecycle/test_{name}.py" for name in tests), *others))


ROOMS = {
    "token_values": Room(("reference_tokens/token_values/*.py",), (f"{OF_TOKENS}/token_values",)),
    "decision": Room(("reference_tokens/validation/decision.py",), (f"{OF_TOKENS}/validation",)),
    "validation": Room(
        ("reference_tokens/validation/*.py",),
        (
            f"{OF_TOKENS}/validation",
            *(f"{OF_TOKENS}/endpoints/test_{name}.py" for name in OF_DOORS),
            f"{OF_TOKENS}/pages/test_check_reasons.py",
        ),
    ),
    "policy": Room(
        ("reference_tokens/policy/*.py", "trusted_apps/policy.py"), (f"{OF_TOKENS}/policy", "tests/trusted_apps")
    ),
    "leaks": Room(
        ("reference_tokens/leaks/*.py",),
        (f"{OF_TOKENS}/leaks", f"{OF_TOKENS}/commands/check_settings/test_addresses.py"),
    ),
    "signatures": Room(("reference_tokens/webhooks/signing.py",), (f"{OF_TOKENS}/webhooks",)),
    "resource_servers": Room(
        ("reference_tokens/lifecycle/resource_server_registration.py", "reference_tokens/models/resource_servers.py"),
        (f"{OF_TOKENS}/lifecycle", f"{OF_TOKENS}/models"),
    ),
    "issuance": of_lifecycle(
        ("issuance", "hash_keys", "lookup_digests"),
        ("issuance", "not_seen", "who_may_issue", "rotation"),
        (
            f"{OF_TOKENS}/token_values/test_key_ring.py",
            f"{OF_TOKENS}/validation/test_compiled_query.py",
            f"{OF_TOKENS}/leaks/test_lookup.py",
            "tests/profile_site/test_token_shown_once.py",
        ),
    ),
    "rotation": of_lifecycle(
        ("rotation", "chain", "old_values"),
        (
            "rotation",
            "rotation_refusals",
            "self_rotation",
            "old_values",
            "old_values_elsewhere",
            "old_values_of_many",
            "old_values_suspended",
        ),
        (f"{OF_TOKENS}/pages/test_chain.py", f"{OF_TOKENS}/endpoints/test_self_rotation.py"),
    ),
    "revocation": of_lifecycle(
        ("revocation", "withdrawal", "reason_codes"),
        ("revocation", "suspension", "unused", "old_values_of_many", "old_values_suspended", "reason_codes"),
        (f"{OF_TOKENS}/notices/test_noting.py",),
    ),
    "suspension": of_lifecycle(
        ("suspension", "unused"),
        ("suspension", "unused", "old_values_suspended", "statements_of_many"),
        ("tests/instance_manager/tokens/test_many_resumed.py",),
    ),
    "offboarding": of_lifecycle(
        ("offboarding",),
        ("offboarding", "offboarding_as_shown", "saved_filters"),
        ("tests/instance_manager/users/test_offboarding.py",),
    ),
    "selection": of_lifecycle(
        ("selection", "saved_filters"),
        ("selection", "statements_of_many", "saved_filters", "revocation"),
        ("tests/instance_manager/tokens/test_selection.py", f"{OF_TOKENS}/policy"),
    ),
    "changes": of_lifecycle(
        ("renaming", "shortening"),
        ("shortening", "statements_of_many"),
        (
            f"{OF_TOKENS}/pages/test_renaming.py",
            f"{OF_TOKENS}/policy/test_change.py",
            f"{OF_TOKENS}/fence/test_noting.py",
            "tests/instance_manager/tokens/test_many_shortened.py",
        ),
    ),
}
