"""Strategies and models that a person names in the bot's file: found, checked and given their parameters.

`use` is the name of one that comes with the engine, `module:Class`, or a file beside the bot's own,
`./my_strategy.py:Class`. The keyword arguments of its constructor are its parameters: their annotations say what may
stand in the file, in the file's own units (a `Decimal` is a number or a share, `3%`; an `int` whose name ends in `_ns`
is a duration, under its name without the ending; a `Path` is relative to the bot's file). A mistake names the file,
the class, and what is missing, before anything is started.
"""

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, BeforeValidator, ConfigDict, InstanceOf, ValidationError, create_model

from engine.domain.money import Money, Price, Quantity
from engine.runtime.quantities import DurationNs, exact, share
from engine.runtime.section import key_of

SHIPPED: Mapping[str, str] = {
    "momentum": "engine.strategies.momentum:Momentum",
    "market-maker": "engine.strategies.market_maker:MarketMaker",
    "arbitrage": "engine.strategies.arbitrage:Arbitrage",
    "forecast": "engine.strategies.forecast:Forecast",
}
"""The strategies that come with the engine, by the names under which a bot's file may use them."""

BARS_MAX = 10_000
Complaint = tuple[str | None, str, str]
"""The parameter that is wrong (None: the class itself), what is wrong, and what to do."""


class PluginRefused(Exception):
    """What a person named cannot be used; `complaints` are all the reasons."""

    def __init__(self, *complaints: Complaint) -> None:
        self.complaints = complaints
        super().__init__("; ".join(problem for _, problem, _ in complaints))


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """A class that was found, with checked arguments."""

    use: str
    """As `module:Class` or as `/absolute/file.py:Class`."""
    cls: type
    arguments: Mapping[str, Any]

    def make(self) -> Any:
        """Return a new instance."""
        return self.cls(**self.arguments)

    @property
    def is_modelled(self) -> bool:
        """Tell whether it is a strategy that asks a model."""
        return callable(getattr(self.cls, "features", None))


def load_strategy(use: str, written: Mapping[str, Any], folder: Path | None) -> Plugin:
    """Find a strategy, give it its parameters, and see that it can be asked; raise `PluginRefused`."""
    plugin = _load(SHIPPED.get(use, use), use, written, folder)
    where = f"the strategy {plugin.cls.__name__} ({plugin.use.rpartition(':')[0]})"
    _needs(plugin.cls, where, "decide", takes=1, remedy="write `def decide(self, view: View) -> Wish | None`")
    if plugin.is_modelled:
        _needs(plugin.cls, where, "features", takes=1, remedy="write `def features(self, view: View) -> Features`")
    strategy = _made(plugin, where)
    bars = getattr(strategy, "bars_needed", None)
    if isinstance(bars, bool) or not isinstance(bars, int) or not 1 <= bars <= BARS_MAX:
        problem = f"{where} has bars_needed {bars!r}, which is no number of bars"
        raise PluginRefused((None, problem, f"give it a whole number from 1 to {BARS_MAX}"))
    return plugin


def load_model(use: str, written: Mapping[str, Any], folder: Path | None) -> Plugin:
    """Find a model's class and check its arguments; it is not made here, since loading a model may take long."""
    plugin = _load(use, use, written, folder)
    where = f"the model {plugin.cls.__name__} ({plugin.use.rpartition(':')[0]})"
    _needs(plugin.cls, where, "predict", takes=1, remedy="write `def predict(self, features: Features) -> float`")
    return plugin


def load_class(use: str, folder: Path | None = None) -> type:
    """Import the class of `module:Class` or `file.py:Class`; raise `PluginRefused`."""
    place, colon, name = use.rpartition(":")
    if not colon or not place or not name:
        remedy = f"write module:Class, ./file.py:Class, or one of {', '.join(SHIPPED)}"
        raise PluginRefused((None, f"{use!r} names no class", remedy))
    module = _module(place, folder)
    found = getattr(module, name, None)
    if not isinstance(found, type):
        classes = [each for each, value in vars(module).items() if isinstance(value, type)]
        close = get_close_matches(name, classes, 1)
        remedy = f"did you mean {close[0]}?" if close else "write it there, or correct its name"
        raise PluginRefused((None, f"there is no class {name} in {place}", remedy))
    return found


def _load(use: str, written_use: str, written: Mapping[str, Any], folder: Path | None) -> Plugin:
    if use.partition(":")[0].endswith(".py"):
        place, _, name = use.rpartition(":")
        use = f"{_beside(folder, Path(place))}:{name}"
    cls = load_class(use, folder)
    return Plugin(use=use, cls=cls, arguments=_arguments(cls, written_use, written, folder))


