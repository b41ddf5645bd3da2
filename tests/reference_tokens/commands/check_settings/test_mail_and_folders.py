"""RUN-8: mail servers and folders are tried, and nothing is sent or left behind."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.mail.backends.smtp import EmailBackend

from reference_tokens import settings_check
from tests.command_line import Runner
from tests.conftest import is_postgresql
from tests.postgresql import free_port
from tests.reference_tokens.commands.check_settings.checked_settings import found, one_line_of_complaint
from tests.smtp import mail_server, stored

pytestmark = pytest.mark.django_db


def use_mail_server(settings: Any, port: int) -> None:
    settings.EMAIL_BACKEND, settings.MAIL_FOLDER = f"{EmailBackend.__module__}.EmailBackend", ""
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


@pytest.mark.once
def test_a_mail_server_is_called_and_gets_no_mail(command: Runner, settings: Any, tmp_path: Path) -> None:
    port = free_port()
    use_mail_server(settings, port)
    with mail_server(port, tmp_path):
        assert found(command, "EMAIL_URL") == (True, f"127.0.0.1:{port} answered; nothing was sent")
    assert stored(tmp_path) == []


@pytest.mark.once
def test_a_mail_server_that_takes_no_password_does_not_work_and_it_is_not_told(
    command: Runner, settings: Any, tmp_path: Path
) -> None:
    port = free_port()
    use_mail_server(settings, port)
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "me", "hunter2"
    with mail_server(port, tmp_path):
        outcome = command("check_settings")
    assert one_line_of_complaint(outcome) == ["EMAIL_URL"]
    assert "hunter2" not in outcome.stdout


@pytest.mark.once
def test_a_mail_server_that_is_not_there_does_not_work(command: Runner, settings: Any) -> None:
    use_mail_server(settings, free_port())
    assert found(command, "EMAIL_URL") == (False, "does not work: [Errno 111] Connection refused")


@pytest.mark.once
def test_t36_what_another_program_says_is_told_without_the_secrets_in_it(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PASSWORD": "hunter2", "OPTIONS": {"sslpassword": "hunter5"}}.items():
        monkeypatch.setitem(settings.DATABASES["default"], name, value)
    settings.CACHES = {"default": {"BACKEND": "…", "LOCATION": "redis://:hunt%40er3@localhost"}}
    settings.EMAIL_HOST_PASSWORD = "hunter4"
    said = f"hunter5 hunter2 hunt%40er3 hunt@er3 hunter4 {settings.SECRET_KEY} {settings.TOKEN_HASH_KEYS[0]}"
    assert settings_check.without_secrets(said) == "… … … … … … …"


@pytest.mark.once
def test_a_folder_of_mails_takes_files_and_reaches_nobody(command: Runner, settings: Any, folder: Path) -> None:
    settings.MAIL_FOLDER = str(folder / "mail")
    works, text = found(command, "EMAIL_URL")
    assert works
    assert text.endswith(", and reach nobody")
    assert list(folder.iterdir()) == []
    (folder / "mail").touch()
    assert found(command, "EMAIL_URL")[0] is False


@pytest.mark.once
def test_a_data_folder_that_takes_no_files_does_not_work(command: Runner, settings: Any, folder: Path) -> None:
    folder.rmdir()
    folder.touch()
    assert found(command, "DATA_DIR")[0] is False


@pytest.mark.once
@pytest.mark.parametrize("mode", [0o755, 0o710, 0o701])
def test_a_data_folder_that_others_look_into_does_not_work(command: Runner, folder: Path, mode: int) -> None:
    folder.chmod(mode)
    works, text = found(command, "DATA_DIR")
    assert not works
    assert f"has the mode {mode:o}: others on this machine can look into it (chmod 700)" in text


@pytest.mark.once
def test_a_full_disk_does_not_work(command: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=99_999_999))
    works, text = found(command, "DATA_DIR")
    assert not works
    assert text.endswith("has 99 MB left")


def test_run8_every_folder_that_something_grows_in_takes_files_and_has_room(
    command: Runner, settings: Any, tmp_path: Path
) -> None:
    assert found(command, "disk")[1].startswith("no file grows" if is_postgresql() else "free in ")
    settings.AUDIT_ANCHOR, settings.AUDIT_STREAM = str(tmp_path / "anchors"), "-"
    works, text = found(command, "disk")
    assert works
    assert f"{tmp_path}: " in text
    (tmp_path / "file").touch()
    settings.AUDIT_ANCHOR = str(tmp_path / "file" / "anchors")
    assert found(command, "disk")[0] is False


def test_run4_a_data_folder_that_is_not_needed_is_not_tried(command: Runner, settings: Any, folder: Path) -> None:
    folder.rmdir()
    folder.touch()
    expected = (True, "not needed with PostgreSQL and a mail server") if is_postgresql() else (False, "does not work: ")
    works, text = found(command, "DATA_DIR")
    assert works is expected[0]
    assert text.startswith(expected[1])
    settings.MAIL_FOLDER = str(folder / "mail")
    assert found(command, "DATA_DIR")[0] is False


@pytest.mark.once
def test_a_folder_that_is_yet_to_be_made_is_not_left_behind(command: Runner, settings: Any, folder: Path) -> None:
    folder.rmdir()
    folder.parent.chmod(0o755)
    settings.MAIL_FOLDER = str(folder / "mail")
    assert (found(command, "DATA_DIR")[0], found(command, "EMAIL_URL")[0]) == (True, True)
    assert list(folder.parent.iterdir()) == []


@pytest.mark.once
def test_it_says_whether_static_files_are_collected(command: Runner, settings: Any) -> None:
    assert found(command, "static files") == (True, f"collected in {settings.STATIC_ROOT}")
    settings.STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    assert found(command, "static files")[1].startswith("not collected: ")


def test_aud3_where_the_audit_log_is_sent_is_tried_and_nothing_is_written(
    command: Runner, settings: Any, tmp_path: Path
) -> None:
    file = tmp_path / "audit.jsonl"
    settings.AUDIT_STREAM = str(file)
    assert found(command, "AUDIT_STREAM") == (True, f"{file}: takes lines, as jsonl, entries that wait: 0")
    assert not file.exists()
    settings.AUDIT_STREAM = str(tmp_path / "missing" / "audit.jsonl")
    assert found(command, "AUDIT_STREAM")[0] is False
    settings.AUDIT_STREAM, settings.AUDIT_STREAM_FORMAT = "-", "ocsf"
    assert found(command, "AUDIT_STREAM") == (True, "standard output, as ocsf, entries that wait: 0")
    settings.AUDIT_STREAM = "syslog://127.0.0.1"
    assert found(command, "AUDIT_STREAM")[1].startswith("syslog://127.0.0.1 can be reached, as ocsf")


def test_aud2_where_the_audit_log_is_anchored_is_tried_and_nothing_is_written(
    command: Runner, settings: Any, tmp_path: Path
) -> None:
    file = tmp_path / "anchors"
    settings.AUDIT_ANCHOR = str(file)
    assert found(command, "AUDIT_ANCHOR") == (True, f"{file}: takes lines, anchors in it: 0")
    assert not file.exists()
    file.touch()
    assert found(command, "AUDIT_ANCHOR") == (True, f"{file}: takes lines, anchors in it: 0")
    settings.AUDIT_ANCHOR = str(tmp_path / "missing" / "anchors")
    assert found(command, "AUDIT_ANCHOR")[0] is False
    settings.AUDIT_ANCHOR = "syslog://127.0.0.1"
    assert found(command, "AUDIT_ANCHOR") == (True, "syslog://127.0.0.1 can be reached")
