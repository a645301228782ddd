"""Orders over real HTTP bytes to simulated venues, on good days and bad ones."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.domain.errors import VenueTrouble
from engine.domain.evidence import NotSeen, Seen, VenueStatus, View, ViewFailed
from engine.domain.instrument import Side
from engine.domain.money import Price, Quantity
from engine.domain.ticket import Accepted, CancelAccepted, Refused, Ticket, TimeInForce, Unknown
from engine.domain.trouble import TroubleKind
from engine.domain.venue_facts import NS
from engine.ports.venue import Venue
from engine.resilience.breaker import BreakerState
from simulator.dialects.call import EndpointKind
from simulator.dialects.gate import Rule
from simulator.network.link import LinkSpeed
from tests.engine.venues.stage import BTC, VENUES, a_stage, a_ticket, kinds, ref_of

EACH_VENUE = pytest.mark.parametrize("name", VENUES)
ORDERS: frozenset[EndpointKind] = frozenset({"orders"})


async def place(venue: Venue, ticket: Ticket) -> str:
    """Place an order that must be accepted; return the venue's id after its views have caught up."""
    outcome = await venue.place(ticket)
    assert isinstance(outcome, Accepted), outcome
    await asyncio.sleep(1)
    return outcome.venue_order_id


@EACH_VENUE
def test_what_a_venue_declares_is_learned_when_it_is_opened(name: str) -> None:
    """Steps and minimums, exactly."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            btc = venue.instrument(BTC)
            truth = stage.exchange.instrument(BTC)
            assert (btc.tick_size, btc.lot_size) == (truth.tick_size, truth.lot_size)
            assert btc.quantity_min == Quantity(truth.min_quantity)
            assert (await venue.quote(BTC)).last == Price(60_000)
            balances = await venue.balances()
            assert (balances["BTC"].total, balances["USDT"].free) == (Decimal(2), Decimal(200_000))
            with pytest.raises(KeyError):
                venue.instrument("DOGE/USDT")

        stage.tell(story)


@EACH_VENUE
def test_an_order_rests_is_found_by_every_way_and_is_cancelled(name: str) -> None:
    """By client id while the venue's is not known, and by that afterwards."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            ticket = a_ticket(venue)
            venue_id = await place(venue, ticket)
            for ref in (ref_of(ticket), ref_of(ticket, venue_id)):
                for view in (View.LOOK_UP, View.OPEN_ORDERS):
                    (seen,) = await venue.look_up(ref, [view])
                    assert isinstance(seen, Seen)
                    assert (seen.status, seen.venue_order_id) == (VenueStatus.OPEN, venue_id)
            assert [order.client_order_id for order in await venue.open_orders(BTC)] == [ticket.client_order_id]

            outcome = await venue.cancel(ref_of(ticket), expires_ns=venue.now_ns() + 5 * NS)
            assert isinstance(outcome, CancelAccepted)
            await asyncio.sleep(1)
            (seen,) = await venue.look_up(ref_of(ticket), [View.LOOK_UP])
            assert isinstance(seen, Seen)
            assert (seen.status, seen.filled) == (VenueStatus.CANCELLED, Quantity(0))
            assert await venue.open_orders(BTC) == ()

        stage.tell(story)


@EACH_VENUE
def test_a_fill_is_told_with_its_price_and_fee(name: str) -> None:
    """The look-up that finds it filled reads its trades at once."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            ticket = a_ticket(venue, "61000")
            await place(venue, ticket)
            *_, order, fills = await venue.look_up(ref_of(ticket), venue.facts.views)
            assert isinstance(order, Seen)
            assert isinstance(fills, Seen)
            assert (order.status, order.filled) == (VenueStatus.FILLED, Quantity("0.01"))
            (trade,) = fills.trades
            (truth,) = stage.exchange.truth.trades("main")
            assert order.cost == trade.price * trade.quantity
            assert (trade.fee, trade.fee_asset) == (truth.fee, truth.fee_asset)
            (again,) = await venue.fills_since(BTC, venue.now_ns() - 60 * NS)
            assert again == replace(trade, client_order_id=ticket.client_order_id)

        stage.tell(story)


@EACH_VENUE
def test_an_order_that_never_was_is_seen_by_no_view(name: str) -> None:
    """Every declared view says so."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            await place(venue, a_ticket(venue, "61000", decision="another"))
            evidence = await venue.look_up(ref_of(a_ticket(venue)), venue.facts.views)
            assert kinds(evidence) == ["NotSeen"] * len(venue.facts.views)

        stage.tell(story)


