from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from psycopg.conninfo import make_conninfo

from tokens_project import environment as env
from tokens_project.environment import BadSetting

pytestmark = pytest.mark.once


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the setting `NAME`."""
    return lambda value: monkeypatch.setenv("NAME", value)


Given = Callable[[str], None]


def refused(read: Callable[[], Any], value: str) -> bool:
    """Whether the value is refused in one line that names the setting and does not repeat the value."""
    with pytest.raises(BadSetting) as stopped:
        read()
    message = str(stopped.value)
    return message.startswith("NAME: ") and message.endswith(".") and "\n" not in message and value not in message


@pytest.mark.parametrize(
    ("value", "read"), [("", "default"), ("  ", "default"), (" a b ", "a b"), ("Zoë 🚀", "Zoë 🚀")]
)
def test_text_is_stripped_and_empty_is_not_set(given: Given, value: str, read: str) -> None:
    given(value)
    assert env.text("NAME", "default") == read


def test_setting_that_is_not_there_is_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAME", raising=False)
    assert env.text("NAME", "default") == "default"


@pytest.mark.parametrize("value", ["a\nb", "a\x1b[2Jb", "a\u202eb", "a\u2028b", "a\udcffb"])
def test_text_with_control_characters_is_refused(given: Given, value: str) -> None:
    given(value)
    assert refused(lambda: env.text("NAME", ""), value)


@pytest.mark.parametrize(("value", "read"), [("", 5), ("1", 1), ("10", 10), (" 7 ", 7), ("007", 7)])
def test_integer_in_range_is_read(given: Given, value: str, read: int) -> None:
    given(value)
    assert env.integer("NAME", 5, least=1, most=10) == read


@pytest.mark.parametrize(
    "value", ["0", "11", "-3", "+3", "3.0", "1e1", "0x7", "ten", "\u0667", "\u00b2", "9" * 5000, "1_0"]
)
def test_integer_out_of_range_or_none_is_refused(given: Given, value: str) -> None:
    given(value)
    with pytest.raises(BadSetting, match=r"^NAME: give a whole number from 1 to 10.$"):
        env.integer("NAME", 5, least=1, most=10)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("True", True),
        ("1", True),
        ("YES", True),
        ("on", True),
        ("False", False),
        ("0", False),
        ("no", False),
        ("Off", False),
    ],
)
def test_boolean_is_read_in_the_usual_spellings(given: Given, value: str, read: bool) -> None:
    given(value)
    assert env.boolean("NAME", default=not read) is read


@pytest.mark.parametrize("default", [True, False])
def test_boolean_that_is_empty_is_its_default(given: Given, default: bool) -> None:
    given("")
    assert env.boolean("NAME", default=default) is default


@pytest.mark.parametrize("value", ["2", "maybe", "truee", "None"])
def test_boolean_of_another_spelling_is_refused(given: Given, value: str) -> None:
    given(value)
    assert refused(lambda: env.boolean("NAME", default=False), value)


@pytest.mark.parametrize(("value", "read"), [("", ["x"]), (",", ["x"]), ("a", ["a"]), (" a , b ,, c", ["a", "b", "c"])])
def test_words_are_separated_by_commas(given: Given, value: str, read: list[str]) -> None:
    given(value)
    assert env.words("NAME", ["x"]) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("https://tokens.example.com", "https://tokens.example.com"),
        ("https://tokens.example.com/", "https://tokens.example.com"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1:80", "http://127.0.0.1:80"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://xn--zo-jka.example", "https://xn--zo-jka.example"),
        ("https://Tokens.Example.COM", "https://tokens.example.com"),
        ("HTTPS://tokens.example.com", "https://tokens.example.com"),
        ("Https://TOKENS.example.com:8443/", "https://tokens.example.com:8443"),
        ("https://tokens.example.com:08443", "https://tokens.example.com:8443"),
        ("https://XN--ZO-JKA.example", "https://xn--zo-jka.example"),
        ("https://[2001:DB8:0:0::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_origin_is_read_in_small_letters_and_without_its_last_slash(given: Given, value: str, read: str) -> None:
    given(value)
    assert env.origin("NAME", "http://unused") == read


@pytest.mark.parametrize(
    "value",
    [
        "tokens.example.com",
        "//tokens.example.com",
        "https://",
        "https://:8000",
        "https://tokens.example.com/path",
        "https://tokens.example.com?query",
        "https://tokens.example.com#fragment",
        "https://user:pass@tokens.example.com",
        "https://tokens.example.com:",
        "https://tokens.example.com:0",
        "https://tokens.example.com:65536",
        "https://tokens.example.com:port",
        "https://tokens example.com",
        "https://tokens\u00e9.example.com",
        "https://tokens.example.com\\evil",
        "https://[::1",
        "https://[not-an-address]",
        "https://[fe80::1%eth0]",
        "https://[fe80::1%25eth0]:8443",
        "https://*",
        "https:tokens.example.com",
        "https:/tokens.example.com",
        "https:///tokens.example.com",
        "https://tokens.example.com//path",
        "https://tokens.example.com/?",
        "https://tokens.example.com#",
        "FTP://tokens.example.com",
        "ftp://tokens.example.com",
        "javascript:alert(1)",
        "localhost:8000",
    ],
)
def test_what_is_no_http_origin_is_refused(given: Given, value: str) -> None:
    given(value)
    with pytest.raises(BadSetting, match=r"^NAME: (give an address|it is no URL)"):
        env.origin("NAME", "http://unused")


@pytest.mark.parametrize(
    "value", ["https://zoë.example", "https://zo\u0308e.example", "https://to\u212aens.example.com"]
)
def test_a_host_with_other_letters_is_asked_for_as_browsers_send_it(given: Given, value: str) -> None:
    given(value)
    with pytest.raises(BadSetting, match=r"^NAME: give an address in ASCII: .* xn--…, as browsers send it\.$"):
        env.origin("NAME", "http://unused")


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ("https://tokens.example.com", "https://tokens.example.com"),
        ("https://tokens.example.com:443", "https://tokens.example.com"),
        ("http://localhost:80", "http://localhost"),
        ("https://tokens.example.com:8443", "https://tokens.example.com:8443"),
        ("https://tokens.example.com:80", "https://tokens.example.com:80"),
        ("http://localhost:443", "http://localhost:443"),
        ("https://[::1]:443", "https://[::1]"),
        ("http://[::80]", "http://[::80]"),
    ],
)
def test_browsers_do_not_name_the_port_that_a_scheme_has_anyway(origin: str, said: str) -> None:
    assert env.as_browsers_say(origin) == said


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("", "127.0.0.1"),
        ("0.0.0.0", "0.0.0.0"),
        ("::1", "::1"),
        ("[::]", "::"),
        ("localhost", "localhost"),
        ("web-1.example.com", "web-1.example.com"),
    ],
)
def test_host_is_read_without_brackets(given: Given, value: str, read: str) -> None:
    given(value)
    assert env.host("NAME", "127.0.0.1") == read


@pytest.mark.parametrize(
    "value",
    [
        *("localhost:9000", "[::1]:9000", "a b", "*", "unix:/run/x.sock", "fd://3", "[localhost]]", "-a", "a/b", ":"),
        *("a..b", ".a", "a.", "a-.b", "127.1", "0", "999.1.1.1", "1.2.3.4.5", "a" * 64, "a." * 127 + "aa"),
    ],
)
def test_what_is_no_host_is_refused(given: Given, value: str) -> None:
    given(value)
    with pytest.raises(BadSetting, match=r"^NAME: give a host name or an IP address, without a port.$"):
        env.host("NAME", "127.0.0.1")


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("tokens.localhost", True),
        ("a.b.Localhost", True),
        (".localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.7", False),
        ("localhost.example.com", False),
        ("mylocalhost", False),
        ("127.0.0.1.example.com", False),
        ("", False),
    ],
)
def test_run2_loopback_is_what_only_this_machine_can_reach(host: str, is_loopback: bool) -> None:
    assert env.is_loopback(host) is is_loopback


@pytest.mark.parametrize(
    ("origin", "takes"),
    [
        ("https://tokens.example.com", True),
        ("http://localhost:8000", True),
        ("http://tokens.localhost:8000", True),
        ("http://tokens.example.com", False),
        ("http://127.0.0.1:8000", False),
        ("http://[::1]:8000", False),
        ("https://192.0.2.7", False),
    ],
)
def test_browsers_make_passkeys_for_names_over_https_or_on_this_machine(origin: str, takes: bool) -> None:
    assert env.takes_passkeys(origin) is takes


def test_folder_may_be_missing_and_is_not_made_by_reading_its_name(given: Given, tmp_path: Path) -> None:
    given(str(tmp_path / "a" / ".." / "b" / "c"))
    assert env.folder("NAME", Path("unused")) == tmp_path / "b" / "c"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["/dev/null/below", "/proc/none"])
def test_folder_that_cannot_be_made_is_refused_where_it_is_to_be_made(folder: str) -> None:
    assert refused(lambda: env.make_folder("NAME", Path(folder)), folder)


@pytest.mark.parametrize("value", ["/dev/null", "/dev/null/below", "/" + "long" * 99])
def test_folder_that_cannot_be_made_is_refused(given: Given, value: str) -> None:
    given(value)
    assert refused(lambda: env.folder("NAME", Path("unused")), value)


@pytest.mark.parametrize("value", ["/dev/null/below", "/proc/none"])
def test_folder_that_is_not_needed_may_stay_missing(given: Given, value: str) -> None:
    given(value)
    assert env.folder("NAME", Path("unused"), is_needed=False) == Path(value)


def test_folder_that_is_not_needed_may_lead_in_a_circle(given: Given, tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    given(f"{tmp_path}/circle")
    assert env.folder("NAME", Path("unused"), is_needed=False) == tmp_path / "circle"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", False), ("sqlite:////srv/db", False), ("postgres:///db", True), ("PostgreSQL:///db", True)],
)
def test_what_kind_of_database_is_given(given: Given, value: str, expected: bool) -> None:
    given(value)
    assert env.is_postgresql("NAME") is expected


def test_folder_whose_links_lead_in_a_circle_is_refused(given: Given, tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    given(f"{tmp_path}/circle")
    assert refused(lambda: env.folder("NAME", Path("unused")), f"{tmp_path}/circle")


def test_database_is_sqlite_in_the_data_folder_where_none_is_given(given: Given, tmp_path: Path) -> None:
    given("")
    path = tmp_path / "100%41" / "db.sqlite3"
    database = env.database("NAME", path)
    assert (database["ENGINE"], database["NAME"]) == ("tokens_project.sqlite3", path)


def test_database_may_be_another_sqlite_file(given: Given, tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    given(f"sqlite:///{tmp_path}/a%20b/tokens.db")
    assert env.database("NAME", Path("unused"))["NAME"] == tmp_path / "a b" / "tokens.db"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_run3_database_may_be_postgresql(given: Given, scheme: str) -> None:
    given(f"{scheme}://tokens:p%40ss%2Fword@db.example.com:5433/to%20kens?sslmode=require")
    database = env.database("NAME", Path("unused"))
    read = [database[key] for key in ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")]
    assert read == ["tokens_project.postgresql", "to kens", "tokens", "p@ss/word", "db.example.com", "5433"]
    assert database["OPTIONS"]["sslmode"] == "require"


def test_postgresql_may_be_reached_through_its_socket(given: Given) -> None:
    given("postgres:///tokens")
    database = env.database("NAME", Path("unused"))
    assert [database[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")] == ["tokens", "", "", "", ""]


def test_postgresql_is_given_up_before_its_silence_holds_a_thread(given: Given) -> None:
    given("postgres:///tokens")
    options = env.database("NAME", Path("unused"))["OPTIONS"]
    assert (options["connect_timeout"], options["tcp_user_timeout"]) == (3, 10_000)
    # PgBouncer refuses what it does not know of the start of a connection.
    assert "options" not in options


@pytest.mark.parametrize(
    "value",
    [
        "mysql://tokens:secret@localhost/tokens",
        "tokens.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:////no/such/folder/tokens.db",
        "postgres://tokens:secret@localhost",
        "postgres://tokens:secret@localhost/",
        "postgres://tokens:secret@localhost:port/tokens",
        "postgres://tokens:secret@localhost:65536/tokens",
        "postgres://tokens:secret@[::1/tokens",
    ],
)
def test_another_database_is_refused_without_its_password(given: Given, value: str) -> None:
    given(value)
    with pytest.raises(BadSetting) as stopped:
        env.database("NAME", Path("unused"))
    assert str(stopped.value).startswith("NAME: ")
    assert "secret" not in str(stopped.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}),
        ("redis://127.0.0.1:6379/1", {"LOCATION": "redis://127.0.0.1:6379/1"}),
        ("unix:///run/redis.sock", {"BACKEND": "django.core.cache.backends.redis.RedisCache"}),
    ],
)
def test_a_cache_is_a_table_or_redis(monkeypatch: pytest.MonkeyPatch, value: str, expected: dict[str, Any]) -> None:
    monkeypatch.setenv("CACHE_URL", value)
    assert env.cache("CACHE_URL").items() >= expected.items()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", {"EMAIL_FILE_PATH": "/data/mail"}),
        ("file:///srv/my%20mail", {"EMAIL_FILE_PATH": "/srv/my mail"}),
        ("smtp://mail", {"EMAIL_HOST": "mail", "EMAIL_PORT": 25, "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": False}),
        ("smtps://me:a%40b@mail", {"EMAIL_PORT": 465, "EMAIL_USE_SSL": True, "EMAIL_HOST_PASSWORD": "a@b"}),
        ("smtp+starttls://mail:2525", {"EMAIL_PORT": 2525, "EMAIL_USE_TLS": True, "EMAIL_TIMEOUT": 10}),
    ],
)
def test_mail_goes_to_a_server_or_into_a_folder(
    monkeypatch: pytest.MonkeyPatch, value: str, expected: dict[str, Any]
) -> None:
    monkeypatch.setenv("EMAIL_URL", value)
    assert env.email("EMAIL_URL", Path("/data/mail")).items() >= expected.items()


@pytest.mark.parametrize("value", ["mail.example.com", "http://mail", "smtp://", "file://", "smtp://mail:0x1"])
def test_an_address_for_mail_that_cannot_be_used_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("EMAIL_URL", value)
    with pytest.raises(env.BadSetting, match="EMAIL_URL: "):
        env.email("EMAIL_URL", Path("/data/mail"))


@pytest.mark.parametrize("value", ["localhost:6379", "memcached://localhost", "redis://localhost:99999"])
def test_an_address_for_the_cache_that_cannot_be_used_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CACHE_URL", value)
    with pytest.raises(env.BadSetting, match="CACHE_URL: "):
        env.cache("CACHE_URL")


@pytest.mark.parametrize(
    "value",
    [
        "https://id.example.com",
        "https://id.example.com/",
        "https://id.example.com:8443/realms/staff",
        "http://localhost:8080/realms/staff",
        "http://127.0.0.1:8080",
        "",
    ],
)
def test_issuer_is_read_exactly_as_it_is_given(given: Given, value: str) -> None:
    given(value)
    assert env.issuer("NAME") == value


@pytest.mark.parametrize(
    "value",
    [
        "http://id.example.com",
        "id.example.com",
        "ftp://localhost",
        "https://",
        "https://id.example.com:0",
        "https://id.example.com:x",
        "https://id.example.com?a=b",
        "https://id.example.com#a",
        "https://id.example.com?",
        "https://id.example.com#",
        "https://id.example.com/a b",
        "https://user:secret@id.example.com",
        "https://id.example.com/" + "x" * 200,
    ],
)
def test_what_is_no_protected_issuer_is_refused(given: Given, value: str) -> None:
    given(value)
    with pytest.raises(BadSetting, match=r"^NAME: ") as refusal:
        env.issuer("NAME")
    assert "secret" not in str(refusal.value)


# --- Each part of the URL of another service -------------------------------------------------------------------------

READ: dict[str, Callable[[], Any]] = {
    "database": lambda: env.database("NAME", Path("unused")),
    "cache": lambda: env.cache("NAME"),
    "email": lambda: env.email("NAME", Path("unused")),
}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("database", "sqlite:////tmp/tokens.db?mode=ro"),
        ("database", "sqlite:////tmp/tokens.db?&"),
        ("database", "sqlite:////tmp/tokens.db#part"),
        ("database", "sqlite:////tmp/tokens.db%00"),
        ("database", "sqlite:////tmp/"),
        ("database", "sqlite:////" + "long" * 99 + "/tokens.db"),
        ("database", "sqlite:///:memory:"),
        ("database", "sqlite://folder/tokens.db"),
        ("database", "sqlite:/tmp/tokens.db"),
        ("database", "postgres://tokens:hunter2@localhost/tokens?ssl=true"),
        ("database", "postgres://tokens:hunter2@localhost/tokens?sslmode=on"),
        ("database", "postgres://tokens:hunter2@localhost/tokens?sslmode="),
        ("database", "postgres://tokens:hunter2@localhost/tokens?sslmode"),
        ("database", "postgres://tokens:hunter2@localhost/tokens?SSLMODE=require"),
        ("database", "postgres://tokens:hunter2@localhost/tokens?sslmode=require&sslmode=require"),
        ("database", "postgres://tokens:hunter2@localhost/tokens?sslmode=require%0a"),
        ("database", "postgres://tokens:hunter2@localhost/tokens?application_name=%ff"),
        ("database", "postgres://tokens:hunter2@localhost/tokens?application_name=a%00b"),
        ("database", "postgres://tokens:hunter2@localhost/tokens?connect_timeout=0"),
        ("database", "postgres://tokens:hunter2@localhost/tokens?connect_timeout=-1"),
        ("database", "postgres://tokens:hunter2@localhost/tokens?target_session_attrs=read-only"),
        ("database", "postgres://tokens:hunter2@localhost/tokens?dbname=other"),
        ("database", "postgres://tokens:hunter2@localhost/tokens?user=other&password=hunter2"),
        ("database", "postgres://tokens:hunter2@localhost/tokens?host=/run/postgresql"),
        ("database", "postgres:///tokens?host=db.example.com"),
        ("database", "postgres://tokens:hunter2@localhost/tokens?&"),
        ("database", "postgres://tokens:hunter2@localhost/tokens#part"),
        ("database", "postgres://tokens:hunt#er2@localhost/tokens"),
        ("database", "postgres://tokens:hunt?er2@localhost/tokens"),
        ("database", "postgres://tokens:hunt/er2@localhost/tokens"),
        ("database", "postgres://tokens:hunter2%ff@localhost/tokens"),
        ("database", "postgres://tokens:hunter2%0a@localhost/tokens"),
        ("database", "postgres://tok%00ens:hunter2@localhost/tokens"),
        ("database", "postgres://tokens:hunter2@localhost/tok%00ens"),
        ("database", "postgres://tokens:hunter2@localhost/tokens/other"),
        ("database", "postgres://tokens:hunter2@localhost:0/tokens"),
        ("database", "postgres://tokens:hunter2@localhost:-1/tokens"),
        ("database", "postgres://tokens:hunter2@local host/tokens"),
        ("database", "postgres://tokens:hunter2@-/tokens"),
        ("database", "postgres://tokens:hunter2@a,,b/tokens"),
        ("database", "postgres://tokens:hunter2@[a,b]/tokens"),
        ("database", "postgres://tokens:hunter2@%2Frun%00/tokens"),
        ("database", "postgres:tokens"),
        ("cache", "redis://localhost:6379/0?ssl=true"),
        ("cache", "redis://localhost:6379/0?db=1"),
        ("cache", "redis://localhost:6379/0?ssl_cert_reqs=none"),
        ("cache", "rediss://localhost:6379/0?ssl_cert_reqs=maybe"),
        ("cache", "redis://localhost:6379/0?socket_timeout=0"),
        ("cache", "redis://localhost:6379/0?socket_timeout=0.0"),
        ("cache", "redis://localhost:6379/0?socket_timeout=1e9"),
        ("cache", "redis://localhost:6379/0#part"),
        ("cache", "redis://localhost:6379/name"),
        ("cache", "redis://localhost:6379/0/1"),
        ("cache", "redis://localhost:6379/-1"),
        ("cache", "redis://localhost:6379/+1"),
        ("cache", "redis://localhost:6379/1_0"),
        ("cache", "redis://localhost:0/0"),
        ("cache", "redis://:hunter2@/0"),
        ("cache", "redis://:6379/0"),
        ("cache", "redis://local host/0"),
        ("cache", "redis://:hunter2%ff@localhost/0"),
        ("cache", "unix://run/redis.sock"),
        ("cache", "unix:/run/redis.sock"),
        ("cache", "unix://"),
        ("cache", "unix:///"),
        ("cache", "unix:///run/redis.sock%00"),
        ("cache", "unix:///run/redis.sock?db=one"),
        ("cache", "unix:///run/redis.sock?ssl_ca_certs=ca.pem"),
        ("email", "smtp://me:hunter2@mail.example.com/?tls=true"),
        ("email", "smtps://me:hunter2@mail.example.com?tls=true"),
        ("email", "smtps://me:hunter2@mail.example.com#part"),
        ("email", "smtps://me:hunter2@mail.example.com/path"),
        ("email", "smtps://me:hunter2@mail.example.com:0"),
        ("email", "smtps://me:hunter2@"),
        ("email", "smtps://me@mail.example.com"),
        ("email", "smtps://:hunter2@mail.example.com"),
        ("email", "smtps://me:hunter2%0a@mail.example.com"),
        ("email", "smtps://me:hunter2@mail_.example.com"),
        ("email", "smtp://me:hunter2@mail.example.com"),
        ("email", "smtp+tls://me:hunter2@mail.example.com"),
        ("email", "file://srv/mail"),
        ("email", "file://me:hunter2@/srv/mail"),
        ("email", "file:///srv/mail?days=3"),
        ("email", "file:///srv/mail#part"),
        ("email", "file:///srv/mail%00"),
        ("email", "file:mail"),
    ],
)
def test_url_of_which_one_part_cannot_work_is_refused(given: Given, kind: str, value: str) -> None:
    given(value)
    with pytest.raises(BadSetting, match=r"\ANAME: [^\n]*\.\Z") as stopped:
        READ[kind]()
    assert "hunter2" not in str(stopped.value)
    assert "er2" not in str(stopped.value)


@pytest.mark.parametrize(
    ("value", "parameters"),
    [
        ("postgres://db/tokens?sslmode=verify-full&sslrootcert=system", {"sslmode": "verify-full"}),
        ("postgres://db/tokens?sslmode=verify-ca&sslrootcert=%2Fetc%2Fca.pem", {"sslrootcert": "/etc/ca.pem"}),
        ("postgres://db/tokens?application_name=to+kens&connect_timeout=9", {"application_name": "to kens"}),
        ("postgres:///tokens?host=/run/postgresql", {"host": "/run/postgresql"}),
        ("postgres://a,b/tokens?target_session_attrs=read-write", {"target_session_attrs": "read-write"}),
    ],
)
def test_a_parameter_that_postgresql_knows_is_passed_on(given: Given, value: str, parameters: dict[str, str]) -> None:
    given(value)
    assert READ["database"]()["OPTIONS"].items() >= parameters.items()


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("postgres://my_database/tokens", ("my_database", "")),
        ("postgres://a.example.com,b.example.com:5433/tokens", ("a.example.com,b.example.com", "5433")),
        ("postgres://me@[2001:db8::1]:5433/tokens", ("2001:db8::1", "5433")),
        ("postgres://me:a%40b@%2FVar%2Frun:5433/tokens", ("/Var/run", "5433")),
        ("postgres://me@/tokens", ("", "")),
    ],
)
def test_postgresql_may_be_several_hosts_or_a_folder(given: Given, value: str, place: tuple[str, str]) -> None:
    given(value)
    read = READ["database"]()
    assert (read["HOST"], read["PORT"]) == place


def test_sqlite_file_is_named_from_the_root(given: Given, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Relative, SQLite would take `file:…` for a URL of its own."""
    monkeypatch.chdir(tmp_path)
    given("sqlite:///file:tokens.db%3Fmode=memory")
    assert READ["database"]()["NAME"] == tmp_path / "file:tokens.db?mode=memory"