def _module(place: str, folder: Path | None) -> ModuleType:
    try:
        return _from_file(_beside(folder, Path(place))) if place.endswith(".py") else importlib.import_module(place)
    except FileNotFoundError as missing:
        remedy = "correct the path, which is relative to the bot's file"
        raise PluginRefused((None, f"there is no file {missing}", remedy)) from None
    except ModuleNotFoundError as missing:
        problem = f"{place} cannot be imported: there is no module {missing.name}"
        raise PluginRefused((None, problem, "install it, or correct the name")) from None
    except Exception as failure:  # a supervised border: it is somebody else's code
        raise PluginRefused((None, f"{place} cannot be imported: {_told(failure)}", "correct it")) from failure


def _from_file(path: Path) -> ModuleType:
    """Run a file as a module of its own; the same file has the same name in every process."""
    if not path.is_file():
        raise FileNotFoundError(path)
    name = f"plugin_{path.stem}_{sha256(str(path).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their own module up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _needs(cls: type, where: str, name: str, *, takes: int, remedy: str) -> None:
    """Refuse a class that lacks a method, or whose method cannot be called with so many arguments."""
    method = getattr(cls, name, None)
    if not callable(method):
        raise PluginRefused((None, f"{where} has no method {name}", remedy))
    try:
        inspect.signature(method).bind(None, *(None for _ in range(takes)))
    except TypeError:
        raise PluginRefused((None, f"{name} of {where} does not take what it is given", remedy)) from None


def _made(plugin: Plugin, where: str) -> Any:
    try:
        return plugin.make()
    except Exception as failure:  # a supervised border: a constructor of somebody else's
        raise PluginRefused((None, f"{where} refuses its parameters: {_told(failure)}", "correct them")) from failure


def _told(failure: Exception) -> str:
    return str(failure) if isinstance(failure, ValueError) and str(failure) else f"{type(failure).__name__}: {failure}"


# -- parameters


def _arguments(cls: type, use: str, written: Mapping[str, Any], folder: Path | None) -> dict[str, Any]:
    """Check what was written against the constructor's annotations; raise `PluginRefused` with every mistake."""
    fields: dict[str, Any] = {}
    hints = _hints(cls, use)
    for name, parameter in inspect.signature(cls).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[name] = (_read(name, hints.get(name, Any), folder), default)
    config = ConfigDict(extra="forbid", alias_generator=key_of, protected_namespaces=())
    model = create_model(cls.__name__, __config__=config, **fields)
    try:
        checked = model.model_validate(dict(written))
    except ValidationError as error:
        known = ", ".join(key_of(name) for name in fields) or "none"
        raise PluginRefused(*(_complaint(detail, use, known) for detail in error.errors())) from None
    return {name: getattr(checked, name) for name in fields}


def _hints(cls: type, use: str) -> dict[str, Any]:
    try:
        return get_type_hints(cls.__init__)  # type: ignore[misc]  # the constructor is what is asked about
    except Exception as failure:  # a supervised border: annotations are somebody else's code too
        problem = f"the annotations of {use} cannot be read: {_told(failure)}"
        raise PluginRefused((None, problem, "correct them")) from failure


def _complaint(detail: Any, use: str, known: str) -> Complaint:
    name = str(detail["loc"][0])
    match detail["type"]:
        case "extra_forbidden":
            return name, f"is no parameter of {use}, which knows {known}", "remove it, or correct its spelling"
        case "missing":
            return name, f"is missing: {use} needs it", "add it"
    return name, detail["msg"].removeprefix("Value error, "), "correct it"


def _read(name: str, hint: Any, folder: Path | None) -> Any:
    """Return the annotation by which a parameter is read from the file."""
    if get_origin(hint) in (Union, UnionType):
        options = tuple(_read(name, option, folder) for option in get_args(hint))
        return Union[options]  # noqa: UP007  # made at run time
    if hint is int and name.endswith("_ns"):
        return DurationNs
    if hint is Path:
        return Annotated[Path, AfterValidator(partial(_beside, folder))]
    if hint is Decimal:
        return Annotated[Decimal, BeforeValidator(_number_or_share)]
    if hint in (Price, Quantity, Money):
        return Annotated[InstanceOf[hint], BeforeValidator(_amount(hint))]  # type: ignore[misc]  # made at run time
    return hint if hint is not None else NoneType


def _beside(folder: Path | None, path: Path) -> Path:
    return path if path.is_absolute() else ((folder or Path()) / path).resolve()


def _number_or_share(written: object) -> Decimal:
    try:
        return exact(written)
    except ValueError:
        return share(written)


def _amount(kind: Callable[[Decimal], Any]) -> Callable[[object], Any]:
    return lambda written: written if isinstance(written, (Price, Quantity, Money)) else kind(exact(written))
