"""How a part of a node gets a venue of its own: with the account's key to trade, without one to hear prices."""

from contextlib import AsyncExitStack
from functools import partial
from random import Random

from engine.domain.messages import Component
from engine.ports.venue import Venue
from engine.runtime.kit import Kit


def venue_for(kit: Kit, name: str, stack: AsyncExitStack, *, trading: bool) -> Venue:
    """Connect a venue that is closed when the stack is; it is not opened yet."""
    from engine.venues import Credentials, connect  # late: a node without venues does without them

    keys = kit.config.venues[name]
    credentials = None
    if trading:
        credentials = Credentials(
            api_key=kit.secrets[keys.key_env],
            secret=kit.secrets[keys.secret_env],
            passphrase=kit.secrets[keys.passphrase_env] if keys.passphrase_env else "",
        )
    venue = connect(
        name,
        door=kit.door(name),
        credentials=credentials,
        connectors=kit.surroundings.connectors,
        random=Random(kit.surroundings.random.getrandbits(64)),
        testnet=kit.config.mode == "testnet",
        on_call=partial(kit.calls[Component.EXECUTION if trading else Component.INGESTION].note, name),
    )
    stack.push_async_callback(venue.close)
    return venue
