"""Kraken's transaction ids: `OQCLML-BW3P3-BUCMWZ` for order 1234, and back.

An id is the exchange's own number, mixed by a multiplication that can be undone, in sixteen letters and digits. So
ids look as random as the venue's and need no table.
"""

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SPACE = len(DIGITS) ** 16
MIXER = 3_482_910_755_318_294_671_502_881  # coprime to 36, so that it can be undone
UNMIXER = pow(MIXER, -1, SPACE)
OFFSET = 5_731_908_264_011

ORDER, TRADE, LEDGER = "O", "T", "L"
LENGTH = 19


def made(kind: str, number: int) -> str:
    """Return the id of a number, which is not negative; `kind` is its first letter."""
    mixed = (number * MIXER + OFFSET) % SPACE
    digits = []
    for _ in range(16):
        mixed, digit = divmod(mixed, 36)
        digits.append(DIGITS[digit])
    text = "".join(digits)
    return f"{kind}{text[:5]}-{text[5:10]}-{text[10:]}"


def number(kind: str, text: str) -> int | None:
    """Return the number behind an id, None if the text is not formed like one."""
    if len(text) != LENGTH or not text.startswith(kind) or text[6] != "-" or text[12] != "-":
        return None
    mixed = 0
    for letter in reversed(text[1:6] + text[7:12] + text[13:]):
        digit = DIGITS.find(letter)
        if digit < 0:
            return None
        mixed = mixed * 36 + digit
    return (mixed - OFFSET) * UNMIXER % SPACE
