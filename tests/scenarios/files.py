"""Small scenario files on disk, right until a test makes them wrong."""

from __future__ import annotations

from pathlib import Path

SCENARIO = """\
title: A quiet hour
world:
  duration: 1h
  healed: 10m
  zones: [a]
  venues: [binance, kraken]
  markets:
    BTC/USDT: {model: jump_diffusion, price: 60000, basis: {kraken: 2bps}}
bot: bot.yaml
faults:
  - {inject: ack_lost, on: binance, at: 20m, for: 10m, with: {probability: 0.3}}
  - {inject: crash, on: node/all-a, at: 40m, for: 15s}
expect:
  recovery: 120s
  exposure: {BTC/USDT: 0.05}
sometimes: [order_filled_binance]
"""

BOT = """\
bot: small
nodes:
  all-a: {zone: a, runs: [feed, signal, execution, monitor]}
venues:
  binance: {key_env: BINANCE_KEY, secret_env: BINANCE_SECRET, share: 0.5}
  kraken: {key_env: KRAKEN_KEY, secret_env: KRAKEN_SECRET, share: 0.5}
instruments:
  BTC/USDT: {size: 0.02, limit: 0.05}
strategy: {name: momentum, bar: 60s, lookback: 5}
pager: {routing_key_env: PAGERDUTY_KEY}
"""

HEADER = "timestamp,open,high,low,close,volume"
MINUTE_MS = 60_000


def scenario_file(folder: Path, *changes: tuple[str, str], bot: str = BOT) -> Path:
    """Write a scenario and its bot, with some text replaced, and return the scenario's path."""
    text = SCENARIO
    for old, new in changes:
        assert old in text, f"{old!r} is not in the scenario"
        text = text.replace(old, new)
    (folder / "bot.yaml").write_text(bot, encoding="utf-8")
    path = folder / "quiet.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def candle_rows(count: int = 90) -> list[str]:
    """Return the rows of a minute-by-minute recording that never moves."""
    start = 1_772_323_200_000
    return [f"{start + number * MINUTE_MS},100,101,99,100,5" for number in range(count)]


def candle_file(folder: Path, rows: list[str]) -> Path:
    """Write a candle file and return its path."""
    path = folder / "candles.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path
