"""A node with nothing to do costs next to nothing: what wakes its machine is counted, and each cause is known."""

from tests.engine.runtime.trading_stage import TradingStage

MINUTES = 10
KEEPS_THE_BUS = 12 * 3
"""A minute's pings on a connection that brings nothing: the timer, the answer, and a look a second later."""
BEATS = 6


def turns(node: str, *, before: tuple[str, ...] = (), quoting: bool = False) -> float:
    """Return how often a minute a node's machine is woken, when it stands alone in a market in which nothing happens.

    Args:
        before: what is booted first.
    """
    stage = TradingStage(protection={"stop": "3%", "within": "5s", "grace": "10s"})
    stage.quoting = quoting
    stage.boot(*before, node)
    stage.run(180)
    loop = stage.world.hosts[node].loop
    woken = loop.turns
    stage.run(60 * MINUTES)
    assert stage.world.hosts[node].loop is loop
    woken = loop.turns - woken
    stage.world.close()
    return woken / MINUTES


def test_an_idle_signal_adds_only_its_heartbeats() -> None:
    """And once a minute each, the end of a bar and the repetition of what it has to say, which is nothing."""
    assert turns("signal-a") <= KEEPS_THE_BUS + BEATS + 2


def test_an_idle_monitor_adds_only_its_looks_for_silence() -> None:
    """It hears its own heartbeats, looks for missing ones every two and a half seconds, and repeats what it rang."""
    assert turns("monitor-a") <= KEEPS_THE_BUS + 2 * BEATS + 24 + 4


def test_an_idle_executor_adds_only_its_lease_its_readings_and_the_prices() -> None:
    """What leans on prices (risk, protection) sleeps while nothing is held, and what leans on the books as well.

    The lease is renewed every two seconds (a wait and an answer) and its end is watched; the account is read every
    seven (a wait, an answer in two pieces, the connection's own clock); six things are told or looked after every ten.
    """
    lease, readings, every_ten_s, prices = 30 * 2 + 10, 9 * 4, 6 * 6, 12
    woken = turns("exec-a", before=("feed-a",), quoting=True)
    assert woken <= KEEPS_THE_BUS + lease + readings + every_ten_s + prices
