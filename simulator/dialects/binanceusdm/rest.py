"""The futures over REST: their table of routes; the way of a request through key, window and weight is the spot's."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

import msgspec

from simulator.dialects.binance import account as spot_account
from simulator.dialects.binance import klines
from simulator.dialects.binance import public as spot_public
from simulator.dialects.binance.bodies import Body
from simulator.dialects.binance.front import MS
from simulator.dialects.binance.parameters import SIGNING, Parameters
from simulator.dialects.binance.refusals import BAD_KEY, Refused
from simulator.dialects.binance.rest import JSON, KEY_HEADER, KLINES, NS, RESTRICTIONS, BinanceRest, Route, Run, Weight
from simulator.dialects.binance.signing import known_key
from simulator.dialects.binanceusdm import account, algo, batches, choices, margin, orders, public
from simulator.dialects.binanceusdm.front import Front, too_many
from simulator.dialects.binanceusdm.refusals import BAD_LISTEN_KEY
from simulator.dialects.call import Answer, Call, EndpointKind

LISTEN_KEY_PATH = "/fapi/v1/listenKey"
COUNTED = ("/fapi/v1/order", "/fapi/v1/algoOrder", "/fapi/v1/batchOrders")
"""Where a POST or PUT counts as an order, and the answer tells how many there were."""


def _public(run: Callable[[Front, Parameters], Any], weight: Weight, *known: str) -> Route:
    return Route(lambda front, parameters, _: run(cast(Front, front), parameters), weight, frozenset(known))


def _route(kind: EndpointKind, run: Callable[[Front, Parameters, str], Any], weight: Weight, *known: str) -> Route:
    return Route(cast(Run, run), weight, frozenset(known) | SIGNING, kind)


def _reads(run: Callable[[Front, Parameters, str], Any], weight: Weight, *known: str) -> Route:
    return _route("account", run, weight, *known)


def _acts(run: Callable[[Front, Parameters, str], Any], weight: Weight, *known: str) -> Route:
    return _route("orders", run, weight, *known)


def _one_or_all(one: int, every: int) -> Callable[[Parameters], int]:
    return lambda parameters: one if parameters.text("symbol") else every


def _open_key(front: Front, _parameters: Parameters, name: str) -> Body:
    """Give the account its listen key."""
    return {"listenKey": front.listen_keys.give(name)}


def _keep_key(front: Front, _parameters: Parameters, name: str) -> Body:
    """Let the account's listen key live for another hour."""
    if front.listen_keys.of(name) is None:
        raise Refused(*BAD_LISTEN_KEY)
    return {"listenKey": front.listen_keys.give(name)}


def _close_key(front: Front, _parameters: Parameters, name: str) -> Body:
    """End the account's listen key."""
    front.listen_keys.drop(name)
    return {}


NEW_ORDER = (
    *("symbol", "side", "positionSide", "type", "timeInForce", "quantity", "reduceOnly", "price", "newClientOrderId"),
    *("newOrderRespType", "priceMatch", "selfTradePreventionMode", "goodTillDate", "workingType", "priceProtect"),
    *("stopPrice", "closePosition", "activationPrice", "callbackRate"),
)
NEW_ALGO = (
    *("algoType", "symbol", "side", "positionSide", "type", "timeInForce", "quantity", "price", "triggerPrice"),
    *("workingType", "priceMatch", "closePosition", "priceProtect", "reduceOnly", "activatePrice", "callbackRate"),
    *("clientAlgoId", "newOrderRespType", "selfTradePreventionMode", "goodTillDate"),
)
NAMED = ("symbol", "orderId", "origClientOrderId")
PAGED = ("symbol", "orderId", "startTime", "endTime", "limit")
ALGO_NAMED = ("algoId", "clientAlgoId", "symbol")

