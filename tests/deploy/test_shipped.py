"""What is shipped fits together: one bot, its nodes, its variables, its bus and its figures, by the same names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from engine.runtime.config import BotConfig, bot_config
from engine.runtime.real.keys import secret_names
from tests.engine.runtime.health_stage import NODES, HealthStage

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
FIGURES = re.compile(r"stormproof_[a-z_]+")
PIN = re.compile(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE | re.IGNORECASE)


def read(path: str) -> Any:
    return YAML(typ="safe").load((DEPLOY / path).read_text(encoding="utf-8"))


def every(path: str) -> list[Any]:
    return list(YAML(typ="safe").load_all((DEPLOY / path).read_text(encoding="utf-8")))


def bot() -> BotConfig:
    return bot_config(read("bot.yaml"))


def of_kind(kind: str) -> list[Any]:
    found = [one for path in ("namespace", "nats", "nodes") for one in every(f"kubernetes/{path}.yaml")]
    return [one for one in found if one["kind"] == kind]


def test_the_bot_loses_any_one_zone_and_its_bus_any_one_server() -> None:
    config = bot()

    assert len(config.bus.url) == config.bus.replicas == 3
    for lost in ("a", "b", "c"):
        left = {part for node in config.nodes.values() if node.zone != lost for part in node.runs}
        assert {"feed", "signal", "execution", "monitor"} <= left


def test_every_node_is_started_by_kubernetes_and_by_compose_under_its_name() -> None:
    nodes = tuple(bot().nodes)
    services = read("compose/compose.yaml")["services"]
    sets = {one["metadata"]["name"]: one["spec"] for one in of_kind("StatefulSet")}

    assert set(services) == {*nodes, "nats-0", "nats-1", "nats-2"}
    assert set(sets) == {*nodes, "nats"}
    for name in nodes:
        pod = sets[name]["template"]["spec"]
        zone = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        assert zone["nodeSelectorTerms"][0]["matchExpressions"][0]["values"] == [bot().nodes[name].zone]
        assert sets[name]["replicas"] == 1, "two of one name would share a journal"
        assert pod["containers"][0]["args"][:2] == ["node", name]
        assert services[name]["command"][:2] == ["node", name]


def test_the_bus_is_three_servers_that_ask_for_a_token_and_sync_what_they_confirm() -> None:
    conf = (DEPLOY / "nats" / "nats.conf").read_text(encoding="utf-8")
    servers = next(one["spec"] for one in of_kind("StatefulSet") if one["metadata"]["name"] == "nats")
    peers = {
        setting["name"]: setting.get("value", "") for setting in servers["template"]["spec"]["containers"][0]["env"]
    }

    assert "sync_interval: always" in conf
    assert "authorization: { token: $NATS_TOKEN }" in conf
    assert servers["replicas"] == 3
    assert servers["template"]["spec"]["topologySpreadConstraints"][0]["whenUnsatisfiable"] == "DoNotSchedule"
    assert [f"nats://{peer.replace(':6222', ':4222')}" for peer in peers["NATS_PEERS"].split()] == list(bot().bus.url)
    services = read("compose/compose.yaml")["services"]
    aliases = [services[f"nats-{n}"]["networks"]["bus"]["aliases"][0] for n in range(3)]
    assert [f"nats://{alias}:4222" for alias in aliases] == list(bot().bus.url)


def test_nothing_is_root_writes_its_image_or_is_reached_from_outside() -> None:
    for one in of_kind("StatefulSet"):
        pod = one["spec"]["template"]["spec"]
        container = pod["containers"][0]
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]
        assert {"livenessProbe", "readinessProbe", "startupProbe"} <= set(container)
        assert not container["image"].endswith(":latest")
    assert of_kind("NetworkPolicy")[0]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    for service in read("compose/compose.yaml")["services"].values():
        assert "ports" not in service
        assert service["read_only"]
        assert service["healthcheck"]


def test_no_secret_is_written_down_and_every_name_of_one_is_told() -> None:
    readme = (DEPLOY / "README.md").read_text(encoding="utf-8")
    told = (DEPLOY / "keys.example").read_text(encoding="utf-8")

    names = set(secret_names(bot()))
    assert {"BINANCE_KEY", "NATS_TOKEN", "HEALTH_TOKEN", "HISTORY_URL"} <= names
    assert set(re.findall(r"^([A-Z_]+)=", told, re.MULTILINE)) == names | {"STORMPROOF_LIVE"}
    assert re.findall(r"^[A-Z_]+=(.+)$", told, re.MULTILINE) == []
    assert "keys.example" in readme


def test_every_alert_has_a_runbook_and_asks_for_figures_that_are_told() -> None:
    stage = HealthStage()
    stage.boot(*NODES)
    stage.run(20)
    stage.decide("0.02", 1)
    stage.run(200)
    told = {name for node in NODES for name in FIGURES.findall(stage.ask(node, "/metrics")[1])}
    stage.world.close()

    rules = [rule for group in read("prometheus/rules.yaml")["groups"] for rule in group["rules"]]
    assert len(rules) >= 15
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert set(FIGURES.findall(rule["expr"])) <= told, rule["alert"]
        assert "stormproof_" in rule["expr"] or rule["expr"].startswith("up{"), rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"]
        assert (ROOT / rule["annotations"]["runbook"]).is_file(), rule["alert"]


def test_the_image_installs_by_hash_what_the_lock_of_the_project_names() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    installs = [line for line in dockerfile.splitlines() if "pip install" in line]
    project = dict(PIN.findall((ROOT / "requirements.lock").read_text(encoding="utf-8")))
    image = dict(PIN.findall((DEPLOY / "requirements.lock").read_text(encoding="utf-8")))

    assert len(installs) == 2
    assert "--require-hashes -r deploy/requirements.lock" in installs[0]
    assert "--no-deps" in installs[1]
    assert len(image) > 50
    assert {name: project.get(name) for name in image} == image
    assert {"nats-py", "prometheus-client", "psycopg", "ccxt"} <= set(image)
    assert not {"pytest", "jupyterlab", "toxiproxy-python"} & set(image)
