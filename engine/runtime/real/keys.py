"""The secrets of one process: looked for by the names that the configuration gives, and never told.

A configuration says `key_env: BINANCE_KEY` and holds no value. The value is looked for in a file that only its owner
can read, then in the environment, then in the system's keyring; never on a command line, which everybody on the machine
can read. Each node, a standby and a kill may have a key of their own at a venue, so that one can be revoked alone: a
name with the asker's behind it (`BINANCE_KEY__EXEC_A`, `BINANCE_KEY__KILL`) goes before the name alone.
"""

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from engine.runtime.config import BotConfig
from engine.runtime.mistakes import ConfigRefused, Mistake
from engine.runtime.real.redaction import Redactor
from engine.runtime.section import Section

FILE_BYTES_MAX = 1 << 20
VALUE_CHARS_MIN = 6
"""Anything shorter is no secret, and taking it out of every text would make them unreadable."""

Ask = Callable[[str, str], str | None]
"""Ask a keyring for the secret of a service and a name."""


class Secrets(Mapping[str, str]):
    """Values by the names that the configuration gives, and what takes them out of text. Only names are ever shown."""

    def __init__(self, values: Mapping[str, str], *, found: Mapping[str, str] | None = None) -> None:
        self._values = dict(values)
        self.found = dict(found or {})
        """Where each was found, for people."""
        self.redact = Redactor()
        for name, value in self._values.items():
            self.redact.learn(name, value)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self._values)})"


def find_secrets(
    config: BotConfig,
    *,
    who: str,
    environment: Mapping[str, str],
    file: Path | None = None,
    ask: Ask | None = None,
) -> Secrets:
    """Return the secrets that a configuration names, as far as they are set here.

    Args:
        who: a node, or `kill`; its own secrets go before those of all.
        file: a file of `NAME=value` lines.
        ask: a keyring, such as `ask_system_keyring`; asked for what is nowhere else.

    Raises:
        ConfigRefused: the file cannot be read, can be read by others, or has a line that is none; or a value is no
            secret. No message holds a value.
    """
    written = read_key_file(file) if file is not None else {}
    sources: list[tuple[str, Callable[[str], str | None]]] = [
        (str(file), written.get),
        ("the environment", environment.get),
    ]
    if ask is not None:
        sources.append(("the system's keyring", lambda name: ask(f"stormproof/{config.bot}", name)))
    values, found = {}, {}
    for name in secret_names(config):
        for wanted in (own_name(name, who), name):
            where, value = next(((where, said) for where, get in sources if (said := get(wanted))), ("", ""))
            if value:
                values[name], found[name] = value, f"{wanted} in {where}"
                break
    if mistakes := [_too_short(name, found[name]) for name, value in values.items() if len(value) < VALUE_CHARS_MIN]:
        raise ConfigRefused(tuple(mistakes))
    return Secrets(values, found=found)


def own_name(name: str, who: str) -> str:
    """Return the name under which somebody has a secret of its own."""
    return f"{name}__{who.upper().replace('-', '_')}"


def secret_names(config: BotConfig) -> dict[str, str]:
    """Return the names of all secrets of a configuration, each with the key that names it."""
    return {name: key for key, name in _named(config, "")}


def read_key_file(file: Path) -> dict[str, str]:
    """Read `NAME=value` lines; a value may stand in quotes, and in double ones `\\n` is a new line.

    Raises:
        ConfigRefused: it cannot be read, others can read it, or a line is none.
    """
    values, mistakes = {}, []
    for number, line in enumerate(_private_text(file).splitlines(), 1):
        name, mark, value = line.strip().removeprefix("export ").partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not mark or not name.strip().isidentifier():
            mistakes.append(
                _mistake(f"{file}:{number}", "this line is no NAME=value", "correct it, or put # before it")
            )
        values[name.strip()] = _unquoted(value.strip())
    if mistakes:
        raise ConfigRefused(tuple(mistakes))
    return values


def ask_system_keyring(service: str, name: str) -> str | None:
    """Return what the system's keyring has; None where there is none, or no keyring."""
    try:
        import keyring  # late: an extra, and slow to load
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        return keyring.get_password(service, name)
    except KeyringError:
        return None  # locked, or there is none: the name is then told as one that is not set


def _private_text(file: Path) -> str:
    """Return what a file says that nobody but its owner can read or write."""
    try:
        with open(os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), encoding="utf-8") as opened:
            status = os.fstat(opened.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > FILE_BYTES_MAX:
                raise ConfigRefused((_mistake(str(file), "this is no file of keys", "name one"),))
            if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                mode = f"{stat.S_IMODE(status.st_mode):04o}"
                problem = f"others can read the keys in it (its mode is {mode})"
                remedy = f"say `chmod 600 {file}`, and replace the keys if anybody may have"
                raise ConfigRefused((_mistake(str(file), problem, remedy),))
            if status.st_uid not in (os.geteuid(), 0):
                problem, remedy = "it belongs to somebody else", "let the user who runs this own it"
                raise ConfigRefused((_mistake(str(file), problem, remedy),))
            return opened.read()
    except OSError as error:
        problem = f"the file of keys cannot be read: {(error.strerror or 'failed').lower()}"
        raise ConfigRefused((_mistake(str(file), problem, "correct its name or its permissions"),)) from None
    except UnicodeDecodeError:
        raise ConfigRefused((_mistake(str(file), "it is not text in UTF-8", "save it as UTF-8"),)) from None


def _unquoted(value: str) -> str:
    for quote in ("'", '"'):
        if len(value) > 1 and value[0] == value[-1] == quote:
            return value[1:-1].replace("\\n", "\n") if quote == '"' else value[1:-1]
    return value


def _named(part: object, path: str) -> Iterator[tuple[str, str]]:
    """Yield each key of a configuration that names a secret, with the name."""
    if isinstance(part, Section):
        for key, value in part:
            where = f"{path}.{key}" if path else key
            if key.endswith("_env") and isinstance(value, str):
                yield where, value
            yield from _named(value, where)
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from _named(value, f"{path}.{key}")


def _too_short(name: str, where: str) -> Mistake:
    return _mistake(name, f"{where} has fewer than {VALUE_CHARS_MIN} characters: that is no secret", "set the real one")


def _mistake(where: str, problem: str, remedy: str) -> Mistake:
    return Mistake(path=(where,), problem=problem, remedy=remedy)