# A value for each parameter: what its pattern takes, the libraries must know.
@pytest.mark.parametrize("name", sorted(env.POSTGRESQL_PARAMETERS))
def test_postgresql_knows_each_parameter_that_is_taken(name: str) -> None:
    assert make_conninfo(**{name: "1"}) == f"{name}=1"


def test_postgresql_without_its_driver_is_refused(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    given("postgres://tokens:secret@localhost/tokens")
    assert refused(READ["database"], "secret")


@pytest.mark.parametrize(
    ("scheme", "name"), [(scheme, name) for scheme, names in env.CACHE_PARAMETERS.items() for name in sorted(names)]
)
def test_redis_knows_each_parameter_that_is_taken(given: Given, scheme: str, name: str) -> None:
    example = {"ssl_cert_reqs": "required", "protocol": "2"}.get(name, "1")
    given(f"{scheme}://{'/run' if scheme == 'unix' else 'redis'}/1?{name}={example}")
    assert redis.ConnectionPool.from_url(READ["cache"]()["LOCATION"]).make_connection()


@pytest.mark.parametrize(
    ("value", "location"),
    [
        ("REDIS://localhost", "redis://localhost"),
        ("redis://:p%40ss@my_redis:6379/12", "redis://:p%40ss@my_redis:6379/12"),
        ("rediss://localhost/0?ssl_cert_reqs=required", "rediss://localhost/0?ssl_cert_reqs=required"),
        ("unix://me:secret@/run/redis.sock?db=2", "unix://me:secret@/run/redis.sock?db=2"),
    ],
)
def test_address_of_redis_is_passed_on(given: Given, value: str, location: str) -> None:
    given(value)
    assert READ["cache"]()["LOCATION"] == location


@pytest.mark.parametrize("folder", ["/srv/a#b", "/srv/100%41", "/srv/what?"])
def test_folder_of_mails_is_taken_as_it_is_where_none_is_given(given: Given, folder: str) -> None:
    given("")
    assert env.email("NAME", Path(folder))["EMAIL_FILE_PATH"] == folder


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_a_password_may_go_in_clear_to_this_machine(given: Given, host: str) -> None:
    given(f"smtp://me:secret@{host}:2525")
    assert READ["email"]()["EMAIL_HOST_PASSWORD"] == "secret"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("", ["x"]),
        ("Tokens.Example.COM", ["tokens.example.com"]),
        (".example.com, 127.0.0.1", [".example.com", "127.0.0.1"]),
        ("[::1], 2001:DB8:0::1", ["[::1]", "[2001:db8::1]"]),
    ],
)
def test_hosts_are_read_as_requests_give_them(given: Given, value: str, read: list[str]) -> None:
    given(value)
    assert env.hosts("NAME", ["x"]) == read


