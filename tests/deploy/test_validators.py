"""What is shipped passes the validators of the tools that will read it, where these tools are; in CI none may lack."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.real.presence import needed

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
JUDGES = ROOT / ".venv" / "judges" / "bin"
JUDGE_S_MAX = 60
PROGRAMS = ("/opt/stormproof/bin/stormproof", "/opt/stormproof/nats/with-routes")
"""What the units start, which is not on this machine."""
BUS = {"SERVER_NAME": "nats-0", "NATS_TOKEN": "t0ken", "NATS_PEERS": "nats-0.nats:6222 nats-1.nats:6222"}


def judge(name: str) -> str | None:
    """Return where a tool is."""
    return shutil.which(name, path=f"{JUDGES}:{os.environ.get('PATH', '')}")


def judged(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=JUDGE_S_MAX,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )


def units_at(folder: Path, *, broken: str = "") -> list[Path]:
    """Copy the units, so that they start a program that this machine has."""
    copies = []
    for unit in sorted((DEPLOY / "systemd").iterdir()):
        text = unit.read_text(encoding="utf-8")
        for program in PROGRAMS:
            text = text.replace(program, "/bin/true")
        copy = folder / unit.name
        copy.write_text(text + broken, encoding="utf-8")
        copies.append(copy)
    return copies


def test_systemd_takes_the_units_and_finds_a_planted_mistake(tmp_path: Path) -> None:
    verify = needed(judge("systemd-analyze"), "systemd-analyze", "apt-get install systemd")
    units = units_at(tmp_path)

    done = judged(verify, "verify", *units)

    assert len(units) == 3
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    planted = judged(verify, "verify", *units_at(tmp_path, broken="[Service]\nNoSuchKey=1\n"))
    assert "NoSuchKey" in planted.stderr


def test_kubernetes_takes_the_manifests_and_finds_a_planted_mistake(tmp_path: Path) -> None:
    validate = needed(judge("kubernetes-validate"), "kubernetes-validate", "make judges")
    manifests = sorted((DEPLOY / "kubernetes").glob("*.yaml"))

    done = judged(validate, "--strict", *manifests)

    assert len(manifests) == 3
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout + done.stderr).count("passed") == 12
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(manifests[1].read_text(encoding="utf-8").replace("replicas: 3", "replica: 3"), encoding="utf-8")
    assert judged(validate, "--strict", wrong).returncode != 0


def test_nats_takes_its_configuration_and_finds_a_planted_mistake(tmp_path: Path) -> None:
    server = needed(judge("nats-server"), "nats-server", "make servers")
    starts = tmp_path / "with-routes"
    text = (DEPLOY / "nats" / "with-routes").read_text(encoding="utf-8")
    starts.write_text(text.replace("--config", "-t --config"), encoding="utf-8")
    environment = {**BUS, "NATS_STORE": str(tmp_path), "NATS_SERVER": server}

    done = judged("sh", starts, DEPLOY / "nats" / "nats.conf", **environment)

    assert "-t --config" in starts.read_text(encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "is valid" in done.stderr
    wrong = tmp_path / "wrong.conf"
    conf = (DEPLOY / "nats" / "nats.conf").read_text(encoding="utf-8")
    wrong.write_text(conf.replace("sync_interval: always", "sync_intervall: always"), encoding="utf-8")
    assert judged("sh", starts, wrong, **environment).returncode != 0


def test_prometheus_takes_the_rules_where_its_tool_is() -> None:
    promtool = judge("promtool")
    if promtool is None:
        pytest.skip("promtool is not on this machine; test_shipped reads the rules instead")

    done = judged(promtool, "check", "rules", DEPLOY / "prometheus" / "rules.yaml")

    assert done.returncode == 0, done.stdout + done.stderr


def test_compose_takes_its_file_where_it_is(tmp_path: Path) -> None:
    docker = judge("docker")
    if docker is None or judged(docker, "compose", "version").returncode != 0:
        pytest.skip("docker compose is not on this machine; test_shipped reads the file instead")
    folder = shutil.copytree(DEPLOY, tmp_path / "deploy") / "compose"
    (folder / "secrets").mkdir()
    for name in ("node.env", "nats.env"):
        (folder / "secrets" / name).touch()

    done = judged(docker, "compose", "--file", folder / "compose.yaml", "config", "--quiet")

    assert done.returncode == 0, done.stdout + done.stderr
