"""Settings that name a place: an origin, a host, an issuer, a sender."""

from __future__ import annotations

import pytest

from tests.tokens_project.environment.reading_settings import Given
from tokens_project import environment as env
from tokens_project.environment import BadSetting

pytestmark = pytest.mark.once


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


@pytest.mark.parametrize("value", ["https://api.example.com/keys?kind=a", "http://localhost:8080/keys", ""])
def test_an_address_that_is_believed_is_read_as_it_is_given(given: Given, value: str) -> None:
    given(value)
    assert env.https_address("NAME") == value


@pytest.mark.parametrize(
    "value", ["http://api.example.com/keys", "https://a.example/#b", "https://a:b@c.example", "keys"]
)
def test_an_address_of_which_anybody_could_answer_is_refused(given: Given, value: str) -> None:
    given(value)
    with pytest.raises(BadSetting, match=r"^NAME: "):
        env.https_address("NAME")


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