@EACH_VENUE
@pytest.mark.parametrize("price", ["50000", "61000"])
def test_a_lost_answer_is_unknown_and_found_by_looking(name: str, price: str) -> None:
    """Whether the order rests, or was filled before anybody looked (ccxt#2599)."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            ticket = a_ticket(venue, price)
            rule = Rule(kind="ack_lost", endpoints=ORDERS)
            stage.gate.add(rule)
            outcome = await venue.place(ticket)
            stage.gate.remove(rule)
            assert isinstance(outcome, Unknown)
            await asyncio.sleep(1)
            assert "Seen" in kinds(await venue.look_up(ref_of(ticket), venue.facts.views))

        stage.tell(story)
        assert len(stage.orders()) == 1


@EACH_VENUE
def test_fills_alone_betray_an_order_whose_answer_was_lost(name: str) -> None:
    """A fill names the venue's id only: whose it is, is looked up."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            await place(venue, a_ticket(venue, "61000", decision="known"))
            ticket = a_ticket(venue, "61000")
            rule = Rule(kind="ack_lost", endpoints=ORDERS)
            stage.gate.add(rule)
            await venue.place(ticket)
            stage.gate.remove(rule)
            await asyncio.sleep(1)
            (seen,) = await venue.look_up(ref_of(ticket), [View.FILLS])
            assert isinstance(seen, Seen)
            assert [trade.quantity for trade in seen.trades] == [Quantity("0.01")]
            (other,) = await venue.look_up(ref_of(a_ticket(venue, decision="never sent")), [View.FILLS])
            assert isinstance(other, NotSeen)

        stage.tell(story)


@EACH_VENUE
@pytest.mark.parametrize(
    "rule",
    [
        Rule(kind="error", status=500),
        Rule(kind="error", status=503),
        Rule(kind="error", status=504, executes=True),
        Rule(kind="hang"),
        Rule(kind="hang", executes=True),
        Rule(kind="slow", delay_ns=20 * NS),
    ],
    ids=lambda rule: f"{rule.kind}-{rule.status}-{rule.executes}",
)
def test_an_answer_that_does_not_tell_is_unknown(name: str, rule: Rule) -> None:
    """5xx, silence, lateness: for a submit and for a cancel; reads say that they failed."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            stage.gate.add(rule)
            ticket = a_ticket(venue)
            outcome = await venue.place(ticket)
            cancel = await venue.cancel(ref_of(ticket), expires_ns=venue.now_ns() + 5 * NS)
            evidence = await venue.look_up(ref_of(ticket), [View.OPEN_ORDERS])
            stage.gate.remove(rule)
            assert isinstance(outcome, Unknown)
            assert isinstance(cancel, Unknown)
            assert kinds(evidence) == ["ViewFailed"]

        stage.tell(story)


@EACH_VENUE
def test_a_refused_connection_is_unknown_and_costs_no_patience(name: str) -> None:
    """Whether a byte left us is not known here."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            stage.world.crash(name)
            began_ns = stage.world.now_ns()
            assert isinstance(await venue.place(a_ticket(venue)), Unknown)
            assert stage.world.now_ns() - began_ns <= 7 * NS

        stage.tell(story)


