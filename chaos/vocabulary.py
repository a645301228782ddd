"""Every kind of fault, by the name under which a scenario injects it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from chaos.answers import FalseReject, FlakyList, NotFoundAfterCreate, ReadLag, RequestLost, SlowAck
from chaos.bus import BusOutage
from chaos.closed import AuthFailure, Ban, ForcedCancel, Maintenance, RestrictedReopening, StopNotTriggered
from chaos.fault import Fault
from chaos.host import ClockDrift, ClockStep, Crash, Pause, ZoneOutage
from chaos.market import FlashCrash, Jump, LiquidityVanishes, StuckPrice, VenueDivergence
from chaos.model import SignalCrash, SignalDisagreement, SignalGarbage, SignalHang
from chaos.network import Partition
from chaos.service import AnalyticsDown, PagerDown, SentimentDown
from chaos.storage import DatabaseLocked, DiskFull, SlowSync
from chaos.stream import Gap, Silence, SocketDrop, Stale, ZombieSubscription
from chaos.venue import AckLost, Outage, PartialOutage, RateLimit, SettlementFails, SilentReject

VENUES_FAIL = (
    Outage,
    PartialOutage,
    Maintenance,
    RestrictedReopening,
    AuthFailure,
    RateLimit,
    Ban,
    ForcedCancel,
    StopNotTriggered,
)
VENUES_MISLEAD = (
    AckLost,
    RequestLost,
    SlowAck,
    FalseReject,
    SilentReject,
    NotFoundAfterCreate,
    FlakyList,
    ReadLag,
    SettlementFails,
)
STREAMS_FAIL = (SocketDrop, Silence, ZombieSubscription, Stale, Gap)
MARKETS_GO_WILD = (FlashCrash, Jump, VenueDivergence, LiquidityVanishes, StuckPrice)
GROUND_GIVES_WAY = (Crash, ZoneOutage, Pause, ClockStep, ClockDrift, Partition, BusOutage)
DISKS_FAIL = (DiskFull, DatabaseLocked, SlowSync)
SERVICES_FAIL = (SentimentDown, AnalyticsDown, PagerDown)
MODELS_FAIL = (SignalCrash, SignalHang, SignalGarbage, SignalDisagreement)

KINDS: Mapping[str, type[Fault]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            *VENUES_FAIL,
            *VENUES_MISLEAD,
            *STREAMS_FAIL,
            *MARKETS_GO_WILD,
            *GROUND_GIVES_WAY,
            *DISKS_FAIL,
            *SERVICES_FAIL,
            *MODELS_FAIL,
        )
    }
)
