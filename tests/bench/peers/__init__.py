"""What the service is compared with: each as its own documentation sets it up, behind the same server.

Only the environment of `make bench` has what is imported here (requirements/bench.txt).
"""

from __future__ import annotations

# How a Resource Server proves itself to django-oauth-toolkit, and to Authlib.
ASKING = "a-token-with-the-scope-introspection"
CLIENT = ("bench-client", "bench-secret-0123456789abcdefghijkl")


def api_key_of(token: str) -> str:
    """The token in the form of djangorestframework-api-key: a prefix of eight characters, a point, the rest."""
    return f"{token[5:13]}.{token[13:45]}"
