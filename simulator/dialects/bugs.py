"""Bugs of a dialect are loud: no input of a client may raise, so what does raise is ours and must reach the world.

aiohttp would only log it and answer 500 or close the connection, and a scenario would take that for weather.
"""

import asyncio


def tell(error: Exception, where: str) -> None:
    """Tell the loop's exception handler of a bug; whoever caught it raises it again."""
    context = {"message": f"a bug in a dialect, at {where}", "exception": error}
    asyncio.get_running_loop().call_exception_handler(context)
