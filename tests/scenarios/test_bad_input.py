"""What a person can get wrong is told at once: what, where with the line, what to do; and nothing is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.problem import ScenarioInvalid
from scenarios.scenario import load_scenario
from tests.scenarios.files import BOT, candle_file, candle_rows, scenario_file

REPLAY = ("{model: jump_diffusion, price: 60000, basis: {kraken: 2bps}}", "{replay: candles.csv}")


def problems(path: Path, *overrides: str) -> list[str]:
    """Return what is wrong with a scenario, with its folder cut out of the places."""
    with pytest.raises(ScenarioInvalid) as caught:
        load_scenario(path, overrides, here=path.parent)
    return [f"{Path(one.where).name}: {one.what}; {one.remedy}" for one in caught.value.problems]


def test_a_scenario_without_mistakes_is_read(tmp_path: Path) -> None:
    """The file that all others here are made wrong from."""
    scenario = load_scenario(scenario_file(tmp_path))

    assert scenario.name == "quiet"
    assert scenario.world.ends_ns == 70 * 60 * 10**9
    assert [fault.id for fault in scenario.schedule(7)] == ["ack_lost@binance", "crash@node/all-a"]


MISTAKES = [
    (("title: A", "titel: A"), "quiet.yaml:1: unknown key 'titel'; did you mean 'title'?"),
    (("healed: 10m", "heeled: 10m"), "quiet.yaml:4: unknown key 'heeled'; did you mean 'healed'?"),
    (("recovery: 120s", "recovry: 120s"), "quiet.yaml:14: unknown key 'recovry'; did you mean 'recovery'?"),
    (("price: 60000,", "prise: 60000, price: 1,"), "quiet.yaml:8: unknown key 'prise'; did you mean 'price'?"),
    (("duration: 1h", "duration: 60"), "quiet.yaml:3: duration: 60 is a duration without a unit; write 60s, 60m or"),
    (("duration: 1h", "duration: 1 fortnight"), "quiet.yaml:3: duration: '1 fortnight' has the unit 'fortnight'"),
    (("at: 20m", "at: 20bps"), "quiet.yaml:11: at: '20bps' has the unit 'bps', which is no unit of time"),
    (("kraken: 2bps", "kraken: 2s"), "quiet.yaml:8: kraken: '2s' has the unit 's', which is no share"),
    (("price: 60000", "price: many"), "quiet.yaml:8: price: 'many' is not a number"),
    (("price: 60000", "price: -1"), "quiet.yaml:8: price: input should be greater than 0, not -1"),
    (("venues: [binance, kraken]", "venues: [binance, krakn]"), "there is no venue 'krakn'; did you mean 'kraken'?"),
    (("inject: crash", "inject: crush"), "quiet.yaml:12: there is no fault 'crush'; did you mean 'crash'?"),
    (("probability: 0.3", "probability: 3"), "quiet.yaml:11: probability: 3 is no probability"),
    (("probability: 0.3", "probabilty: 0.3"), "ack_lost has no parameter 'probabilty'; did you mean 'probability'?"),
    (("for: 15s}", "for: 15s, with: {mode: hang}}"), "crash has no parameter 'mode'; it has none"),
    (("on: binance", "on: binanse"), "quiet.yaml:11: 'binanse' chooses no venue; choose any_venue or one of binance"),
    (("on: node/all-a", "on: node/exec-z"), "quiet.yaml:12: 'node/exec-z' chooses no node; choose any_node"),
    (("at: 20m, ", ""), "quiet.yaml:11: the fault never comes"),
    (("at: 20m", "at: 55m"), "quiet.yaml:11: from 55m for 10m it outlasts the act under fire of 1h"),
    (("at: 40m", "every: 10s"), "quiet.yaml:12: it comes again before it has healed"),
    (("at: 40m", "every: {poisson: 1h}"), "quiet.yaml:12: every: {'poisson': '1h'} is no way to draw a time"),
    (("for: 15s", "for: {lognormal: {median: 15s}}"), "quiet.yaml:12: for: a lognormal length has a median, a sigma"),
    (("for: 15s", "for: {lognormal: {median: 15, sigma: 1}}"), "quiet.yaml:12: for: 15 is a duration without a unit"),
    (("for: 15s", "for: {lognormal: {median: 1m, sigma: 9}}"), "quiet.yaml:12: for: a sigma of 9 is out of bounds"),
    (("for: 15s", "for: {uniform: 15s}"), "quiet.yaml:12: for: {'uniform': '15s'} is no way to draw a length"),
    (("at: 40m", "during: {from: 40m, until: 2h}"), "quiet.yaml:12: the window outlasts the act under fire of 1h"),
    (("at: 40m", "during: {from: 40m, until: 30m}"), "quiet.yaml:12: during: the window ends before it begins"),
    (("at: 40m", "during: {from: 40m, until: 2405s}"), "quiet.yaml:12: the window leaves no room for 15s"),
    (("at: 40m", "at: 40m, during: {from: 40m, until: 50m}"), "quiet.yaml:12: it has both a time and a window"),
    (("at: 40m", "every: 1h, seed: 7"), "quiet.yaml:12: a seed belongs to one injection on one target"),
    (("at: 40m", "at: 40m, while: full_moon"), "quiet.yaml:12: while: 'full_moon' is no condition; write order_rests"),
    (("at: 40m", "at: 40m, while: {raging: ban}"), "quiet.yaml:12: no fault 'ban' comes in this scenario"),
    (("at: 40m", "at: 40m, while: {price: X/Y, below: 3}"), "quiet.yaml:12: there is no market 'X/Y'"),
    (("at: 40m", "at: 40m, while: stormy"), "quiet.yaml:12: this world has no storms; give it a `world.climate`"),
    (("at: 40m", "every: {exponential: 9m, in_storm: 9}"), "quiet.yaml:12: this world has no storms"),
    (("bot: bot.yaml", "bot: bot.yaml\nadversaries: ['x.py:Y']"), "quiet.yaml:10: there is no adversary 'x.py:Y'"),
    (("zones: [a]", "zones: [a]\n  regions: {r: [a, okx]}"), "quiet.yaml:6: there is no zone or venue 'okx'"),
    (("[order_filled_binance]", "[order_filled_okx]"), "there is no mark 'order_filled_okx'"),
    (("exposure: {BTC/USDT", "exposure: {ETH/USDT"), "quiet.yaml:15: there is no market 'ETH/USDT'"),
    (("bot: bot.yaml", "bot: robot.yaml"), "quiet.yaml:9: there is no bot at"),
    (("model: jump_diffusion, ", ""), "quiet.yaml:8: a market has either a model or a replay"),
    (("zones: [a]", "zones: [b]"), "node 'all-a' stands in zone 'a'; add that zone to `world.zones`"),
    (("title: A quiet hour\n", ""), "the key 'title' is missing; add it"),
    (("title: A quiet hour", "title: A quiet hour\ntitle: Another"), "the key 'title' is written twice"),
    (("duration: 1h", "start: yesterday\n  duration: 1h"), "yesterday is not a moment; write it as 2026-03-01"),
]


@pytest.mark.parametrize(("change", "told"), MISTAKES, ids=[told[:60] for _, told in MISTAKES])
def test_a_mistake_is_told_with_its_line_and_its_remedy(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    """One mistake, one clear message."""
    found = problems(scenario_file(tmp_path, change))

    assert len(found) == 1, found
    assert told in found[0]


def test_a_market_that_a_venue_does_not_have_is_told_with_where_to_say_so(tmp_path: Path) -> None:
    """Questions are asked elsewhere."""
    asked = BOT.replace("BTC/USDT:", "RAIN:YES/USDC: {size: 1, limit: 2}\n  BTC/USDT:")
    path = scenario_file(
        tmp_path, ("    BTC/USDT:", "    RAIN:YES/USDC: {model: jump_diffusion, price: 0.5}\n    BTC/USDT:"), bot=asked
    )

    assert problems(path) == [
        f"quiet.yaml:10: the bot trades 'RAIN:YES/USDC' on {venue!r}, which has no such market;"
        f" name what it trades in `venues.{venue}.instruments`"
        for venue in ("binance", "kraken")
    ]


def test_every_mistake_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Nobody corrects a file ten times to read ten messages."""
    path = scenario_file(
        tmp_path,
        ("duration: 1h", "duration: 60"),
        ("venues: [binance, kraken]", "venues: [binance, krakn]"),
        ("probability: 0.3", "probability: 3"),
        ("recovery: 120s", "recovry: 120s"),
        bot=BOT.replace("lookback: 5", "lookbak: 5"),
    )

    found = problems(path)

    assert [one.partition(" ")[0] for one in found] == [
        "bot.yaml:9:",
        "quiet.yaml:3:",
        "quiet.yaml:6:",
        "quiet.yaml:11:",
        "quiet.yaml:14:",
    ]


