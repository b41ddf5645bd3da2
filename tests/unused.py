"""`python -m tests.unused`: names of the product that nothing but tests uses, found by vulture.

A name counts as used where Python code, a template or a dotted path in the settings says it.
"""

from __future__ import annotations

import re
import sys
from itertools import chain

from vulture import Vulture
from vulture.core import Item

from tests.command_line import BASE_DIR, OURS

# Called by their names by others.
BY_DJANGO = """
    Meta constraints indexes managed verbose_name USERNAME_FIELD EMAIL_FIELD REQUIRED_FIELDS urlpatterns app_name ready
    default_addr default_port requires_system_checks add_arguments
    field_order field_classes widgets help_texts template_name prepare_rhs lookup_name arity process_view
    function algorithm clean_* as_sqlite as_postgresql value_from_datadict format_value get_help_text process_exception
    SchemaEditorClass isolation_level health_check_done _errors *Config ordering from_db_value value_to_string
    request_class handler403 handler404 handler500 create_compressor features_class minimum_database_version ops_class
    convert_uuidfield_value convert_datetimefield_value _body _get_session_from_db _session_key
    db_for_read db_for_write allow_relation allow_migrate
"""
BY_GUNICORN = """
    on_starting post_worker_init when_ready child_exit worker_exit wsgi_app workers worker_class graceful_timeout
    secure_scheme_headers forwarder_headers control_socket_disable worker_tmp_dir logconfig_dict header_map
    limit_request_line limit_request_field_size get_thread_pool _cap_keepalive chunk
    _peer_trusted_for_forwarded load_config
"""
BY_ALLAUTH = """
    pre_authenticate is_safe_url get_client_ip is_open_for_signup list_apps
    get_oauth2_adapter get_callback_url basic_auth get_totp_label get_totp_issuer get_public_key_credential_rp_entity
"""
BY_REQUESTS = "get_redirect_target"
BY_NINJA = "get_openapi_operation_id openapi_type model_config parse_body"
# Each is the answer to a call of the management API.
CALLS = "@router.*"
BY_FRAMEWORKS = "authenticate authenticate_header auth_header has_permission wait model scheme_name"
BY_PYTHON = "add_fields exc_text stack_info makefile readinto"
# In the database: as a query's word, a migration's default, the second key of a row.
BY_THE_DATABASE = "due_at hash_key GENESIS_HASH"
BY_MIGRATIONS = "lay_triggers remove_triggers"
# test_documentation.py holds it to what is recorded.
BY_TESTS = "registered_targets"
# The types of documents that programs send and get.
DOCUMENTS = ("/management_api/resources/", "/configuration/document.py")
# An argument that allauth gives.
ARGUMENTS = "sociallogin"


def words_of_templates() -> set[str]:
    """Every word in the templates."""
    texts = (path.read_text() for path in (BASE_DIR / "templates").rglob("*.*"))
    return set(chain.from_iterable(re.findall(r"\w+", text) for text in texts))


def named_by_path() -> set[str]:
    """The last part of every dotted path that code names in quotes, as settings do."""
    texts = (path.read_text() for name in (*OURS, "tokens_project") for path in (BASE_DIR / name).rglob("*.py"))
    return set(chain.from_iterable(re.findall(r"\"(?:\w+\.)+(\w+)\"", text) for text in texts))


def main() -> int:
    """The exit status: 0 where everything is used."""
    libraries = (BY_DJANGO, BY_GUNICORN, BY_ALLAUTH, BY_REQUESTS, BY_NINJA, BY_PYTHON)
    used = (*libraries, BY_THE_DATABASE, BY_MIGRATIONS, BY_TESTS, ARGUMENTS)
    vulture = Vulture(ignore_names=" ".join(used).split(), ignore_decorators=[CALLS])
    vulture.scavenge([str(BASE_DIR / name) for name in ("manage.py", *OURS, "tokens_project")], ["*/migrations/*"])
    vulture.used_names |= words_of_templates() | named_by_path()
    unused = [
        item
        for item in vulture.get_unused_code(min_confidence=60)
        if not is_setting(item.filename, item.name) and not is_member(item.filename, item.typ)
    ]
    unused += unused_in_clients()
    for item in unused:
        print(f"{item.filename.relative_to(BASE_DIR)}:{item.first_lineno}: nothing uses {item.name}")
    return 1 if unused else 0


def is_member(path: object, kind: str) -> bool:
    """Whether it is a member of a document, which is read as a whole."""
    return kind == "variable" and any(room in str(path) for room in DOCUMENTS)


def unused_in_clients() -> list[Item]:
    """Names of the package for Python that neither it, its tests nor its README use."""
    vulture = Vulture(ignore_names=BY_FRAMEWORKS.split())
    vulture.scavenge([str(BASE_DIR / name) for name in ("clients", "tests/client_packages")])
    vulture.used_names |= set(re.findall(r"\w+", (BASE_DIR / "clients" / "python" / "README.md").read_text()))
    unused: list[Item] = vulture.get_unused_code(min_confidence=60)
    return [item for item in unused if "tests" not in item.filename.parts]


def is_setting(path: object, name: str) -> bool:
    """Whether it is a setting, which Django and its apps read."""
    return str(path).endswith("tokens_project/settings.py") and name.isupper()


if __name__ == "__main__":
    sys.exit(main())
