"""The files of deploy/container and deploy/kubernetes, held to their form, each other and the service (RUN-4)."""

from __future__ import annotations

import re
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import programs
from tests.command_line import BASE_DIR, manage
from tests.image.containerfile import stages_of
from tests.test_documentation import settings_read
from tokens_project import VERSION

pytestmark = pytest.mark.once

CONTAINER = BASE_DIR / "deploy" / "container"
MANIFESTS = sorted((BASE_DIR / "deploy" / "kubernetes").glob("*.yaml"))
STAGES = stages_of(CONTAINER / "Containerfile")
SECRETS = {"SECRET_KEY", "TOKEN_HASH_KEYS", "DATABASE_URL", "CACHE_URL", "EMAIL_URL"}
NEEDED = {"BASE_URL", "TRUSTED_PROXY_COUNT"}
NAME, COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"


def read(file: Path) -> dict[str, Any]:
    """The one document of a YAML file."""
    document: dict[str, Any] = yaml.safe_load(file.read_text())
    return document


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return read(CONTAINER / "compose.yaml")


@pytest.fixture(scope="module")
def manifests() -> dict[str, dict[str, Any]]:
    """The manifests by kind."""
    documents = map(read, MANIFESTS)
    return {document["kind"]: document for document in documents}


def pod_of(manifest: dict[str, Any]) -> dict[str, Any]:
    pod: dict[str, Any] = manifest["spec"]["template"]["spec"]
    return pod


# --- The image ---
def test_run4_the_image_runs_as_a_user_without_rights_and_takes_no_shell() -> None:
    last = STAGES[-1]
    assert last.last("USER").text == "10001:10001"
    for name in ("ENTRYPOINT", "CMD"):
        assert last.last(name).text.startswith("[")
    assert last.healthcheck()[0].startswith("/opt/reference-tokens/bin/")
    assert [step.text for step in last.steps if step.name == "RUN" and "apt-get" in step.text] == []


def test_run4_the_image_installs_what_the_lock_file_pins_and_the_wheel() -> None:
    (installs,) = (step.text for stage in STAGES for step in stage.steps if "pip install" in step.text)
    assert "--require-hashes -r /build/postgresql.txt" in installs
    assert "--no-deps /build/*.whl" in installs
    assert "http" not in "".join(step.text for stage in STAGES for step in stage.steps if step.name == "RUN")


def test_run4_the_image_knows_its_version_and_settings() -> None:
    labels = [step.words for step in STAGES[-1].steps if step.name == "LABEL"]
    assert f"org.opencontainers.image.version={VERSION}" in labels[0]
    assert STAGES[-1].environment().keys() - {"PATH"} <= settings_read().keys()


