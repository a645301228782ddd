"""A recorded market, whichever of the two kinds of file it is in; the header tells."""

import random
from pathlib import Path

from simulator.market.candles import read_candles
from simulator.market.fair import PriceProcess
from simulator.market.prices import CandleReplay
from simulator.market.trades import COLUMNS as TRADE_COLUMNS
from simulator.market.trades import TradeReplay, read_trades


def open_replay(path: Path, *, need_ns: int, tick_ns: int, random: random.Random) -> PriceProcess:
    """Return the replay of a file of candles or of trades that lasts for `need_ns`.

    Raises:
        RecordingError: the file is missing, malformed, or too short.
    """
    if is_of_trades(path):
        return TradeReplay(read_trades(path, need_ns=need_ns), tick_ns=tick_ns)
    return CandleReplay(read_candles(path, need_ns=need_ns), tick_ns=tick_ns, random=random)


def is_of_trades(path: Path) -> bool:
    """Say whether the header names the columns of trades; a file that cannot be read is of candles, which tell why."""
    try:
        with path.open(encoding="utf-8-sig") as lines:
            header = lines.readline()
    except (OSError, UnicodeDecodeError):
        return False
    names = {name.strip().lower() for name in header.split(",")}
    return names.issuperset(TRADE_COLUMNS)
