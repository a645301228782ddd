"""How the ledger begins: with the sums of all fills up to some point, and only the fills after it.

Fills are never deleted, so a bot that trades for a year would read a million of them at its start. Every so often the
sums so far are written down beside them. They are made from the journal alone, never from memory, so that they hold
exactly the fills up to the one that they name.
"""

from engine.recovery.journal import Journal
from engine.recovery.ledger import Ledger

PAGE = 5_000
"""Fills that are read at once."""
FOLD_FROM = 1_000
"""Fills after the last checkpoint from which on it is worth another."""


async def ledger_of(journal: Journal) -> Ledger:
    """Return a ledger of every fill in the journal, and write a checkpoint when many were read for it.

    Raises:
        StoreUnavailable: the journal cannot be read, or does not take the checkpoint.
    """
    ledger = Ledger()
    upto, state = await journal.checkpoint()
    if state is not None:
        ledger.restore(state)
    read = 0
    while page := await journal.fills(after=upto, most=PAGE):
        for number, venue, trade in page:
            ledger.count(venue, trade)
            upto = number
        read += len(page)
    if read >= FOLD_FROM:
        await journal.write_checkpoint(upto, ledger.state())
    return ledger
