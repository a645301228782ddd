"""The house style, as far as a machine can check it; what it says names the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.tidy import (
    DOORS_TO_REALITY,
    PACKAGES,
    Source,
    complaints,
    file_is_short,
    folders_are_shallow,
    functions_are_short,
    module_says_what_it_is,
    name_is_a_noun_of_the_domain,
    nothing_reaches_out,
    public_things_say_what_they_do,
    sources,
)

ROOT = Path(__file__).parents[2]


def test_our_packages_are_tidy() -> None:
    """Every file of the four packages keeps every rule."""
    found = sources(ROOT)

    assert {source.where.partition("/")[0] for source in found} == set(PACKAGES), "a package has no files to check"
    assert complaints(found) == []


def test_our_tests_are_short_and_use_no_mocks_and_no_clocks() -> None:
    """Tests keep the rules that make sense for them."""
    found = sources(ROOT, ("tests",))

    assert len(found) > 10
    assert complaints(found, (file_is_short, functions_are_short, nothing_reaches_out)) == []


PLANTED = [
    ("import time\n\n\ndef f():\n    return time.time()\n", "the clock that was handed in"),
    ("import time as t\n\nnow = t.monotonic\n", "the clock that was handed in"),
    ("from time import monotonic\n", "the clock that was handed in"),
    ("from datetime import datetime\n\nnow = datetime.now()\n", "the clock that was handed in"),
    ("import datetime\n\nnow = datetime.datetime.utcnow()\n", "the clock that was handed in"),
    ("import random\n\nx = random.random()\n", "the random stream"),
    ("from random import choice\n", "the random stream"),
    ("import uuid\n\nx = uuid.uuid4()\n", "the random stream"),
    ("import threading\n\nx = threading.Thread()\n", "use a task"),
    ("import socket\n\nx = socket.socket()\n", "the connector"),
    ("import asyncio\n\nasync def f(ts):\n    await asyncio.wait(ts)\n", "TaskGroup"),
    ("from asyncio import as_completed\n", "TaskGroup"),
    ("import secrets\n\nx = secrets.token_hex()\n", "the random stream"),
    ("import asyncio\n\nx = asyncio.start_server\n", "Internet.serve"),
    ("from aiohttp import web\n\nx = web.TCPSite\n", "Internet.serve"),
    ("from unittest import mock\n", "the simulator is the fake"),
    ("import unittest.mock\n", "the simulator is the fake"),
]


@pytest.mark.parametrize(("text", "remedy"), PLANTED)
def test_what_reaches_out_of_the_world_is_named_with_its_replacement(text: str, remedy: str) -> None:
    """Each ban bites, however the name was imported."""
    found = complaints([Source("engine/x.py", text)], (nothing_reaches_out,))

    assert len(found) >= 1
    assert remedy in found[0]


def test_an_exception_is_written_on_its_line_with_its_reason() -> None:
    """A bare mark excuses nothing."""
    excused = Source("engine/x.py", "import time\n\nnow = time.time()  # tidy: the live clock is made of it\n")
    unexcused = Source("engine/x.py", "import time\n\nnow = time.time()  # tidy:\n")

    assert complaints([excused], (nothing_reaches_out,)) == []
    assert len(complaints([unexcused], (nothing_reaches_out,))) == 1


def test_the_doors_to_reality_are_used_as_listed_and_let_nothing_else_through() -> None:
    """A door that is no longer needed is closed, and nothing but what it was made for passes."""
    found = {source.where: source for source in sources(ROOT) if source.where in DOORS_TO_REALITY}

    assert set(found) == set(DOORS_TO_REALITY)
    for where, passing in DOORS_TO_REALITY.items():
        elsewhere = complaints([Source("simulator/x.py", found[where].text)], (nothing_reaches_out,))
        assert all(any(one in complaint for complaint in elsewhere) for one in passing)
        assert complaints([Source(where, "import time\n\nnow = time.time()\n")], (nothing_reaches_out,))


def test_only_what_serves_knows_the_doors_to_reality() -> None:
    """A virtual world cannot use them by accident."""
    users = {source.where for source in sources(ROOT) if "simulator.serve" in source.text}

    assert {where for where in users if not where.startswith("simulator/serve/")} == {
        "scenarios/cli/serving.py",
        "scenarios/cli/stalls.py",
        "scenarios/live/pages.py",
        "scenarios/loopback/stage.py",
        "scenarios/loopback/toxiproxy.py",
        "scenarios/loopback/world.py",
        "scenarios/live/stand_ins.py",
    }


def test_only_commands_for_real_processes_know_the_real_adapters() -> None:
    """A simulated machine is handed simulated ports."""
    users = {source.where for source in sources(ROOT) if "engine.runtime.real" in source.text}

    assert not {
        where
        for where in users
        if not where.startswith(
            (
                "engine/runtime/real/",
                "scenarios/cli/",
                "scenarios/live/",
                "scenarios/loopback/",
                "scenarios/bench/wire.py",
            )
        )
    }


def test_a_generator_that_was_handed_in_is_no_module() -> None:
    """A parameter called `random` is not the module of that name."""
    handed = Source("engine/x.py", "import random\n\n\ndef f(random: random.Random):\n    return random.random()\n")

    assert complaints([handed], (nothing_reaches_out,)) == []


def test_a_generator_made_from_a_seed_is_allowed() -> None:
    """Chance as such is fine; chance without a seed is not."""
    seeded = Source("engine/x.py", "import random\n\nchance = random.Random(7)\nx = chance.random()\n")

    assert complaints([seeded], (nothing_reaches_out,)) == []


def test_long_files_long_functions_and_silent_ones_are_named() -> None:
    """Sizes and docstrings are checked."""
    long_function = "def f():\n" + "    x = 1\n" * 61

    assert complaints([Source("engine/x.py", "x = 1\n" * 501)], (file_is_short,))
    assert complaints([Source("engine/x.py", long_function)], (functions_are_short,))
    assert complaints([Source("engine/x.py", "x = 1\n")], (module_says_what_it_is,))
    assert complaints([Source("engine/x.py", "class Public:\n    pass\n")], (public_things_say_what_they_do,))


def test_drawers_and_deep_folders_are_refused() -> None:
    """A file is a noun of the domain, and lies where it can be found."""
    assert complaints([Source("engine/utils.py", "")], (name_is_a_noun_of_the_domain,))
    assert complaints([Source("engine/common/x.py", "")], (name_is_a_noun_of_the_domain,))
    assert complaints([Source("engine/a/b/c/x.py", "")], (folders_are_shallow,))
    assert not complaints([Source("simulator/dialects/binance/x.py", "")], (folders_are_shallow,))
