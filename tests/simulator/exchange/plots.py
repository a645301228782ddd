"""Stories of one small exchange, drawn by hypothesis or by a seed."""

import random

from hypothesis import strategies as st

from simulator.exchange.orders import OrderType, SelfTrade, Side, TimeInForce, Trigger
from tests.simulator.exchange.stories import (
    BLURS,
    INSTRUMENTS,
    Action,
    Amend,
    Blur,
    Cancel,
    Quote,
    Reopen,
    Restart,
    Submit,
    Switch,
    Terms,
    Wait,
)


def actions() -> st.SearchStrategy[Action]:
    accounts, symbols = st.sampled_from(["ann", "ben"]), st.sampled_from([*INSTRUMENTS])
    terms = st.builds(
        Terms,
        trigger=st.none() | st.sampled_from(Trigger),
        stop_away=st.integers(-4, 4),
        holds=st.booleans(),
        lives_ms=st.none() | st.sampled_from([1, 5, 30]),
        self_trade=st.sampled_from(SelfTrade),
        by_amount=st.booleans(),
    )
    submit = st.builds(
        Submit,
        account=accounts,
        symbol=symbols,
        side=st.sampled_from(Side),
        type=st.sampled_from([OrderType.LIMIT, OrderType.LIMIT, OrderType.MARKET]),
        time_in_force=st.sampled_from([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK]),
        post_only=st.sampled_from([False, False, False, True]),
        away=st.integers(-4, 4),
        size=st.integers(1, 40),
        client_order_id=st.sampled_from(["", "a", "b", "c", "doomed"]),
        terms=st.one_of(st.just(Terms()), terms),
    )
    amend = st.builds(
        Amend,
        account=accounts,
        which=st.integers(0, 50),
        away=st.none() | st.integers(-4, 4),
        size=st.none() | st.integers(1, 40),
        stop_away=st.none() | st.integers(-4, 4),
    )
    milliseconds = st.sampled_from([0, 1, 15])
    rare = st.one_of(
        st.builds(Switch, accounts, st.none() | symbols, st.none() | milliseconds),
        st.builds(Restart, keep=st.sampled_from([0.0, 0.5, 1.0]), seed=st.integers(0, 9)),
        st.builds(Blur, st.sampled_from(BLURS), st.integers(0, 9)),
        st.builds(Reopen, st.tuples(milliseconds, milliseconds, milliseconds)),
    )
    cancel = st.builds(Cancel, account=accounts, which=st.integers(0, 50))
    quote = st.builds(Quote, symbol=symbols, away=st.integers(-3, 3), sizes=st.lists(st.integers(1, 9), max_size=4))
    wait = st.builds(Wait, milliseconds=st.sampled_from([1, 10, 60]))
    return st.one_of(submit, submit, submit, cancel, amend, quote, wait, rare)


def random_action(chance: random.Random) -> Action:
    symbol, kind = chance.choice([*INSTRUMENTS]), chance.random()
    if kind < 0.2:
        return Cancel(chance.choice(["ann", "ben"]), -1 - int(chance.expovariate(0.2)))
    if kind < 0.3:
        return Quote(symbol, chance.randint(-3, 3), [chance.randint(1, 9) for _ in range(chance.randint(0, 4))])
    if kind < 0.38:
        return Wait(chance.choice([1, 10, 60]))
    if kind < 0.4:
        return random_rare(chance, symbol)
    if kind < 0.5:
        return Amend(
            account=chance.choice(["ann", "ben"]),
            which=-1 - int(chance.expovariate(0.2)),
            away=chance.choice([None, chance.randint(-4, 4)]),
            size=chance.choice([None, chance.randint(1, 12)]),
            stop_away=chance.choice([None, None, chance.randint(-4, 4)]),
        )
    return Submit(
        account=chance.choice(["ann", "ben"]),
        symbol=symbol,
        side=chance.choice([*Side]),
        type=chance.choice([OrderType.LIMIT, OrderType.LIMIT, OrderType.MARKET]),
        time_in_force=chance.choice([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK]),
        post_only=chance.random() < 0.2,
        away=chance.randint(-4, 4),
        size=chance.randint(1, 12),
        client_order_id=chance.choice(["", "", "a", "b", "doomed"]),
        terms=random_terms(chance) if chance.random() < 0.5 else Terms(),
    )


def random_terms(chance: random.Random) -> Terms:
    return Terms(
        trigger=chance.choice([None, *Trigger]),
        stop_away=chance.randint(-4, 4),
        holds=chance.random() < 0.5,
        lives_ms=chance.choice([None, None, 1, 5, 30]),
        self_trade=chance.choice([*SelfTrade]),
        by_amount=chance.random() < 0.5,
    )


def random_rare(chance: random.Random, symbol: str) -> Action:
    kind = chance.random()
    if kind < 0.5:
        return Switch(chance.choice(["ann", "ben"]), chance.choice([None, symbol]), chance.choice([None, 0, 1, 15]))
    if kind < 0.7:
        return Restart(chance.choice([0.0, 0.5, 1.0]), chance.randint(0, 9))
    if kind < 0.9:
        return Blur(chance.choice(BLURS), chance.randint(0, 9))
    return Reopen((chance.choice([0, 2]), chance.choice([0, 2]), chance.choice([0, 5])))