ROUTES: Mapping[tuple[str, str], Route] = {
    ("GET", "/fapi/v1/ping"): _public(spot_public.ping, 1),
    ("GET", "/fapi/v1/time"): _public(spot_public.time, 1),
    ("GET", "/fapi/v1/exchangeInfo"): _public(public.exchange_info, 1),
    ("GET", "/fapi/v1/depth"): _public(public.depth, public.depth_weight, "symbol", "limit"),
    ("GET", "/fapi/v1/trades"): _public(public.trades, 5, "symbol", "limit"),
    ("GET", "/fapi/v1/aggTrades"): _public(
        spot_public.aggregate_trades, 20, "symbol", "fromId", "startTime", "endTime", "limit"
    ),
    ("GET", "/fapi/v1/klines"): _public(klines.klines, 5, *KLINES),
    ("GET", "/fapi/v1/premiumIndex"): _public(public.premium_index, _one_or_all(1, 10), "symbol"),
    ("GET", "/fapi/v1/fundingRate"): _public(public.funding_rates, 1, "symbol", "startTime", "endTime", "limit"),
    ("GET", "/fapi/v1/fundingInfo"): _public(public.funding_info, 1),
    ("GET", "/fapi/v1/openInterest"): _public(public.open_interest, 1, "symbol"),
    ("GET", "/fapi/v1/ticker/24hr"): _public(public.day_ticker, _one_or_all(1, 40), "symbol"),
    ("GET", "/fapi/v1/ticker/price"): _public(public.price_ticker, _one_or_all(1, 2), "symbol"),
    ("GET", "/fapi/v2/ticker/price"): _public(public.price_ticker, _one_or_all(1, 2), "symbol"),
    ("GET", "/fapi/v1/ticker/bookTicker"): _public(public.book_ticker, _one_or_all(2, 5), "symbol"),
    ("POST", "/fapi/v1/order"): _acts(orders.place, 0, *NEW_ORDER),
    ("POST", "/fapi/v1/order/test"): _acts(orders.attempt, 1, *NEW_ORDER),
    ("PUT", "/fapi/v1/order"): _acts(
        orders.amend, 0, *NAMED, "side", "quantity", "price", "priceMatch", "clientOrderId", "newClientOrderId"
    ),
    ("POST", "/fapi/v1/batchOrders"): _acts(batches.place, 5, "batchOrders"),
    ("DELETE", "/fapi/v1/batchOrders"): _acts(
        batches.cancel, 1, "symbol", "orderIdList", "orderidlist", "origClientOrderIdList"
    ),
    ("DELETE", "/fapi/v1/order"): _acts(orders.cancel, 1, *NAMED),
    ("DELETE", "/fapi/v1/allOpenOrders"): _acts(orders.cancel_all, 1, "symbol"),
    ("POST", "/fapi/v1/countdownCancelAll"): _acts(orders.countdown, 10, "symbol", "countdownTime"),
    ("POST", "/fapi/v1/algoOrder"): _acts(algo.place, 0, *NEW_ALGO),
    ("DELETE", "/fapi/v1/algoOrder"): _acts(algo.cancel, 1, *ALGO_NAMED),
    ("DELETE", "/fapi/v1/algoOpenOrders"): _acts(algo.cancel_all, 1, "symbol"),
    ("GET", "/fapi/v1/algoOrder"): _reads(algo.look_up, 1, *ALGO_NAMED),
    ("GET", "/fapi/v1/openAlgoOrders"): _reads(algo.open_orders, _one_or_all(1, 40), "symbol", "algoType", "algoId"),
    ("GET", "/fapi/v1/allAlgoOrders"): _reads(
        algo.all_orders, 5, "symbol", "algoId", "startTime", "endTime", "page", "limit"
    ),
    ("GET", "/fapi/v1/order"): _reads(account.order, 1, *NAMED),
    ("GET", "/fapi/v1/openOrder"): _reads(account.open_order, 1, *NAMED),
    ("GET", "/fapi/v1/openOrders"): _reads(account.open_orders, _one_or_all(1, 40), "symbol"),
    ("GET", "/fapi/v1/allOrders"): _reads(account.all_orders, 5, *PAGED),
    ("GET", "/fapi/v1/userTrades"): _reads(account.user_trades, 5, *PAGED, "fromId"),
    ("GET", "/fapi/v1/forceOrders"): _reads(
        account.force_orders, _one_or_all(20, 50), "symbol", "autoCloseType", "startTime", "endTime", "limit"
    ),
    ("GET", "/fapi/v1/income"): _reads(
        account.income, 30, "symbol", "incomeType", "startTime", "endTime", "page", "limit"
    ),
    ("GET", "/fapi/v2/account"): _reads(margin.account, 5),
    ("GET", "/fapi/v3/account"): _reads(margin.account, 5),
    ("GET", "/fapi/v2/balance"): _reads(margin.balance, 5),
    ("GET", "/fapi/v3/balance"): _reads(margin.balance, 5),
    ("GET", "/fapi/v2/positionRisk"): _reads(margin.position_risk_v2, 5, "symbol"),
    ("GET", "/fapi/v3/positionRisk"): _reads(margin.position_risk, 5, "symbol"),
    ("GET", "/fapi/v1/leverageBracket"): _reads(choices.brackets, 1, "symbol"),
    ("GET", "/fapi/v1/commissionRate"): _reads(choices.commission_rate, 20, "symbol"),
    ("GET", "/fapi/v1/accountConfig"): _reads(choices.account_config, 5),
    ("GET", "/fapi/v1/symbolConfig"): _reads(choices.symbol_config, 5, "symbol"),
    ("POST", "/fapi/v1/leverage"): _route("account", choices.set_leverage, 1, "symbol", "leverage"),
    ("POST", "/fapi/v1/marginType"): _route("account", choices.set_margin_type, 1, "symbol", "marginType"),
    ("GET", "/fapi/v1/positionSide/dual"): _reads(choices.position_mode, 30),
    ("POST", "/fapi/v1/positionSide/dual"): _route("account", choices.set_position_mode, 1, "dualSidePosition"),
    ("POST", LISTEN_KEY_PATH): _reads(_open_key, 1, "listenKey"),
    ("PUT", LISTEN_KEY_PATH): _reads(_keep_key, 1, "listenKey"),
    ("DELETE", LISTEN_KEY_PATH): _reads(_close_key, 1, "listenKey"),
}
"""Every endpoint of the futures' host. Weights are those of the vendor's documents of late 2025."""

