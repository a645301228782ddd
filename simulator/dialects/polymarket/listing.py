"""Polymarket's names: a condition and two token ids for each question, its slug, and how numbers look.

The exchange core calls a question and its tokens what it likes; here they have ids of the venue's form, derived from
those names. Numbers are text without zeros at their end, as the venue sends them: `0.5`, `219.21`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from simulator.dialects.figures import Figures, decimals
from simulator.dialects.polymarket.keccak import keccak
from simulator.exchange.instrument import Instrument
from simulator.exchange.prediction.exchange import PredictionExchange
from simulator.exchange.prediction.market import PredictionMarket

OUTCOMES = ("Yes", "No")
FIRST_MARKET, FIRST_EVENT = 500_001, 16_001
_DULL = re.compile(r"[^a-z0-9]+")


def plain(amount: Decimal) -> str:
    """Return an amount as decimal text, without exponent and without zeros at its end."""
    return trimmed(f"{amount:f}")


def trimmed(text: str) -> str:
    """Return decimal text without the zeros at its end."""
    return text.rstrip("0").rstrip(".") if "." in text else text


class Token:
    """One of the two answers to a question, as something that is traded."""

    __slots__ = ("figures", "id", "index", "instrument", "market", "outcome", "symbol")

    def __init__(self, market: Market, instrument: Instrument, index: int) -> None:
        self.market = market
        self.instrument = instrument
        self.symbol = instrument.symbol
        self.index = index
        self.outcome = OUTCOMES[index]
        self.id = str(int.from_bytes(keccak(f"token/{instrument.symbol}".encode()), "big"))
        self.figures = Figures(instrument, decimals(instrument.tick_size), decimals(instrument.lot_size))

    @property
    def other(self) -> Token:
        """The other answer."""
        return self.market.tokens[1 - self.index]

    def price(self, ticks: int) -> str:
        """Return a price as text."""
        return trimmed(self.figures.prices.text(ticks))

    def size(self, lots: int) -> str:
        """Return shares as text."""
        return trimmed(self.figures.quantities.text(lots))


class Market:
    """One question under the venue's names."""

    __slots__ = ("condition", "event_id", "id", "question", "rules", "slug", "tick", "tokens")

    def __init__(self, rules: PredictionMarket, instruments: tuple[Instrument, Instrument], position: int) -> None:
        self.rules = rules
        self.question = rules.condition
        self.slug = _DULL.sub("-", rules.condition.lower()).strip("-") or "question"
        self.condition = "0x" + keccak(f"condition/{rules.condition}".encode()).hex()
        self.id, self.event_id = str(FIRST_MARKET + position), str(FIRST_EVENT + position)
        self.tick = plain(rules.tick_size)
        self.tokens = Token(self, instruments[0], 0), Token(self, instruments[1], 1)

    @property
    def fee_bps(self) -> str:
        """The taker's rate in hundredths of a per cent, as text."""
        return plain(Decimal(int(self.rules.fee_rate * 10_000)))


class Listing:
    """Every question of a venue, by the names that Polymarket accepts."""

    def __init__(self, exchange: PredictionExchange) -> None:
        instruments = exchange.instruments
        self.markets = [
            Market(rules, (instruments[rules.yes], instruments[rules.no]), position)
            for position, rules in enumerate(exchange.markets.values())
        ]
        tokens = [token for market in self.markets for token in market.tokens]
        self.by_symbol = {token.symbol: token for token in tokens}
        self.by_token = {token.id: token for token in tokens}
        self.by_condition = {market.condition: market for market in self.markets}
        self.by_name = {market.rules.condition: market for market in self.markets}

    def __iter__(self) -> Iterator[Token]:
        """Yield every token, in the venue's order."""
        return iter(self.by_symbol.values())

    def wanted(self, markets: Iterable[str], tokens: Iterable[str]) -> list[Market]:
        """Return the questions with one of these conditions or tokens, in the venue's order."""
        conditions, named = list(markets), list(tokens)
        return [
            market
            for market in self.markets
            if market.condition in conditions or any(token.id in named for token in market.tokens)
        ]