@pytest.mark.parametrize(
    "value",
    [
        *("https://tokens.example.com", "tokens.example.com:8000", "tokens.example.com/", "tokens.example.com/path"),
        *(
            "[::1]:8000",
            "[fe80::1%eth0]",
            "fe80::1%25eth0",
            "a b",
            "*",
            "*.example.com",
            "..example.com",
            ".",
            "me@tokens.example.com",
            "[tokens]",
            "a,b c",
        ),
        *("tokens.example.com;other.example.com", "a?b", "a#b", "300.1.1.1", "tökens.example.com"),
    ],
)
def test_what_no_request_gives_as_its_host_is_refused(given: Given, value: str) -> None:
    given(value)
    with pytest.raises(BadSetting, match=r"\ANAME: give (one e-mail address|host names) like .*\.\Z"):
        env.hosts("NAME", [])


@pytest.mark.parametrize(
    "value",
    ["", "tokens@example.com", "Tokens <tokens@example.com>", '"Tokens, Inc." <a+b@example.com>', "root@localhost"],
)
def test_sender_is_one_address(given: Given, value: str) -> None:
    given(value)
    assert env.sender("NAME", "default") == (value or "default")


@pytest.mark.parametrize(
    "value",
    [
        *("tokens", "@example.com", "tokens@", "a@b@c", "to kens@example.com", "a@example.com, b@example.com"),
        *("Tokens <tokens>", "Tokens, Inc. <a@example.com>", "tokens@exam ple.com", "a@-b", "<>", "a@b,", "mailto:a@b"),
    ],
)
def test_what_is_not_one_address_is_no_sender(given: Given, value: str) -> None:
    given(value)
    with pytest.raises(BadSetting, match=r"\ANAME: give (one e-mail address|host names) like .*\.\Z"):
        env.sender("NAME", "")
