"""`stormproof record`: the options checked, a client opened, progress shown, one line at the end."""

from __future__ import annotations

import asyncio
import json as json_text
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.problem import UsageError

if TYPE_CHECKING:
    from scenarios.recording.pages import Wanted


def record_and_tell(
    venue: str, symbol: str, *, kind: str, timeframe: str, since: str, until: str, out: Path, as_json: bool
) -> int:
    """Record a market into `out`; return the exit code. Raises `UsageError` for what cannot be recorded."""
    from scenarios.recording.pages import Wanted  # loads ccxt

    from_ms, to_ms = moment_ms("--from", since), moment_ms("--to", until)
    if from_ms >= to_ms:
        raise UsageError(f"--from {since} is not before --to {until}; choose a span")
    if not out.parent.is_dir():
        raise UsageError(f"--out: there is no folder {out.parent}; make it first")
    if out.is_dir():
        raise UsageError(f"--out {out}: this is a folder; name a file in it")
    wanted = Wanted(symbol=symbol, from_ms=from_ms, to_ms=to_ms, timeframe=timeframe)
    rows = asyncio.run(recorded(venue, wanted, kind, out))
    if as_json:
        sys.stdout.write(json_text.dumps({"venue": venue, "symbol": symbol, "rows": rows, "file": str(out)}) + "\n")
    else:
        sys.stdout.write(f"{rows} {kind} of {symbol} at {venue} are in {out}\n")
        again = shlex.join(["stormproof", "run", "first_light", "--set", f"world.markets.{symbol}.replay={out}"])
        sys.stdout.write(f"replay them:  {again}\n")
    return 0


def moment_ms(option: str, text: str) -> int:
    """Return an ISO 8601 moment in Unix milliseconds, UTC unless it says otherwise; raise `UsageError`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text!r} is not a moment; write it as 2026-03-01 or 2026-03-01T06:00:00Z") from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


async def recorded(venue: str, wanted: Wanted, kind: str, out: Path) -> int:
    """Open the venue's public client, record, and close it; show how far it has got where a person watches."""
    import ccxt.async_support as ccxt

    from scenarios.recording.recorder import record

    if venue not in ccxt.exchanges:
        raise UsageError(f"there is no venue {venue!r} in ccxt; name one as it does, such as binance or kraken")
    exchange = getattr(ccxt, venue)({"enableRateLimit": True})
    try:
        return await record(exchange, wanted, kind, out, show_progress if sys.stderr.isatty() else unseen)
    except ccxt.BaseError as error:
        raise UsageError(
            f"{venue} does not answer: {type(error).__name__}; check the network, or try again later"
        ) from None
    finally:
        await exchange.close()


def show_progress(at_ms: int) -> None:
    """Say up to which moment the recording has got."""
    sys.stderr.write(f"\rrecorded up to {datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}  ")


def unseen(_at_ms: int) -> None:
    """Say nothing: nobody watches."""
