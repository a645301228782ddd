"""PagerDuty as the bot sees it: the Events API v2 on `events.pagerduty.com`, and an open incident per dedup key.

Shapes from the vendor's documents: POST /v2/enqueue takes `routing_key`, `event_action` (trigger, acknowledge,
resolve), `dedup_key` and, for a trigger, `payload` with `summary`, `source` and `severity` (critical, error, warning,
info). It answers 202 with the dedup key, or 400 with a list of what is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web

from simulator.kernel import Host, World
from simulator.kernel.trace import Trace
from simulator.network import Internet

NAME = "events.pagerduty.com"
ACTIONS = ("trigger", "acknowledge", "resolve")
SEVERITIES = ("critical", "error", "warning", "info")
SUMMARY_CHARACTERS_MAX = 1024
DEDUP_KEY_CHARACTERS_MAX = 255


@dataclass(frozen=True, kw_only=True, slots=True)
class PageEvent:
    """One event that the pager accepted; `at_ns` is virtual time."""

    at_ns: int
    action: str
    dedup_key: str
    severity: str
    summary: str
    source: str
    details: Mapping[str, object] = field(default_factory=dict)
    """Whatever else was told of it."""


class Noting(Protocol):
    """Where the pager notes what it accepted."""

    @property
    def trace(self) -> Trace:
        """The list of what happened."""
        ...

    def now_ns(self) -> int:
        """Return virtual time."""
        ...


class PagingDesk:
    """The paging service: what it accepted, and which incidents are open."""

    def __init__(self, world: Noting, *, routing_key: str) -> None:
        self.events: list[PageEvent] = []
        self.open: dict[str, PageEvent] = {}
        self.on_event: list[Callable[[PageEvent], None]] = []
        self._world = world
        self._routing_key = routing_key
        self._keys = 0

    def tell(self, action: str, key: str, *, summary: str) -> None:
        """Take an event from another service that is integrated with the pager, not over the wire."""
        now_ns = self._world.now_ns()
        self._note(
            PageEvent(at_ns=now_ns, action=action, dedup_key=key, severity="critical", summary=summary, source="switch")
        )

    def application(self) -> web.Application:
        """Return what answers under `NAME`."""
        app = web.Application()
        app.router.add_post("/v2/enqueue", self._enqueue)
        return app

    async def _enqueue(self, request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.read())
        except ValueError:
            return invalid(["Event object is not valid JSON"])
        if errors := self._errors(body):
            return invalid(errors)
        return self._accept(body)

    def _errors(self, body: Any) -> list[str]:
        if not isinstance(body, dict):
            return ["Event object must be an object"]
        errors = []
        if body.get("routing_key") != self._routing_key:
            errors.append("'routing_key' is missing, invalid or unknown")
        if body.get("event_action") not in ACTIONS:
            errors.append(f"'event_action' must be one of {', '.join(ACTIONS)}")
        elif body["event_action"] == "trigger":
            errors += payload_errors(body.get("payload"))
        elif not body.get("dedup_key"):
            errors.append("'dedup_key' is required to acknowledge or resolve")
        if len(str(body.get("dedup_key") or "")) > DEDUP_KEY_CHARACTERS_MAX:
            errors.append(f"'dedup_key' is longer than {DEDUP_KEY_CHARACTERS_MAX} characters")
        return errors

    def _accept(self, body: dict[str, Any]) -> web.Response:
        payload = body.get("payload") or {}
        key = body.get("dedup_key")
        if not key:
            self._keys += 1
            key = f"{self._keys:032x}"
        event = PageEvent(
            at_ns=self._world.now_ns(),
            action=body["event_action"],
            dedup_key=key,
            severity=payload.get("severity", ""),
            summary=payload.get("summary", "")[:SUMMARY_CHARACTERS_MAX],
            source=payload.get("source", ""),
            details=payload.get("custom_details") or {},
        )
        self._note(event)
        return web.json_response({"status": "success", "message": "Event processed", "dedup_key": key}, status=202)

    def _note(self, event: PageEvent) -> None:
        self._world.trace.record("paged", event.action, event.dedup_key)
        self.events.append(event)
        if event.action == "trigger":
            self.open.setdefault(event.dedup_key, event)
        elif event.action == "resolve":
            self.open.pop(event.dedup_key, None)
        for listener in self.on_event:
            listener(event)


class Pager(PagingDesk):
    """The paging service on a machine of its own."""

    def __init__(self, world: World, internet: Internet, *, routing_key: str) -> None:
        super().__init__(world, routing_key=routing_key)
        self._internet = internet
        self.host = world.host("pagerduty", self._serve)

    async def _serve(self, host: Host) -> None:
        await self._internet.serve(host, self.application(), [NAME])


def payload_errors(payload: Any) -> list[str]:
    """Return what is wrong with a trigger's payload."""
    if not isinstance(payload, dict):
        return ["'payload' is missing or invalid"]
    errors = [
        f"'payload.{name}' is missing or blank"
        for name in ("summary", "source")
        if not isinstance(payload.get(name), str) or not payload[name].strip()
    ]
    if payload.get("severity") not in SEVERITIES:
        errors.append(f"'payload.severity' must be one of {', '.join(SEVERITIES)}")
    return errors


def invalid(errors: list[str]) -> web.Response:
    """Answer 400 as the vendor does."""
    return web.json_response(
        {"status": "invalid event", "message": "Event object is invalid", "errors": errors}, status=400
    )
