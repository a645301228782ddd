"""How the program is entered and left: one exit code for each of the ways a run can end.

    0    held, or done
    1    a promise broken
    2    wrong usage or configuration
    3    unknown: too little was put to the test, or a checker failed
    4    the program itself failed, or nobody read what it wrote
    130  interrupted

Left to itself the command-line library would leave with 1 on an uncaught exception, which would read as a broken
promise; and a reader who closes the pipe early would look like one too. `CutShort` carries past it what it would keep.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence

BROKEN_PROMISE, WRONG_USAGE, FAILED, INTERRUPTED = 1, 2, 4, 130


def main() -> None:
    """Run the command line with the arguments of the process, and leave."""
    sys.exit(leave())


def leave(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; arguments are those of the process unless given."""
    from scenarios.cli import bot_commands  # which adds its commands to the others
    from scenarios.cli.app import CutShort, app

    assert bot_commands

    def enter() -> None:
        try:
            app(arguments, prog_name="stormproof")
        except CutShort as cut:
            raise cut.by from None

    return guarded(enter)


def guarded(work: Callable[[], object]) -> int:
    """Do some work and return the exit code for however it ends."""
    from scenarios.problem import UsageError

    try:
        try:
            work()
        finally:
            sys.stdout.flush()  # here, where a reader who has gone is noticed, and not when Python ends
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else 0 if exit_.code is None else FAILED
    except UsageError as error:
        return _tell(str(error), WRONG_USAGE)
    except KeyboardInterrupt:
        return _tell("interrupted", INTERRUPTED)
    except BrokenPipeError:
        _stop_writing()
        return FAILED
    except Exception:  # the outermost supervisor: whatever was not foreseen is the program's own failure
        traceback.print_exc()
        return _tell("the program itself failed; the lines above say where", FAILED)
    return 0


def _tell(text: str, code: int) -> int:
    sys.stderr.write(f"{text}\n")
    return code


def _stop_writing() -> None:
    """Nobody reads any more: do not fail a second time while Python flushes at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
