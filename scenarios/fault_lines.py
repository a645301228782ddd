"""The `faults` of a scenario file, checked against what each kind of fault declares, as lines to draw from.

Parameters are checked on the values as written, even where the rest of the file is wrong, so that a person is told
of every mistake at once.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from chaos.condition import PriceBeyond, Raging, Word
from chaos.fault import Fault
from chaos.ground import Sites
from chaos.parameter import parameters_of
from chaos.schedule import FaultLine, NothingMatches, targets
from chaos.timing import Exponential, Fixed, Lognormal
from chaos.units import UnitInvalid, spoken
from chaos.vocabulary import KINDS
from scenarios.complaints import suggestion
from scenarios.document import Document, Keys
from scenarios.schema import ScenarioFile, WrittenFault


def check_kinds(document: Document) -> dict[int, dict[str, object]]:
    """Note unknown kinds and wrong parameters; return the parameters that were read, by the line's index."""
    read: dict[int, dict[str, object]] = {}
    for index, raw in _raw_lines(document):
        keys: Keys = ("faults", index)
        name = raw.get("inject")
        if not isinstance(name, str):
            continue
        if name not in KINDS:
            document.complain((*keys, "inject"), f"there is no fault {name!r}", suggestion(name, KINDS))
            continue
        given = raw.get("with", {})
        if isinstance(given, Mapping):
            read[index] = _parameters(document, (*keys, "with"), KINDS[name], given)
    return read


def fault_lines(
    document: Document, written: ScenarioFile, sites: Sites, parameters: Mapping[int, Mapping[str, object]]
) -> tuple[FaultLine, ...]:
    """Return the lines of a file whose kinds are known, noting every mistake of time and target."""
    lines: list[FaultLine] = []
    ids: set[str] = set()
    for index, one in enumerate(written.faults):
        if one.inject not in KINDS:
            continue
        line = _line(one, parameters.get(index, {}), ids)
        ids.add(line.id)
        keys: Keys = ("faults", index)
        for last, what, remedy in _mistakes(line, one, written, sites):
            document.complain((*keys, last), what, remedy)
        lines.append(line)
    return tuple(lines)


def _raw_lines(document: Document) -> Iterator[tuple[int, Mapping[str, Any]]]:
    raw = document.values.get("faults")
    for index, one in enumerate(raw if isinstance(raw, list) else []):
        if isinstance(one, dict):
            yield index, one


def _parameters(document: Document, keys: Keys, kind: type[Fault], given: Mapping[str, object]) -> dict[str, object]:
    declared = parameters_of(kind)
    values: dict[str, object] = {}
    for name, written in given.items():
        if name not in declared:
            remedy = suggestion(name, declared) if declared else "it has none: remove `with`"
            document.complain((*keys, name), f"{kind.name} has no parameter {name!r}", remedy)
            continue
        try:
            values[name] = declared[name].read(written)
        except UnitInvalid as error:
            document.complain((*keys, name), f"{name}: {error.what}", error.remedy)
    return values


def _line(one: WrittenFault, parameters: Mapping[str, object], ids: set[str]) -> FaultLine:
    plain = f"{one.inject}@{one.on}"
    repeats = sum(1 for taken in ids if taken.partition("~")[0] == plain)
    return FaultLine(
        id=one.id or (f"{plain}~{repeats + 1}" if repeats else plain),
        kind=KINDS[one.inject],
        on=one.on,
        at_ns=one.at_ns,
        every=one.every,
        during=one.during,
        for_ns=one.for_ns,
        only_while=one.while_,
        seed=one.seed,
        parameters=dict(parameters),
    )


def _mistakes(
    line: FaultLine, one: WrittenFault, written: ScenarioFile, sites: Sites
) -> Iterator[tuple[str, str, str]]:
    act_ns = written.world.duration_ns
    yield from _mistakes_of_time(line, act_ns)
    if one.id is not None and [two.id for two in written.faults].count(one.id) > 1:
        yield "id", f"two faults have the id {one.id!r}", "give each its own"
    try:
        chosen = targets(line.on, line.kind.aims_at, sites, random.Random(0))
    except NothingMatches as error:
        yield "on", error.what, error.remedy
        return
    for target in chosen:
        least_ns = line.kind.least_ns(target)
        if line.kind.for_min_ns <= line.lasts_ns < least_ns:
            what = f"at {target} it cannot be over in {spoken(line.lasts_ns)}"
            yield "for", what, f"let it last {spoken(least_ns)} at least"
    yield from _mistakes_of_conditions(line, written)
    if line.seed is not None and (line.at_ns is None or line.every is not None or len(chosen) > 1):
        yield "seed", "a seed belongs to one injection on one target", "write `at`, no `every`, and one name"


def _mistakes_of_time(line: FaultLine, act_ns: int) -> Iterator[tuple[str, str, str]]:
    least_ns, lasts_ns = line.kind.for_min_ns, line.lasts_ns
    if line.at_ns is None and line.every is None and line.during is None:
        yield "inject", "the fault never comes: it has no `at`, `every` or `during`", "add `at: 30m`, say"
    if lasts_ns < least_ns:
        yield "for", f"{spoken(lasts_ns)} is too short", f"let it last {spoken(least_ns)} at least"
    surely_ns = least_ns if isinstance(line.for_ns, Lognormal) else lasts_ns
    if line.at_ns is not None and line.every is None and line.at_ns + surely_ns > act_ns:
        yield (
            "at",
            f"from {spoken(line.at_ns)} for {spoken(surely_ns)} it outlasts the act under fire of {spoken(act_ns)}",
            "move or shorten it, or lengthen `world.duration`",
        )
    if isinstance(line.every, Fixed) and line.every.period_ns <= lasts_ns:
        yield "every", "it comes again before it has healed", f"make `every` longer than {spoken(lasts_ns)}"
    if line.during is not None and line.at_ns is not None:
        yield "during", "it has both a time and a window", "keep `at` or `during`"
    if line.during is not None and line.during.until_ns > act_ns:
        yield "during", f"the window outlasts the act under fire of {spoken(act_ns)}", "shorten it"
    if line.during is not None and line.during.lasts_ns < surely_ns:
        yield "during", f"the window leaves no room for {spoken(surely_ns)}", "lengthen it, or shorten `for`"


def _mistakes_of_conditions(line: FaultLine, written: ScenarioFile) -> Iterator[tuple[str, str, str]]:
    condition, world = line.only_while, written.world
    if isinstance(condition, Raging) and condition.name not in {one.inject for one in written.faults}:
        yield "while", f"no fault {condition.name!r} comes in this scenario", "name one of its faults"
    if isinstance(condition, PriceBeyond) and condition.market not in world.markets:
        yield "while", f"there is no market {condition.market!r}", suggestion(condition.market, world.markets)
    stormy = isinstance(condition, Word) and condition.word == "stormy"
    hastened = isinstance(line.every, Exponential) and line.every.in_storm > 1
    if (stormy or hastened) and world.climate is None:
        yield "while" if stormy else "every", "this world has no storms", "give it a `world.climate`"