@EACH_VENUE
def test_funds_and_filters_are_final_refusals(name: str) -> None:
    """Nothing was executed, nothing ever will be."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            for ticket in (a_ticket(venue, quantity="1000"), a_ticket(venue, quantity="0.00006", price="10")):
                outcome = await venue.place(ticket)
                assert isinstance(outcome, Refused)
                assert outcome.final
                assert outcome.trouble.kind is TroubleKind.REJECTED

        stage.tell(story)
        assert stage.orders() == []


@EACH_VENUE
def test_a_resting_id_that_is_sent_again_is_looked_up_not_refused(name: str) -> None:
    """nautilus#4215: the repeated id was booked as a rejection that never was."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            ticket = a_ticket(venue)
            await place(venue, ticket)
            outcome = await venue.place(ticket)
            assert isinstance(outcome, Unknown)
            assert outcome.trouble.kind is TroubleKind.DUPLICATE

        stage.tell(story)
        assert len(stage.orders()) == 1


@EACH_VENUE
def test_a_cancel_of_what_is_not_there_is_no_evidence(name: str) -> None:
    """Unknown, and the kind says why."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            outcome = await venue.cancel(ref_of(a_ticket(venue)), expires_ns=venue.now_ns() + 5 * NS)
            assert isinstance(outcome, Unknown)
            assert outcome.trouble.kind is TroubleKind.NOT_FOUND

        stage.tell(story)


@EACH_VENUE
def test_immediate_and_maker_orders_end_by_themselves(name: str) -> None:
    """What finds no match is expired or cancelled; a maker that would take is refused."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            ticket = a_ticket(venue, time_in_force=TimeInForce.IOC)
            await place(venue, ticket)
            (seen,) = await venue.look_up(ref_of(ticket), [View.LOOK_UP])
            assert isinstance(seen, Seen)
            assert seen.status in (VenueStatus.EXPIRED, VenueStatus.CANCELLED)
            maker = a_ticket(venue, "61000", time_in_force=TimeInForce.POST_ONLY, decision="2")
            assert isinstance(await venue.place(maker), Refused | Accepted)
            await asyncio.sleep(1)
            market = a_ticket(venue, None, side=Side.SELL, decision="3")
            await place(venue, market)

        stage.tell(story)
        assert [trade.client_order_id for trade in stage.exchange.truth.trades("main")][-1]
        assert len(stage.exchange.truth.trades("main")) == 1


