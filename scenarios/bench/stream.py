"""A ticker message from the exchange's event to the awaiting bot, against ccxt's own handling of the same message.

The floor contains exactly this, on a plain asyncio loop, with no socket: for each message, in the words that the venue
sent, `Client.handle_message` on an aiohttp text message (JSON parse, the exchange's `handle_message`, the parse of the
ticker, the future of the message hash resolved), and `await exchange.watch_ticker(symbol)` around it (the look-up of
the client and of the subscription, the future, the task's wake-up). Ours is one trade between
strangers and all that it sets off: the exchange's events, the views, the dialect, aiohttp on both sides with its
frames, the link, the receive loop of ccxt's client with its task for each message, and the same await. What a market
does to come by a trade, such as quoting a ladder anew or rounding a price to ticks, is no part of a ticker's way and
is left out.

Beyond the floor (Binance: 72 µs; Kraken: 48 µs; on an idle machine, November 2026) a message costs about 14 µs for the
exchange's event, told to the truth and to the views; 16 to 20 for the view's timer, the dialect's words and the frame;
15 to 24 for the heap, the link, the loops, aiohttp's reader and the task that ccxt's receive loop makes of each
message. That is about 1.6 and 2.1, so both miss the target of 1.5; the same steps weigh more at Kraken, because ccxt
does less with its ticker. Kept texts of prices, events told only to whom they concern and alarms that ring without a
detour took a tenth off.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

import ccxt.pro
from aiohttp import WSMessage, WSMsgType

from scenarios.bench.booth import MIDDLE, SYMBOL, Booth, credentials
from scenarios.bench.figure import Figure, Stopwatch, Target, duel
from simulator.kernel import NS

MESSAGES = 400
FLOOR_S_MAX = 60
"""A floor that waits longer than this waits for a message that ccxt did not understand."""
TARGET = Target(at_most=1.5)
VENUES = ("binance", "kraken")
TICKER = re.compile(r'"(24hrMiniTicker|24hrTicker|ticker)"')
"""What the text of a ticker contains, and that of a heartbeat or a pong does not."""


class Pair:
    """The ticker of one venue: in a world, and alone with the words that the world sent."""

    def __init__(self, venue: str) -> None:
        self._venue = venue
        self._markets: Any = None
        self._texts: list[str] = []
        self._url = ""
        self._subscriptions: dict[str, Any] = {}

    def ours(self) -> float:
        """Watch the ticker through a fresh world; return seconds a message."""
        booth, watch = Booth(self._venue), Stopwatch()
        texts: list[str] = []

        prices = [booth.ticks(MIDDLE + number) for number in range(7)]

        def tick(number: int = 0) -> None:
            booth.trade(prices[number % len(prices)])
            booth.world.call_later(NS, lambda: tick(number + 1))

        async def story(exchange: Any) -> None:
            self._markets = list((await exchange.load_markets()).values())
            tick()
            for _ in range(3):
                await exchange.watch_ticker(SYMBOL)
            watch.start()
            for _ in range(MESSAGES):
                await exchange.watch_ticker(SYMBOL)
            watch.stop()
            (client,) = exchange.clients.values()
            self._url, self._subscriptions = client.url, dict(client.subscriptions)
            handle = client.handle_text_or_binary_message

            def keeping(text: str) -> None:
                texts.append(text)
                handle(text)

            client.handle_text_or_binary_message = keeping
            for _ in range(7):
                await exchange.watch_ticker(SYMBOL)

        try:
            booth.tell(story)
        finally:
            booth.close()
        self._texts = [text for text in texts if TICKER.search(text)]
        return watch.total_s / MESSAGES

    def floor(self) -> float:
        """Feed the same words to ccxt's own handling; return seconds a message."""
        return asyncio.run(asyncio.wait_for(self._alone(), FLOOR_S_MAX))

    async def _alone(self) -> float:
        exchange: Any = getattr(ccxt.pro, self._venue)(credentials())
        exchange.set_markets(self._markets)
        exchange.open(True)
        client = exchange.client(self._url)
        client.connected.resolve(self._url)
        client.connecting = True  # it never dials
        client.subscriptions.update(self._subscriptions)
        messages = [WSMessage(WSMsgType.TEXT, text, None) for text in self._texts]
        loop, watch = asyncio.get_running_loop(), Stopwatch()

        def arrive(message: WSMessage) -> None:
            """Hand a message over once somebody awaits it."""
            if client.futures:
                client.handle_message(message)
            else:
                loop.call_soon(arrive, message)

        watch.start()
        for number in range(MESSAGES):
            loop.call_soon(arrive, messages[number % len(messages)])
            await exchange.watch_ticker(SYMBOL)
        watch.stop()
        await exchange.close()
        return watch.total_s / MESSAGES


def measure() -> list[Figure]:
    """Return a figure for each venue."""
    figures = []
    for venue in VENUES:
        pair = Pair(venue)
        found = duel(pair.ours, pair.floor)
        figures.append(
            Figure(
                name=f"stream_ticker_{venue}",
                value=found.cost_ratio,
                unit="times the floor's cost",
                ours=f"a ticker from the exchange's event to watch_ticker, through the {venue} dialect",
                floor="ccxt's client handling the same text, up to the same await, on a plain loop",
                target=TARGET,
                detail=found.told(1e-6, "µs"),
            )
        )
    return figures
