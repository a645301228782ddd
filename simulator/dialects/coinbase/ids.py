"""Coinbase's ids: UUIDs for orders and trades, made from the exchange's own numbers, and back.

A number is mixed by a multiplication that can be undone, so ids look as random as the venue's and need no table.
What only has a name (an account, a wallet, a user) gets the UUID of that name's digest.
"""

import hashlib
import re

FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")
BITS = 122
"""What a UUID of version 4 leaves free."""
SPACE = 1 << BITS
MIXER = 4_123_776_310_492_175_551_862_713_049_981_722_635
UNMIXER = pow(MIXER, -1, SPACE)

ORDER, TRADE = 1_993_467_230_551, 2_841_093_377_093
"""What sets the ids of one kind apart from those of another."""


def made(kind: int, number: int) -> str:
    """Return the id of a number, which is not negative."""
    return _written((number * MIXER + kind) % SPACE)


def number(kind: int, text: str) -> int | None:
    """Return the number behind an id, None if the text is not formed like one."""
    if not FORM.match(text):
        return None
    digits = text.replace("-", "")
    bits = int(digits[:12] + digits[13:16], 16) << 62 | int(digits[16:], 16) & ((1 << 62) - 1)
    return (bits - kind) * UNMIXER % SPACE


def named(kind: str, name: str) -> str:
    """Return the id of something that has only a name."""
    digest = hashlib.sha256(f"{kind}/{name}".encode()).digest()
    return _written(int.from_bytes(digest, "big") % SPACE)


def _written(bits: int) -> str:
    high, low = divmod(bits, 1 << 62)
    front = f"{high:015x}"
    back = f"{low | 1 << 63:016x}"
    return f"{front[:8]}-{front[8:12]}-4{front[12:]}-{back[:4]}-{back[4:]}"
