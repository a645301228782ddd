"""What every section of a configuration is: frozen, without unknown keys, and with its units in the values.

Keys of the file carry no unit, their values do (`entry_ttl: 30s`); attributes carry it in their name
(`entry_ttl_ns`).
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from engine.runtime.quantities import DurationNs, Exact

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Symbol = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,16}/[A-Z0-9]{1,16}$")]
Positive = Annotated[Exact, Field(gt=0)]
Wait = Annotated[DurationNs, Field(gt=0)]
SECOND_NS = 1_000_000_000


def key_of(attribute: str) -> str:
    """Return the key of the file for an attribute: the value carries the unit there."""
    return attribute.removesuffix("_ns")


class Section(BaseModel):
    """One section of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=key_of)