@EACH_VENUE
def test_a_request_that_arrives_too_late_dies_at_the_venue(name: str) -> None:
    """The zombie fence: bytes that were held up for longer than they may live."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            ticket = a_ticket(venue, lives_ns=3 * NS)
            stage.internet.link("engine", name).speed = LinkSpeed(delay_ns=4 * NS)
            outcome = await venue.place(ticket)
            assert not isinstance(outcome, Accepted)

        stage.tell(story)
        assert stage.orders() == []


@EACH_VENUE
def test_a_ticket_whose_time_is_over_is_not_sent(name: str) -> None:
    """Less than the venue's shortest window is left."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            seen = len(stage.seen)
            outcome = await venue.place(a_ticket(venue, lives_ns=NS // 4))
            assert isinstance(outcome, Refused)
            assert not outcome.final
            assert outcome.trouble.kind is TroubleKind.BUDGET_SPENT
            assert len(stage.seen) == seen

        stage.tell(story)


@EACH_VENUE
def test_a_throttle_stops_everything_until_it_is_over(name: str) -> None:
    """Queries, entries and cancels alike: one more request could become a ban."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> tuple[int, int]:
            rule = Rule(kind="throttle", retry_after_ns=20 * NS)
            stage.gate.add(rule)
            outcome = await venue.place(a_ticket(venue))
            assert isinstance(outcome, Refused)
            assert outcome.trouble.kind is TroubleKind.THROTTLED
            stage.gate.remove(rule)
            told_ns = outcome.trouble.until_ns
            assert told_ns is not None
            began = len(stage.seen)
            cancel = venue.cancel(ref_of(a_ticket(venue)), expires_ns=venue.now_ns() + 60 * NS)
            quote = venue.look_up(ref_of(a_ticket(venue)), [View.OPEN_ORDERS])
            entry = venue.place(a_ticket(venue))
            await asyncio.gather(cancel, quote, entry)
            return told_ns, began

        told_ns, began = stage.tell(story)
        late = stage.seen[began:]
        assert late
        assert all(request.at_ns + stage.world.epoch_ns >= told_ns for request in late)


def test_a_ban_is_honoured_to_the_second() -> None:
    """Not one request before it ends, and trading again right after."""
    with a_stage("binance") as stage:

        async def story(venue: Venue) -> None:
            for peer in dict.fromkeys(request.peer for request in stage.seen):
                stage.gate.ban(peer, 120 * NS)
            outcome = await venue.place(a_ticket(venue))
            assert isinstance(outcome, Refused)
            assert outcome.trouble.kind is TroubleKind.BANNED
            until_ns = outcome.trouble.until_ns
            assert until_ns is not None
            seen = len(stage.seen)
            while venue.now_ns() < until_ns - 10 * NS:
                await venue.look_up(ref_of(a_ticket(venue)), [View.LOOK_UP])
                await venue.cancel(ref_of(a_ticket(venue)), expires_ns=venue.now_ns() + 5 * NS)
                await asyncio.sleep(1)
            assert len(stage.seen) == seen
            await asyncio.sleep(11)
            await place(venue, a_ticket(venue, decision="after the ban"))

        stage.tell(story)


@EACH_VENUE
def test_three_failures_refuse_the_fourth_at_once_but_not_a_cancel(name: str) -> None:
    """The safe set needs no closed breaker, and its success closes it."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            resting = a_ticket(venue, decision="resting")
            await place(venue, resting)
            rule = Rule(kind="error", endpoints=ORDERS)
            stage.gate.add(rule)
            for number in range(3):
                assert isinstance(await venue.place(a_ticket(venue, decision=str(number))), Unknown)
            seen = len(stage.seen)
            fourth = await venue.place(a_ticket(venue, decision="4"))
            assert isinstance(fourth, Refused)
            assert (fourth.trouble.kind, fourth.final) == (TroubleKind.BREAKER_OPEN, False)
            assert len(stage.seen) == seen
            assert kinds(await venue.look_up(ref_of(resting), [View.LOOK_UP])) == ["Seen"]

            stage.gate.remove(rule)
            assert isinstance(await venue.cancel(ref_of(resting), expires_ns=venue.now_ns() + 5 * NS), CancelAccepted)
            await place(venue, a_ticket(venue, decision="5"))

        stage.tell(story)
        assert stage.breakers == [(f"{name}/orders", BreakerState.OPEN), (f"{name}/orders", BreakerState.CLOSED)]


@EACH_VENUE
def test_cancels_pass_while_queries_have_used_up_their_share(name: str) -> None:
    """A flood of polling never stands between us and a cancel."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            resting = a_ticket(venue)
            await place(venue, resting)

            async def poll() -> None:
                while True:
                    await venue.look_up(ref_of(resting), [View.CLOSED_ORDERS])

            polls = [asyncio.get_running_loop().create_task(poll()) for _ in range(5)]
            await asyncio.sleep(20)
            began_ns = stage.world.now_ns()
            outcome = await venue.cancel(ref_of(resting), expires_ns=venue.now_ns() + 5 * NS)
            assert isinstance(outcome, CancelAccepted)
            assert stage.world.now_ns() - began_ns < NS
            for task in polls:
                task.cancel()
            await asyncio.gather(*polls, return_exceptions=True)

        stage.tell(story)
        assert all(request.outcome == "answered" for request in stage.seen), "polling never met the venue's limit"


@EACH_VENUE
@pytest.mark.parametrize("step_s", [-3600, -2, 2, 3600])
def test_a_step_of_our_clock_does_not_stop_trading(name: str, step_s: int) -> None:
    """OctoBot#1883, freqtrade#9404: signatures go by the venue's clock, not by ours."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            stage.engine.step_clock(step_s * NS)
            await place(venue, a_ticket(venue))

        stage.tell(story)


@EACH_VENUE
def test_a_clock_that_was_wrong_from_the_start_is_set_by_the_venue(name: str) -> None:
    """Opening asks for the time before anything is signed."""
    with a_stage(name) as stage:
        stage.engine.step_clock(500 * NS)

        async def story(venue: Venue) -> None:
            offset_ns = await venue.measure_clock()
            assert abs(offset_ns + 500 * NS) <= NS
            await place(venue, a_ticket(venue))

        stage.tell(story)


@EACH_VENUE
def test_concurrent_requests_keep_their_nonces_in_order(name: str) -> None:
    """Kraken refuses a nonce that comes after a higher one."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            tickets = [a_ticket(venue, decision=str(number)) for number in range(12)]
            outcomes = await asyncio.gather(*(venue.place(ticket) for ticket in tickets))
            assert all(isinstance(outcome, Accepted) for outcome in outcomes)

        stage.tell(story)


@EACH_VENUE
def test_a_second_life_of_the_machine_trades_on(name: str) -> None:
    """Nothing of the first survives in a module."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            await place(venue, a_ticket(venue))

        stage.tell(story)
        stage.world.crash("engine")
        stage.world.reboot("engine")
        again = stage.connected()

        async def told() -> None:
            await again.open()
            await place(again, a_ticket(again, decision="2"))
            await again.close()

        stage.world.complete(stage.engine.spawn(told()))
        assert len(stage.orders()) == 2


@EACH_VENUE
def test_the_same_seed_sends_the_same_bytes(name: str) -> None:
    """Ids, nonces and times are ours, whatever the machine below is doing."""

    def run() -> list[object]:
        with a_stage(name) as stage:

            async def story(venue: Venue) -> None:
                await place(venue, a_ticket(venue, "61000"))
                await venue.look_up(ref_of(a_ticket(venue)), venue.facts.views)

            stage.tell(story)
            return list(stage.seen)

    assert run() == run()


def test_a_view_that_lags_says_no_and_then_yes() -> None:
    """hummingbot#601: not found right after creation."""
    with a_stage("binance", rest_lag_ns=3 * NS) as stage:

        async def story(venue: Venue) -> None:
            ticket = a_ticket(venue)
            assert isinstance(await venue.place(ticket), Accepted)
            assert kinds(await venue.look_up(ref_of(ticket), [View.LOOK_UP])) == ["NotSeen"]
            await asyncio.sleep(4)
            assert kinds(await venue.look_up(ref_of(ticket), [View.LOOK_UP])) == ["Seen"]

        stage.tell(story)


@EACH_VENUE
def test_a_venue_that_is_away_at_the_start_can_be_opened_later(name: str) -> None:
    """freqtrade#8378: maintenance at start ends the process."""
    with a_stage(name) as stage:
        rule = Rule(kind="error", status=503)
        stage.gate.add(rule)
        stage.later(60, lambda: stage.gate.remove(rule))

        async def story(venue: Venue) -> None:
            for _ in range(20):
                try:
                    await venue.open()
                except VenueTrouble:
                    await asyncio.sleep(10)
                else:
                    break
            await place(venue, a_ticket(venue))
            await venue.close()

        stage.tell(story, opened=False)


def test_failed_views_say_which_and_why() -> None:
    """A view that failed is not a view that is silent."""
    with a_stage("binance") as stage:

        async def story(venue: Venue) -> None:
            stage.gate.add(Rule(kind="error", endpoints=frozenset({"account", "orders"})))
            evidence = await venue.look_up(ref_of(a_ticket(venue)), venue.facts.views)
            assert all(isinstance(reading, ViewFailed) for reading in evidence)

        stage.tell(story)
