"""Two ways to people besides the pager: a chat room that is written to, and a bell that is missed when it is silent."""

from engine.ops.posting import Poster, taken

TEXT_CHARACTERS_MAX = 2000


class Webhook:
    """Fits `engine.services.paging.Notifier`: posts `{"text": …}`, as Slack, Mattermost and many others take it."""

    def __init__(self, poster: Poster, *, url: str, bot: str) -> None:
        self._poster = poster
        self._url = url
        self._bot = bot

    async def notify(self, text: str) -> bool:
        """Write into the room; False when it was not taken."""
        return taken(await self._poster.post(self._url, {"text": f"{self._bot}: {text}"[:TEXT_CHARACTERS_MAX]}))


class OutsideBell:
    """Fits `engine.services.monitor.Bell`: a dead man's switch such as healthchecks.io, which pages when no POST came.

    The total silence of a bot whose machines are all gone can only be heard from outside.
    """

    def __init__(self, poster: Poster, *, url: str, node: str) -> None:
        self._poster = poster
        self._url = url
        self._node = node

    async def ring(self) -> bool:
        """Give a sign of life; False when it was not heard."""
        return taken(await self._poster.post(self._url, {"node": self._node}))
