"""What every section of a configuration is: frozen, without unknown keys, and with its units in the values.

Keys of the file carry no unit, their values do (`entry_ttl: 30s`); attributes carry it in their name
(`entry_ttl_ns`).
"""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from engine.runtime.mistakes import Mistake
from engine.runtime.quantities import DurationNs, Exact

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Symbol = Annotated[
    str,
    StringConstraints(
        pattern=r"^([A-Z0-9]{1,16}/[A-Z0-9]{1,16}(:[A-Z0-9]{1,16})?|[A-Z0-9_]{1,80}:[A-Z0-9_]{1,40}/[A-Z0-9]{1,16})$"
    ),
]
"""A pair, a contract and what it is margined in (`BTC/USDT:USDT`), or an answer to a question (`RAIN:YES/USDC`)."""
Positive = Annotated[Exact, Field(gt=0)]
Wait = Annotated[DurationNs, Field(gt=0)]
SECOND_NS = 1_000_000_000


def _secret_name(written: str) -> str:
    """Refuse what cannot be a name, without repeating it: it may be the secret itself."""
    if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,39}", written):
        raise PydanticCustomError("secret_name", "is no name of a secret")
    return written


SecretName = Annotated[str, AfterValidator(_secret_name)]
"""The name under which a secret is found, such as BINANCE_KEY; the key that holds it ends in `_env`."""


def key_of(attribute: str) -> str:
    """Return the key of the file for an attribute: the value carries the unit there."""
    return attribute.removesuffix("_ns")


class Section(BaseModel):
    """One section of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=key_of)


def contradiction(*mistakes: Mistake) -> PydanticCustomError:
    """Return what a validator raises over mistakes that it has told in full, each with its path from the top.

    What concerns one section alone is raised there: pydantic asks the whole only when every part is right, and a person
    is to be told everything at once.
    """
    return PydanticCustomError("contradiction", "contradiction", {"mistakes": list(mistakes)})


def at(path: str, problem: str, remedy: str) -> Mistake:
    """Return a mistake at a key whose path is written with dots."""
    return Mistake(path=tuple(path.split(".")), problem=problem, remedy=remedy)
