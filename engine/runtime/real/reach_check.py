"""Whether the places outside can be reached at which a bot calls for help; nobody is called.

Only the roots of their hosts are asked for: a page that is fetched from a dead man's switch rings it, and would keep a
dead bot quiet.
"""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp

from engine.ports.connectors import Connectors
from engine.runtime.config import BotConfig
from engine.runtime.real.findings import Finding, fail, ok, warn
from engine.runtime.real.keys import Secrets

WITHIN_S = 8.0


async def pager(config: BotConfig, secrets: Secrets, connectors: Connectors) -> AsyncIterator[Finding]:
    """Look at the pager, the chat room and the dead man's switch."""
    told = config.pager
    yield await _reached("pager", told.url, connectors)
    for check, name in (("chat room", told.webhook_url_env), ("dead man's switch", told.bell_url_env)):
        if name is None:
            continue
        if url := secrets.get(name):
            yield await _reached(check, url, connectors)
    if told.bell_url_env is None:
        remedy = "name the address of one in pager.bell_url_env"
        yield warn("dead man's switch", "there is none: a total silence wakes nobody", remedy)


async def _reached(check: str, url: str, connectors: Connectors) -> Finding:
    address = urlsplit(url)
    root = f"{address.scheme}://{address.hostname}" + (f":{address.port}" if address.port else "")
    try:
        async with (
            aiohttp.ClientSession(connector=connectors(), timeout=aiohttp.ClientTimeout(total=WITHIN_S)) as session,
            session.get(root, allow_redirects=False),
        ):
            return ok(check, f"{root} answers; nobody was called")
    except TimeoutError:
        said = f"{root} does not answer within {WITHIN_S:g} s"
    except aiohttp.ClientError as problem:
        said = f"{root} cannot be reached: {problem}"
    return fail(check, said, "see the address, and whether a firewall lets this machine out")