# --- Compose ---
def test_run4_compose_gives_the_service_no_rights_and_a_read_only_root(compose: dict[str, Any]) -> None:
    for name in ("service", "migrate"):
        one = compose["services"][name]
        assert (one["read_only"], one["cap_drop"], one["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
        assert one["image"].endswith(f":{VERSION}")
        assert "ports" not in one


def test_run4_compose_asks_the_service_as_the_image_does(compose: dict[str, Any]) -> None:
    assert compose["services"]["service"]["healthcheck"]["test"] == ["CMD", *STAGES[-1].healthcheck()]
    assert "healthcheck" not in compose["services"]["migrate"]


def test_run4_the_engine_gets_what_the_image_is_made_of_and_no_keys() -> None:
    copies = [step.words for stage in STAGES for step in stage.steps if step.name == "COPY"]
    taken = {place for words in copies if not words[0].startswith("--from=") for place in words[:-1]}
    kept = [line for line in (BASE_DIR / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert kept == ["*", *sorted(f"!{place}" for place in taken)]
    assert "/deploy/container/.env" in (BASE_DIR / ".gitignore").read_text().splitlines()


def test_run4_compose_lets_nobody_but_the_service_reach_the_database(compose: dict[str, Any]) -> None:
    inside = {name for name, one in compose["services"].items() if "inside" in one["networks"]}
    assert (inside, compose["networks"]["inside"]) == ({"database", "cache", "service", "migrate"}, {"internal": True})
    assert [name for name, one in compose["services"].items() if "ports" in one] == ["proxy"]


def test_run4_the_service_starts_with_the_settings_of_compose(compose: dict[str, Any], tmp_path: Path) -> None:
    given = {"SERVER_NAME": "tokens.example.com", "DATABASE_PASSWORD": "d" * 40}
    given |= {"SECRET_KEY": "secret" * 10 + "0123456789", "TOKEN_HASH_KEYS": "0123456789abcdefghijklmnopqrstuvwxyz"}
    settings = {
        name: re.sub(r"\$\{(\w+)[^}]*\}", lambda named: given.get(named[1], ""), str(value))
        for name, value in compose["services"]["service"]["environment"].items()
    }
    assert settings.keys() <= settings_read().keys()
    assert manage("check", "--deploy", "--fail-level", "WARNING", DATA_DIR=str(tmp_path), **settings).status == 0
    documented = re.findall(r"^([A-Z_]+)=", (BASE_DIR / "docs" / "containers.md").read_text(), re.MULTILINE)
    assert {*documented} == {*given, "EMAIL_URL"}


def test_run4_caddy_takes_the_file_of_compose(tmp_path: Path) -> None:
    caddy = programs.caddy_of_today()
    if caddy is None:
        pytest.skip("Caddy is not installed")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "SERVER_NAME": "tokens.example.com"}
    command = [str(caddy), "validate", "--adapter", "caddyfile", "--config", str(CONTAINER / "Caddyfile")]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, "Valid configuration" in ended.stdout) == (0, True), ended.stderr


# --- Kubernetes ---
@pytest.mark.parametrize("version", ["1.28", "1.37"])
@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.name)
def test_run4_each_manifest_is_what_kubernetes_takes_and_nothing_else(manifest: Path, version: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import kubernetes_validate  # noqa: PLC0415 - it warns as it is imported

        kubernetes_validate.validate(read(manifest), version, strict=True)


def test_run4_every_manifest_is_there(manifests: dict[str, dict[str, Any]]) -> None:
    assert manifests.keys() == {"ConfigMap", "Deployment", "Ingress", "Job", "PodDisruptionBudget", "Service"}
    assert {one["metadata"]["labels"][NAME] for one in manifests.values()} == {"reference-tokens"}


@pytest.mark.parametrize("kind", ["Deployment", "Job"])
def test_run4_a_pod_has_no_rights_and_a_read_only_root(manifests: dict[str, dict[str, Any]], kind: str) -> None:
    pod = pod_of(manifests[kind])
    (container,) = pod["containers"]
    user, group = map(int, STAGES[-1].last("USER").text.split(":"))
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]) == (user, group)
    assert (pod["securityContext"]["runAsNonRoot"], pod["automountServiceAccountToken"]) == (True, False)
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["image"].endswith(f":{VERSION}")


def test_run4_settings_and_secrets_are_references(manifests: dict[str, dict[str, Any]]) -> None:
    name = manifests["ConfigMap"]["metadata"]["name"]
    for kind in ("Deployment", "Job"):
        (container,) = pod_of(manifests[kind])["containers"]
        assert container["envFrom"] == [{"configMapRef": {"name": name}}, {"secretRef": {"name": name}}]
        assert "env" not in container
    given = manifests["ConfigMap"]["data"].keys()
    assert NEEDED <= given <= settings_read().keys() - SECRETS
    guide = (BASE_DIR / "docs" / "containers.md").read_text()
    assert set(re.findall(r"--from-literal=(\w+)=", guide)) == SECRETS <= settings_read().keys()


def test_run4_the_balancers_find_the_pods_and_probes_ask_what_they_should(manifests: dict[str, dict[str, Any]]) -> None:
    deployment = manifests["Deployment"]["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert manifests["Service"]["spec"]["selector"] == deployment["selector"]["matchLabels"] == labels
    assert manifests["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    # The Service leads to no pod of the Job.
    assert manifests["Job"]["spec"]["template"]["metadata"]["labels"][COMPONENT] != labels[COMPONENT]
    (container,) = pod_of(manifests["Deployment"])["containers"]
    paths = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("liveness", "readiness", "startup")}
    assert paths == {"liveness": "/healthz", "readiness": "/readyz", "startup": "/healthz"}
    assert container["ports"][0]["containerPort"] == int(STAGES[-1].environment()["PORT"])
    assert manifests["Service"]["spec"]["ports"][0]["targetPort"] == container["ports"][0]["name"]


def test_run7_a_release_takes_no_pod_away_before_another_one_serves(manifests: dict[str, dict[str, Any]]) -> None:
    deployment = manifests["Deployment"]["spec"]
    assert deployment["replicas"] > manifests["PodDisruptionBudget"]["spec"]["minAvailable"] >= 1
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    # Ten seconds until no balancer sends any more, and thirty for what is being answered.
    assert pod_of(manifests["Deployment"])["terminationGracePeriodSeconds"] > 40