API_ROUTES: Mapping[tuple[str, str], Route] = {
    ("GET", RESTRICTIONS): _reads(spot_account.nothing, 1),
    ("GET", "/sapi/v1/system/status"): _public(spot_account.system_status, 1),
    ("GET", "/sapi/v1/capital/config/getall"): _reads(spot_account.coins, 10),
    ("GET", "/sapi/v1/margin/allPairs"): _reads(spot_account.nothing, 1, "symbol"),
    ("GET", "/sapi/v1/margin/isolated/allPairs"): _reads(spot_account.nothing, 1, "symbol"),
}
"""What ccxt asks of the spot host when it loads the futures' markets."""


class UsdmRest(BinanceRest):
    """The REST dialect of one of the futures' hosts."""

    routes: ClassVar[Mapping[tuple[str, str], Route]] = ROUTES

    def __init__(self, front: Front) -> None:
        super().__init__(front)
        self._usdm = front

    def identify(self, call: Call) -> tuple[str | None, str | None]:
        """Return the account and client order id that a request claims; an amendment names the old one."""
        account_name, client_order_id = super().identify(call)
        if client_order_id is None and call.path.endswith("/algoOrder"):
            try:
                client_order_id = Parameters.of(call.query, call.body).text("clientAlgoId")
            except Refused:
                client_order_id = None
        return account_name, client_order_id

    def throttled(self, call: Call, wait_ns: int) -> Answer:
        """Return 429 with the seconds to wait."""
        return _said(429, too_many(self._usdm.usdm.weight_per_minute_max), wait_ns)

    def banned(self, call: Call, wait_ns: int) -> Answer:
        """Return 418 with the seconds to wait and the end of the ban."""
        until_ms = (self._usdm.timeline.wall_ns() + wait_ns) // MS
        text = f"Way too many requests; IP({call.peer}) banned until {until_ms}. "
        return _said(418, text + "Please use the websocket for live updates to avoid bans.", wait_ns)

    def _run(self, route: Route, call: Call, parameters: Parameters, headers: dict[str, str]) -> Any:
        if not route.is_signed:
            return route.run(self._usdm, parameters, "")
        if call.path == LISTEN_KEY_PATH:  # needs the key, and no signature
            return route.run(self._usdm, parameters, known_key(self._usdm.venue, call.headers.get(KEY_HEADER)).account)
        key = self._authenticated(call, parameters)
        if call.path == RESTRICTIONS:
            return {**spot_account.restrictions(self._usdm, key), "enableFutures": "trade" in key.may}
        if route.kind == "orders" and "trade" not in key.may:
            raise Refused(*BAD_KEY)
        account_name = key.account
        body = route.run(self._usdm, parameters, account_name)
        if call.method in ("POST", "PUT") and call.path in COUNTED:
            headers.update(self._usdm.limits.order_headers(account_name))
        return body


def _said(status: int, text: str, wait_ns: int) -> Answer:
    body = msgspec.json.encode({"code": -1003, "msg": text})
    return Answer(status=status, body=body, headers={"Retry-After": str(-(-wait_ns // NS))}, content_type=JSON)


class ApiRest(UsdmRest):
    """The REST dialect of the spot host, of which the futures' clients need little."""

    routes: ClassVar[Mapping[tuple[str, str], Route]] = API_ROUTES
