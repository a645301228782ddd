"""Whether the databases that machines share can be written into; nothing is written, and none of them stops trading."""

from collections.abc import AsyncIterator, Mapping

from engine.domain.errors import StoreUnavailable
from engine.runtime.config import BotConfig
from engine.runtime.real.findings import Finding, ok, warn
from engine.runtime.real.postgres import PostgresStore

MAY_MAKE_TABLES = "SELECT has_schema_privilege(current_schema(), 'CREATE')"


async def databases(config: BotConfig, secrets: Mapping[str, str]) -> AsyncIterator[Finding]:
    """Ask each shared database that the configuration names whether the bot may make its tables there."""
    wanted = {"history": config.dependencies.history, "analytics": config.dependencies.analytics}
    for part, section in wanted.items():
        if section is not None and section.url_env is not None and section.url_env in secrets:
            yield await _asked(part, secrets[section.url_env], within_ns=section.timeout_ns)


async def _asked(part: str, url: str, *, within_ns: int) -> Finding:
    check = f"database of {part}"
    try:
        store = PostgresStore(url, within_ns=within_ns)
        try:
            allowed = await store.read(MAY_MAKE_TABLES) == [(True,)]
        finally:
            await store.close()
    except StoreUnavailable as problem:
        return warn(check, str(problem), "correct its address or start it; until then events wait, and trading goes on")
    if not allowed:
        return warn(check, "this user may make no tables there", "GRANT CREATE ON SCHEMA public to it")
    return ok(check, "it writes through to its disk, and takes our tables")
