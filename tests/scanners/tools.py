"""The scanners, each as a stranger runs it: what it is given, and how much of what it says is a finding."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests import programs
from tests.scanners.instance import ORIGIN, Instance
from tests.site_proxies import HOST

# Of the sites and of the management API: every list with all that it reads from an address.
LISTS = {
    "person": ("/profile/security/tokens/?q=a&state=live&sort=name&page=1&application=a",),
    "administrator": (
        "/manage/security/tokens/?q=a&state=live&sort=name&page=1&kind=pat&application=a&holder=a",
        "/manage/security/audit-log/?q=a&action=a&person=a&application=a&since=2026-01-01&page=1",
        "/manage/users/?q=a&kind=a&state=a&sort=name&page=1",
        "/manage/security/trusted-apps/?q=a&state=a&sort=name&page=1",
        "/manage/choices/owners/?owners_search=a&owners=1",
    ),
    "program": (
        "/api/v1/tokens?q=a&state=live&sort=name&limit=5&cursor=a&application=a",
        "/api/v1/users?q=a&kind=a&state=a&limit=5&cursor=a",
        "/api/v1/applications?q=a&limit=5&cursor=a",
        "/api/v1/audit-events?q=a&action=a&actor=a&limit=5&cursor=a",
        "/api/v1/groups?q=a&limit=5&cursor=a",
        "/api/token?fields=a",
    ),
}
STRANGER = ("/accounts/login/?next=/profile/", "/leaks/lookup?prefixes=a", "/api/v1/openapi.json?a=1")


INJECTABLE = re.compile(r"^.*(?:is vulnerable|appears to be '.*' injectable|identified the following).*$", re.MULTILINE)


class Visitor(NamedTuple):
    """As whom a scanner asks: by the header that it sends with each request."""

    name: str
    header: tuple[str, str] | None = None


Scan = Callable[[Instance, Visitor, Path, int], list[str]]


def run(command: Sequence[str | Path], folder: Path, seconds: int, **environment: str) -> str:
    """What a scanner prints, which is ended where it takes longer; its folder is its home."""
    log = folder / "printed"
    env = {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin", "HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as lines:
        process = subprocess.Popen(
            command, cwd=folder, env={**env, **environment}, stdin=subprocess.DEVNULL, stdout=lines, stderr=lines
        )
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait(timeout=60)
    return log.read_text(errors="replace")


def observatory(instance: Instance, visitor: Visitor, folder: Path, seconds: int) -> list[str]:
    """MDN HTTP Observatory: the grade, and a line for each test that fails.

    Installed without a way to Chromium's list of preloaded hosts, it lacks conf/hsts-preload.json, which may hold `{}`.
    """
    program = programs.found("mdn-http-observatory-scan")
    assert program
    # The wrapper beside it replaces the authorities of Node.
    scan = program.resolve().parent.parent / "src" / "scan.js"
    printed = run(["node", scan, HOST], folder, seconds, NODE_EXTRA_CA_CERTS=str(instance.certificate))
    document = json.loads(printed[printed.find("{") :] or "{}")
    if "tests" not in document:
        return [f"no grade: {printed}"]
    failed = [f"{name}: {test['result']}" for name, test in document["tests"].items() if not test["pass"]]
    return [f"grade {document['scan']['grade']}, score {document['scan']['score']}", *failed]


def wapiti(instance: Instance, visitor: Visitor, folder: Path, seconds: int) -> list[str]:
    """Wapiti: its common modules, over what it finds by itself in a third of the time."""
    report = folder / "report.json"
    header = ["-H", ": ".join(visitor.header)] if visitor.header else []
    starts = [word for path in starts_of(visitor) for word in ("-s", ORIGIN + path)]
    bounds = ["--max-scan-time", str(seconds // 3), "--max-attack-time", str(max(1, seconds // 40))]
    options = ["--scope", "domain", "--no-bugreport", "-v", "0", "--store-session", str(folder)]
    command = ["wapiti", "-u", f"{ORIGIN}/", *starts, *header, *bounds, *options]
    run([*command, "-f", "json", "-o", report], folder, seconds)
    if not report.exists():
        return ["no report: it was ended before"]
    document = json.loads(report.read_text())
    kinds = (document["vulnerabilities"], document["anomalies"], document.get("additionals", {}))
    return [
        f"{name}: {found['method']} {found['path']} {found['info']}".replace("\n", " ")
        for kind in kinds
        for name, many in kind.items()
        for found in many
    ]


def sqlmap(instance: Instance, visitor: Visitor, folder: Path, seconds: int) -> list[str]:
    """sqlmap: each parameter of each list, and the forms of the sign-in."""
    targets = folder / "targets"
    targets.write_text("".join(f"{ORIGIN}{path}\n" for path in starts_of(visitor)))
    header = ["--headers", ": ".join(visitor.header)] if visitor.header else ["--forms", "--crawl", "2"]
    options = ["--batch", "--level", "3", "--risk", "2", "--disable-coloring", "--dbms", "PostgreSQL"]
    bounds = ["--technique", "BEUSQ", "--timeout", "20", "--retries", "1", "--output-dir", str(folder)]
    ignored = ["--ignore-code", "401", "--skip-waf", "--answers", "sitemap=N,crawling=Y"]
    printed = run(["sqlmap", "-m", str(targets), *header, *options, *bounds, *ignored], folder, seconds)
    tested = len(re.findall(r"testing if .* parameter '", printed))
    found = INJECTABLE.findall(printed)
    return [*dict.fromkeys(found), f"{tested} parameters were tried"]


def nikto(instance: Instance, visitor: Visitor, folder: Path, seconds: int) -> list[str]:
    """Nikto: its whole list."""
    header = ["-Add-header", ": ".join(visitor.header)] if visitor.header else []
    options = ["-nointeractive", "-nocheck", "-ask", "no", "-maxtime", f"{max(30, seconds - 20)}s"]
    program = programs.found("nikto")
    assert program
    printed = run([program, "-host", ORIGIN, *header, *options], folder, seconds)
    return re.findall(r"^\+ (?:\[\d+\] )?(/.*)$", printed, re.MULTILINE)


def testssl(instance: Instance, visitor: Visitor, folder: Path, seconds: int) -> list[str]:
    """testssl.sh: what it holds to be worse than "OK" or "INFO", and the grade where it gives one."""
    report = folder / "report.json"
    checks = ["--protocols", "--std", "--pfs", "--server-defaults", "--server-preference", "--headers", "--vulnerable"]
    options = [*checks, "--nodns", "none", "--warnings", "off", "--color", "0", "--add-ca", str(instance.certificate)]
    program = programs.found("testssl") or programs.found("testssl.sh")
    assert program
    port = visitor.name.partition(":")[2] or "443"
    run([program, *options, "--ip", "127.0.0.1", "--jsonfile", str(report), f"https://{HOST}:{port}/"], folder, seconds)
    entries = json.loads(report.read_text())
    return [
        f"{entry['id']} ({entry['severity']}): {entry['finding']}"
        for entry in entries
        if entry["severity"] not in {"OK", "INFO"} or entry["id"] == "overall_grade"
    ]


def starts_of(visitor: Visitor) -> tuple[str, ...]:
    """Where this visitor's scanners begin, beside the first page."""
    return LISTS.get(visitor.name, STRANGER)


SCANNERS: dict[str, tuple[Scan, tuple[str, ...], tuple[str, ...]]] = {
    "observatory": (observatory, ("mdn-http-observatory-scan",), ("stranger",)),
    "testssl": (testssl, ("testssl", "testssl.sh"), ("nginx", "caddy", "haproxy", "apache")),
    "nikto": (nikto, ("nikto",), ("stranger", "person", "administrator")),
    "wapiti": (wapiti, ("wapiti",), ("stranger", "person", "administrator", "program")),
    "sqlmap": (sqlmap, ("sqlmap",), ("stranger", "person", "administrator", "program")),
}