def test_a_mistake_in_the_bots_own_file_is_told_at_its_line(tmp_path: Path) -> None:
    """The engine's own rules, the scenario's way of telling."""
    found = problems(scenario_file(tmp_path, bot=BOT.replace("limit: 0.05", "limit: 0.01")))

    assert len(found) == 1
    assert found[0].startswith("bot.yaml:8:")
    assert "limit 0.01 is below size 0.02" in found[0]


def test_a_missing_file_is_told() -> None:
    """The name, and where to look for names."""
    with pytest.raises(ScenarioInvalid) as caught:
        load_scenario("nowhere.yaml")
    (problem,) = caught.value.problems
    assert (problem.where, problem.what) == ("nowhere.yaml", "there is no such file")
    assert "stormproof list" in problem.remedy


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"title: [1\nbot: x\n", "the YAML cannot be read"),
        (b"", "the file holds no keys"),
        (b"- a\n- b\n", "the file holds no keys"),
        (b"\xff\xfe\x00", "the file is not text in UTF-8"),
        (b"title: &a [*a]\n", "unfolds into more than can be meant"),
    ],
)
def test_a_file_that_is_no_scenario_at_all_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    """Whatever the bytes are, there is a message and no traceback."""
    path = tmp_path / "x.yaml"
    path.write_bytes(content)

    assert told in " ".join(problems(path))


