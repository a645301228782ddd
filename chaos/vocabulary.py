"""Every kind of fault, by the name under which a scenario injects it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from chaos.answers import FalseReject, FlakyList, NotFoundAfterCreate, ReadLag, RequestLost, SlowAck
from chaos.bus import BusOutage, BusRedelivery, BusSlow
from chaos.closed import AuthFailure, Ban, ForcedCancel, Maintenance, RestrictedReopening, StopNotTriggered
from chaos.endpoint import CorruptBody, SpuriousRateLimit
from chaos.fault import Fault
from chaos.host import ClockDrift, ClockStep, Crash, Pause, PowerCut, Reboot, RegionOutage, Slow, ZoneOutage
from chaos.market import (
    FlashCrash,
    Jump,
    LiquidityVanishes,
    MessageBurst,
    PartialFill,
    StuckPrice,
    VenueDivergence,
)
from chaos.model import SignalCrash, SignalDisagreement, SignalGarbage, SignalHang
from chaos.network import (
    Bandwidth,
    BlackHole,
    DnsFailure,
    Down,
    Latency,
    LimitData,
    Partition,
    Reset,
    Slicer,
    SlowClose,
    TlsFailure,
)
from chaos.records import CancelLag, ClockSkew, HistoryLimit, WrongBalance, WrongStatus
from chaos.refusal import FilterChange, Reject
from chaos.service import AnalyticsDown, PagerDown, SentimentDown
from chaos.storage import DatabaseLocked, DiskFailing, DiskFull, SlowSync
from chaos.stream import (
    Duplicate,
    ForcedDisconnect,
    Gap,
    ListenKeyExpiry,
    Reorder,
    Silence,
    SocketDrop,
    Stale,
    ZombieSubscription,
)
from chaos.venue import AckLost, Outage, PartialOutage, RateLimit, SettlementFails, SilentReject

NETWORKS_FAIL = (
    Latency,
    Bandwidth,
    SlowClose,
    BlackHole,
    Reset,
    Slicer,
    LimitData,
    Down,
    Partition,
    DnsFailure,
    TlsFailure,
)
VENUES_FAIL = (
    Outage,
    PartialOutage,
    Maintenance,
    RestrictedReopening,
    AuthFailure,
    RateLimit,
    SpuriousRateLimit,
    Ban,
    Reject,
    FilterChange,
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
    WrongStatus,
    WrongBalance,
    CorruptBody,
    ClockSkew,
    CancelLag,
    HistoryLimit,
    SettlementFails,
)
STREAMS_FAIL = (
    SocketDrop,
    ForcedDisconnect,
    Silence,
    ZombieSubscription,
    ListenKeyExpiry,
    Stale,
    Gap,
    Duplicate,
    Reorder,
)
MARKETS_GO_WILD = (FlashCrash, Jump, VenueDivergence, LiquidityVanishes, PartialFill, StuckPrice, MessageBurst)
GROUND_GIVES_WAY = (Crash, Reboot, PowerCut, ZoneOutage, RegionOutage, Pause, Slow, ClockStep, ClockDrift)
BUS_FAILS = (BusOutage, BusRedelivery, BusSlow)
DISKS_FAIL = (DiskFull, DiskFailing, DatabaseLocked, SlowSync)
SERVICES_FAIL = (SentimentDown, AnalyticsDown, PagerDown)
MODELS_FAIL = (SignalCrash, SignalHang, SignalGarbage, SignalDisagreement)

KINDS: Mapping[str, type[Fault]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            *NETWORKS_FAIL,
            *VENUES_FAIL,
            *VENUES_MISLEAD,
            *STREAMS_FAIL,
            *MARKETS_GO_WILD,
            *GROUND_GIVES_WAY,
            *BUS_FAILS,
            *DISKS_FAIL,
            *SERVICES_FAIL,
            *MODELS_FAIL,
        )
    }
)
