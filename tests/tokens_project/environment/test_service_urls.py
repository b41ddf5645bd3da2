"""The URL of another service, of which one part cannot work."""

from __future__ import annotations

import pytest

from tests.tokens_project.environment.reading_settings import READ, Given
from tokens_project.environment import BadSetting

pytestmark = pytest.mark.once


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
