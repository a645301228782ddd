"""The bench measures what it says: rounds take turns, targets are kept from the right side, engines play one tape."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from scenarios.bench.booth import Booth
from scenarios.bench.crew import took_s, try_seed
from scenarios.bench.figure import Duel, Figure, Target, duel
from scenarios.bench.hours import BOTS, SCENARIO
from scenarios.bench.matching import PROGRAM, figures
from scenarios.bench.stream import TICKER
from scenarios.bench.tape import play_ours, resting_lots, write_tape
from scenarios.cli.leave import leave
from scenarios.scenario import load_scenario
from simulator.kernel import NS
from simulator.market.market import TICK_NS


def test_ours_and_the_floor_take_turns_and_the_first_round_is_not_counted() -> None:
    log: list[str] = []

    def measured(name: str, seconds: float) -> float:
        log.append(name)
        return seconds

    found = duel(lambda: measured("ours", 3.0), lambda: measured("floor", 2.0), rounds=2)

    assert log == ["ours", "floor"] * 3
    assert found == Duel(ours_s=(3.0, 3.0), floor_s=(2.0, 2.0))
    assert found.cost_ratio == 1.5


def test_a_figure_that_could_not_be_taken_is_neither_met_nor_missed() -> None:
    speed, rival = figures(Duel(ours_s=(1e-6, 1e-6, 1e-6), floor_s=()), None, "no candidate was run")

    assert speed.met is True
    assert rival.value is None
    assert rival.met is None


def test_a_target_is_kept_from_its_own_side() -> None:
    figure = Figure(name="x", value=2.0, unit="times", ours="a", floor="b", target=Target(at_most=1.5))

    assert figure.to_json()["met"] is False
    assert figure.to_json()["target"] == {"at_most": 1.5}
    assert Target(at_least=1.5).met(2.0)


def test_the_tape_leaves_lots_resting_and_has_cancels_that_come_too_late() -> None:
    tape = write_tape(5_000, seed=1)

    book = play_ours(tape)

    assert resting_lots(book) > 0
    gone = {order_id for cancels, order_id, *_ in tape if cancels}
    assert len(book) < sum(not cancels for cancels, *_ in tape) - len(gone)


def test_a_rival_that_is_not_installed_fails_by_itself() -> None:
    ran = subprocess.run(
        [sys.executable, str(PROGRAM), "limit-order-book"],
        input=json.dumps(write_tape(10)),
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 1
    assert "ModuleNotFoundError" in ran.stderr


def test_a_booth_answers_and_its_ticker_is_told_from_a_pong() -> None:
    booth = Booth("kraken")

    async def story(exchange: object) -> dict[str, float]:
        ticker: dict[str, float] = await exchange.fetch_ticker("BTC/USDT")  # type: ignore[attr-defined]
        return ticker

    ticker = booth.tell(story)
    booth.close()

    assert ticker["last"] == 60_000
    assert TICKER.search('{"channel":"ticker","type":"update"}')
    assert not TICKER.search('{"method":"pong","time_in":"2026-03-01T00:06:43.028102Z"}')


def test_figures_that_do_not_exist_are_wrong_usage() -> None:
    assert leave(["bench", "speed_of_light"]) == 2


def test_the_six_hours_are_six_hours_at_three_venues_with_a_ticker_every_five_seconds() -> None:
    for bot in BOTS.values():
        scenario = load_scenario(SCENARIO, [f"bot={bot}"])

        assert scenario.world.duration_ns == 6 * 3600 * NS
        assert len(scenario.bot.venues) == len(scenario.world.venues) == 3
    assert TICK_NS == 5 * NS


def test_a_crew_of_the_bench_does_all_pieces_and_its_seed_can_be_tried_twice_at_once(tmp_path: Path) -> None:
    assert took_s(2, try_seed, [tmp_path / str(number) for number in range(4)]) > 0
