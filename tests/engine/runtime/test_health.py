"""Whoever asks from outside is told whether a node could work, and more than a word only with the token."""

import pytest

from engine.runtime.config import bot_config
from engine.runtime.mistakes import ConfigRefused
from engine.runtime.node import check_node, check_secrets
from tests.engine.runtime.health_stage import NODES, HealthStage
from tests.engine.runtime.stage import BOT


def test_a_node_is_ready_once_it_was_heard_and_somebody_leads_and_a_standby_is_too() -> None:
    stage = HealthStage()
    stage.boot(*NODES)
    stage.world.crash("bus")

    stage.run(5)
    before = stage.wants("exec-a")
    stage.world.reboot("bus")
    stage.run(60)

    assert {"bus", "lease"} <= set(before)
    assert {node: stage.ask(node)[0] for node in NODES} == dict.fromkeys(NODES, 200)
    assert [check["name"] for check in stage.ask("exec-b")[1]["checks"]] == ["execution", "bus", "lease"]
    stage.world.close()


def test_a_feed_without_prices_is_not_ready_and_says_of_what() -> None:
    stage = HealthStage()
    stage.boot(*NODES)
    stage.run(30)

    stage.quoting = False
    stage.world.crash("binance")
    stage.run(60)

    assert stage.wants("feed-a") == ["ingestion"]
    assert stage.ask("feed-a", token=None) == (503, "not ready\n")
    assert stage.ask("feed-a", "/live", token=None) == (200, "live\n")
    stage.world.close()


def test_without_the_bus_nobody_is_ready_and_everybody_lives() -> None:
    stage = HealthStage()
    stage.boot(*NODES)
    stage.run(30)

    stage.world.crash("bus")
    stage.run(60)

    assert "bus" in stage.wants("feed-a")
    assert {"bus", "lease"} <= set(stage.wants("exec-b"))
    assert stage.ask("exec-a", "/live")[0] == 200
    stage.world.close()


def test_who_has_no_token_or_a_wrong_one_is_told_the_bare_word() -> None:
    stage = HealthStage()
    stage.boot(*NODES)
    stage.run(30)

    assert stage.ask("exec-a", token=None) == (200, "ready\n")
    assert stage.ask("exec-a", token="another token") == (200, "ready\n")
    stage.world.close()


def test_a_port_for_a_node_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigRefused) as refused:
        bot_config({**BOT, "health": {"token_env": "HEALTH", "ports": {"exec-z": 9000}}})

    assert [mistake.path for mistake in refused.value.mistakes] == [("health", "ports", "exec-z")]


def test_more_copies_of_a_message_than_the_bus_has_servers_are_refused() -> None:
    with pytest.raises(ConfigRefused) as refused:
        bot_config({**BOT, "bus": {"url": "nats://one:4222", "replicas": 3}})

    assert [mistake.path for mistake in refused.value.mistakes] == [("bus", "replicas")]


def test_a_node_without_its_token_is_refused_and_a_kill_does_not_ask_for_it() -> None:
    stage = HealthStage()
    del stage.secrets["HEALTH"]
    host = stage.world.host("exec-a")

    with pytest.raises(ConfigRefused, match="HEALTH"):
        check_node("exec-a", stage.config, stage.surroundings(host))
    check_secrets(("execution",), stage.config, stage.surroundings(host).secrets)
    stage.world.close()
