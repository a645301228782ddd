"""What a person sees before a bot begins to trade: with what, where, and how much at most."""

from __future__ import annotations

from pathlib import Path

from engine.runtime.config import BotConfig

MODES = {
    "paper": "PAPER: play money, at stand-ins that follow the real markets",
    "testnet": "TESTNET: the venues' own test networks",
    "live": "LIVE: REAL MONEY",
}


def banner(bot: BotConfig, folder: Path) -> str:
    """Return the lines."""
    risk = bot.risk
    bounds = {"order": risk.order_value, "a venue": risk.venue_gross, "gross": risk.gross, "net": risk.net}
    value = ", ".join(f"{name} {most}" for name, most in bounds.items() if most is not None)
    lines = [f"{bot.bot}: {MODES[bot.mode]}"]
    lines += [f"  {name}: {', '.join(bot.traded_at(name))}" for name in bot.venues]
    lines += [
        f"  {symbol}: at most {one.limit} net, {one.gross} gross, {one.order} an order"
        for symbol, one in bot.instruments.items()
    ]
    lines.append(f"  by value: {value or 'no bound is set (risk.order_value, risk.gross)'}")
    lines.append(f"  a day loses at most {risk.loss_per_day:%} of the limits' value")
    lines.append(f"  nodes: {', '.join(name for name, node in bot.nodes.items() if not node.cold)}")
    lines += [f"  {real} is dialled at {here}" for real, here in bot.resolve.items()]
    lines.append(f"  data: {folder}")
    return "\n".join(lines)
