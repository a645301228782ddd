"""What libraries log while a world runs is counted, and not written over the terminal."""

from __future__ import annotations

import logging

from scenarios.overheard import overhearing


def log_an_error(error: Exception) -> None:
    """Log as a server does that met an error."""
    logging.getLogger("aiohttp.server").error("Error handling request from %s", "exec-a", exc_info=error)


def test_errors_are_counted_by_who_logged_them_and_what_they_were() -> None:
    """Without what they carry, which may be an address or a key."""
    with overhearing() as overheard:
        log_an_error(KeyError("secret"))
        log_an_error(KeyError("another"))
        logging.getLogger("asyncio").warning("slow")
        logging.getLogger("asyncio").info("fine")
    log_an_error(KeyError("after"))

    assert overheard.counts == {"aiohttp.server: KeyError": 2, "asyncio: slow": 1}


def test_a_connection_that_a_fault_cut_is_no_news() -> None:
    """The door raises this on purpose."""
    with overhearing() as overheard:
        log_an_error(ConnectionResetError("cut by the gate"))

    assert not overheard.counts
