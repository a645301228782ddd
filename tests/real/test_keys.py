"""Secrets of a process: where they are looked for, who may read them, and that no text that leaves holds one."""

from __future__ import annotations

import base64
import io
import json
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from engine.runtime.config import bot_config
from engine.runtime.mistakes import ConfigRefused
from engine.runtime.real.keys import Secrets, ask_system_keyring, find_secrets, own_name, read_key_file, secret_names
from tests.engine.runtime.test_config import GOOD, changed, mistakes

PEM = (
    "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIBqkzzzzsecretlineone1\nAwEHoUQDQgAEsecretlinetwo22\n"
    "-----END EC PRIVATE KEY-----\n"
)
PLANTED = {
    "BINANCE_KEY": "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
    "BINANCE_SECRET": "NhqPt/mAm7+jP4uxw91==",
    "KRAKEN_SECRET": 'a "quoted"\\ secret',
    "COINBASE_SECRET": PEM,
    "CHAT_URL": "https://hooks.example.com/services/T0000/B0000/abcdefghijkl",
}


def file_of(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "keys.env"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def refused(**found: Any) -> str:
    with pytest.raises(ConfigRefused) as refusal:
        find_secrets(bot_config(GOOD), **{"who": "core-a", "environment": {}, **found})
    return str(refusal.value)


def test_every_key_of_the_configuration_that_names_a_secret_is_known() -> None:
    config = bot_config(changed(pager__webhook_url_env="CHAT_URL"))

    assert secret_names(config) == {
        "BINANCE_KEY": "venues.binance.key_env",
        "BINANCE_SECRET": "venues.binance.secret_env",
        "KRAKEN_KEY": "venues.kraken.key_env",
        "KRAKEN_SECRET": "venues.kraken.secret_env",
        "PAGERDUTY_KEY": "pager.routing_key_env",
        "CHAT_URL": "pager.webhook_url_env",
    }


def test_the_file_goes_before_the_environment_and_the_keyring_comes_last(tmp_path: Path) -> None:
    file = file_of(tmp_path, "# keys of core-a\nBINANCE_KEY='from file'\n\nexport BINANCE_SECRET=from-file=\n")
    environment = {"BINANCE_KEY": "from environment", "KRAKEN_KEY": "from environment", "HOME": "not asked for"}
    asked: list[tuple[str, str]] = []

    def ask(service: str, name: str) -> str | None:
        asked.append((service, name))
        return "from keyring" if name == "KRAKEN_SECRET" else None

    secrets = find_secrets(bot_config(GOOD), who="core-a", environment=environment, file=file, ask=ask)

    assert dict(secrets) == {
        "BINANCE_KEY": "from file",
        "BINANCE_SECRET": "from-file=",
        "KRAKEN_KEY": "from environment",
        "KRAKEN_SECRET": "from keyring",
    }
    assert {service for service, _ in asked} == {"stormproof/first-light"}
    assert "KRAKEN_SECRET" in dict.fromkeys(name for _, name in asked)
    assert "BINANCE_KEY" not in dict.fromkeys(name for _, name in asked)


def test_a_kill_and_a_node_have_keys_of_their_own_under_one_name(tmp_path: Path) -> None:
    file = file_of(tmp_path, "BINANCE_KEY=everybodys\nBINANCE_KEY__KILL=the-kills-own\n")
    environment = {own_name("BINANCE_KEY", "core-a"): "the-nodes-own"}

    def key_of(who: str) -> str:
        return find_secrets(bot_config(GOOD), who=who, environment=environment, file=file)["BINANCE_KEY"]

    assert (key_of("kill"), key_of("core-a"), key_of("core-b")) == ("the-kills-own", "the-nodes-own", "everybodys")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601])
def test_a_file_that_others_may_touch_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    file = file_of(tmp_path, "BINANCE_KEY=a-secret-value\n", mode)

    told = refused(file=file)

    assert f"{mode:04o}" in told
    assert f"chmod 600 {file}" in told
    assert "a-secret-value" not in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("BINANCE_KEY=good-enough\nthis is a-secret-value\n", "keys.env:2: this line is no NAME=value"),
        ("BINANCE_KEY=abc\n", "fewer than 6 characters"),
    ],
)
def test_a_file_of_something_else_is_refused_without_repeating_it(tmp_path: Path, text: str, told: str) -> None:
    answer = refused(file=file_of(tmp_path, text))

    assert told in answer
    assert "a-secret-value" not in answer