def test_a_folder_is_no_scenario(tmp_path: Path) -> None:
    """Named for what it is."""
    assert "this is a folder" in problems(tmp_path)[0]


def broken_candles() -> list[tuple[str, list[str], str]]:
    """Return recordings, each wrong in one way."""
    rows = candle_rows()
    return [
        ("gap", [*rows[:10], *rows[12:]], "candles.csv:12: comes 180 s after the row before, not 60 s: a gap"),
        ("nan", [*rows[:5], rows[5].replace(",100,", ",nan,", 1), *rows[6:]], "candles.csv:7: open is 'nan'"),
        ("unsorted", [*rows[:5], rows[6], rows[5], *rows[7:]], "candles.csv:8:"),
        ("negative", [*rows[:5], rows[5].replace(",99,", ",-99,"), *rows[6:]], "candles.csv:7: low -99"),
        ("short", rows[:60], "candles.csv: covers 1 h, the run needs more than 1.167 h"),
        ("words", ["a,b,c,d,e,f"], "candles.csv:2: timestamp 'a' is not a time"),
    ]


@pytest.mark.parametrize(("what", "rows", "told"), broken_candles(), ids=[one[0] for one in broken_candles()])
def test_a_recording_that_cannot_be_trusted_is_told_with_its_line(
    tmp_path: Path, what: str, rows: list[str], told: str
) -> None:
    """A replay repairs nothing."""
    del what
    candle_file(tmp_path, rows)
    found = problems(scenario_file(tmp_path, REPLAY))

    assert len(found) == 1, found
    assert told in found[0]


def test_a_missing_recording_is_told_at_the_line_that_names_it(tmp_path: Path) -> None:
    """The path as it was looked for."""
    found = problems(scenario_file(tmp_path, REPLAY))

    assert len(found) == 1
    assert found[0].startswith("quiet.yaml:8: there is no recorded file")


def test_set_replaces_a_value_and_a_mistake_in_it_is_told_as_its_own(tmp_path: Path) -> None:
    """The place of a value is where it was written."""
    path = scenario_file(tmp_path)

    assert load_scenario(path, ["world.duration=2h", "faults.0.for=5m"]).world.duration_ns == 7200 * 10**9
    assert problems(path, "world.duration=2") == [
        "--set world.duration=2: duration: 2 is a duration without a unit; write 2s, 2m or 2h"
    ]
    assert problems(path, "wrld.duration=2h") == ["--set wrld.duration=2h: unknown key 'wrld'; did you mean 'world'?"]


@pytest.mark.parametrize(
    "override", ["world.duration", "=3", "a..b=3", "faults.9.for=5m", "faults.x.for=5m", "title=[1"]
)
def test_a_set_that_cannot_be_laid_over_the_file_is_told(tmp_path: Path, override: str) -> None:
    """Before anything else is read."""
    with pytest.raises(ScenarioInvalid) as caught:
        load_scenario(scenario_file(tmp_path), [override])
    assert "--set" in str(caught.value)


def test_set_replay_takes_the_place_of_the_model_and_is_relative_to_where_one_stands(tmp_path: Path) -> None:
    """And the basis of the market stays."""
    folder = tmp_path / "here"
    folder.mkdir()
    candle_file(folder, candle_rows())
    override = "world.markets.BTC/USDT.replay=candles.csv"

    scenario = load_scenario(scenario_file(tmp_path), [override], here=folder)

    market = scenario.world.markets["BTC/USDT"]
    assert market.model is None
    assert market.basis
    assert scenario.replays == {"BTC/USDT": (folder / "candles.csv").resolve()}
    assert f"--set {override} --seed 3" in scenario.command(3)


def test_set_can_bring_a_recording_and_take_it_away_again(tmp_path: Path) -> None:
    """The last word counts."""
    candle_file(tmp_path, candle_rows())
    path = scenario_file(tmp_path, REPLAY)
    overrides = ["world.markets.BTC/USDT.model=jump_diffusion", "world.markets.BTC/USDT.price=100"]

    assert load_scenario(path, overrides).replays == {}


def test_a_folder_that_is_called_like_a_scenario_of_ours_is_not_what_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`deploy` is a scenario, and a folder in many places."""
    (tmp_path / "deploy").mkdir()
    monkeypatch.chdir(tmp_path)

    assert load_scenario("deploy").name == "deploy"