def test_no_file_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)

    assert "no such file" in refused(file=tmp_path / "nothing")
    assert "directory" in refused(file=tmp_path)
    assert "no file of keys" in refused(file=tmp_path / "pipe")


def test_a_private_key_of_many_lines_can_be_written_in_one(tmp_path: Path) -> None:
    escaped = PEM.replace("\n", "\\n")

    assert read_key_file(file_of(tmp_path, f'COINBASE_SECRET="{escaped}"\n')) == {"COINBASE_SECRET": PEM}


def test_a_machine_without_a_keyring_has_no_secret_there() -> None:
    assert ask_system_keyring("stormproof/no-such-bot", "NO_SUCH_NAME") is None


def test_a_secret_that_was_written_into_the_configuration_itself_is_refused_and_not_repeated() -> None:
    key = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"

    (mistake,) = mistakes(changed(venues__binance__key_env=key))

    assert mistake.path == ("venues", "binance", "key_env")
    assert "replace it" in mistake.remedy
    assert key not in str(mistake)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "in an address": lambda value: f"https://api.x.com/?k={quote(value, safe='')}",
    "in JSON": lambda value: json.dumps({"event": "x", "problem": value}),
    "in JSON in JSON": lambda value: json.dumps({"body": json.dumps({"v": value})}),
    "as shown by repr": lambda value: f"{[value]!r}",
    "in base64": lambda value: f"Basic {base64.b64encode(value.encode()).decode()}",
}


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_is_taken_out_however_it_is_spelled(name: str, spelling: str) -> None:
    value = PLANTED[name]
    told = Secrets(PLANTED).redact(SPELLINGS[spelling](value))

    for part in (value, quote(value, safe=""), json.dumps(value)[1:-1], "secretlineone", "/T0000/B0000/"):
        assert part not in told
    assert "[" in told


@pytest.mark.parametrize(
    "text",
    [
        "binance GET https://api.binance.com/api/v3/order?symbol=BTCUSDT&signature=5ee0bd1f0a&timestamp=1",
        "{'X-MBX-APIKEY': '5ee0bd1f0a', 'x': 1}",
        'headers={"API-Sign": "5ee0bd1f0a"}',
        "OK-ACCESS-SIGN: 5ee0bd1f0a",
        "'OK-ACCESS-PASSPHRASE': '5ee0bd1f0a'",
        "X-BAPI-SIGN=5ee0bd1f0a",
        "Authorization: Bearer 5ee0bd1f0a.eyJhbGciOi.x",
        "wss://stream.binance.com:9443/ws?listenKey=5ee0bd1f0a",
        "POLY_SIGNATURE: 5ee0bd1f0a",
    ],
)
def test_what_signs_a_request_is_taken_out_by_the_name_before_it(text: str) -> None:
    assert "5ee0bd1f0a" in text
    assert "5ee0bd1f0a" not in Secrets({}).redact(text)


def test_what_is_no_secret_is_left_alone() -> None:
    line = '{"event": "lease_taken", "token": 17, "after": "exec-b", "key": "order-unknown/binance", "at_ns": 178}'
    found = "secret BINANCE_SECRET: BINANCE_SECRET__KILL in the environment"

    assert Secrets(PLANTED).redact(line) == line
    assert Secrets(PLANTED).redact(found) == found


def test_only_names_are_shown_of_secrets() -> None:
    secrets = Secrets(PLANTED)

    assert not any(value in text for value in PLANTED.values() for text in (repr(secrets), str(secrets)))


def test_a_traceback_on_a_guarded_stream_holds_no_secret_though_it_comes_in_pieces() -> None:
    there = io.StringIO()
    stream = Secrets(PLANTED).redact.guard_stream(there)
    try:
        raise OSError(f"GET https://x.com?k={PLANTED['BINANCE_KEY']}")  # noqa: TRY301
    except OSError:
        traceback.print_exc(file=stream)
    for piece in (PLANTED["BINANCE_SECRET"][:9], PLANTED["BINANCE_SECRET"][9:], " and\nunfinished"):
        stream.write(piece)
    stream.flush()

    assert PLANTED["BINANCE_KEY"] not in there.getvalue()
    assert PLANTED["BINANCE_SECRET"] not in there.getvalue()
    assert "OSError: GET https://x.com?k=[BINANCE_KEY]" in there.getvalue()
    assert there.getvalue().endswith("[BINANCE_SECRET] and\nunfinished")
    assert stream.isatty() is False
