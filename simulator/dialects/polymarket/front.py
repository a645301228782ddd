"""What every Polymarket endpoint leans on: the venue, its names, its limits, and whether a question is answered."""

from __future__ import annotations

from simulator.dialects.polymarket.errors import CANCEL_ONLY, DISABLED, INVALID_TOKEN, NO_BOOK, Refused
from simulator.dialects.polymarket.limits import Limits
from simulator.dialects.polymarket.listing import Listing, Market, Token
from simulator.dialects.polymarket.settings import PolymarketSettings
from simulator.dialects.polymarket.signing import Doorman
from simulator.dialects.polymarket.wallets import Wallet
from simulator.exchange.admission import TradingMode
from simulator.exchange.picture import Picture
from simulator.exchange.prediction.exchange import PredictionExchange
from simulator.exchange.prediction.picture import PredictionPicture
from simulator.exchange.venue import Venue


class Front:
    """One Polymarket, as its endpoints see it."""

    def __init__(self, venue: Venue, settings: PolymarketSettings) -> None:
        assert isinstance(venue.exchange, PredictionExchange), "Polymarket stands over a prediction market"
        self.venue = venue
        self.settings = settings
        self.timeline = venue.timeline
        self.exchange: PredictionExchange = venue.exchange
        self.listing = Listing(self.exchange)
        self.limits = Limits(settings, venue.timeline)
        self.doorman = Doorman(venue, settings)
        self.opened_ns = venue.timeline.wall_ns()
        """When this front was booted; questions are said to be as old."""
        self.funders: dict[str, str] = {}
        """The account behind each deposit wallet that has been seen; the public data names wallets."""

    @property
    def picture(self) -> PredictionPicture:
        """The venue as its REST view shows it."""
        return shown(self.venue.rest.picture)

    def book_token(self, token_id: str | None) -> Token:
        """Return a token that has a book.

        Raises:
            Refused: it is not traded here, or not any more.
        """
        token = self.token(token_id)
        if self.picture.resolution(token.market.rules.condition) is not None:
            raise NO_BOOK
        return token

    def token(self, token_id: str | None) -> Token:
        """Return the token of an id.

        Raises:
            Refused: it is none, or not of this venue.
        """
        if not token_id or not (token_id.isascii() and token_id.isdecimal()):
            raise INVALID_TOKEN
        token = self.listing.by_token.get(token_id)
        if token is None:
            raise NO_BOOK
        return token

    def winner(self, market: Market) -> Token | None:
        """Return the answer that has won, None while the question is open, as the REST view shows it."""
        resolution = self.picture.resolution(market.rules.condition)
        return None if resolution is None else self.listing.by_symbol[resolution.winner]

    def meet(self, wallet: Wallet, account: str) -> None:
        """Remember whose a wallet is."""
        self.funders[wallet.funder.lower()] = account

    def check_open(self, *, cancels: bool) -> None:
        """Refuse orders, and cancels where they are meant, while the venue does not take them.

        Raises:
            Refused: 503, with the sentence for the mode that the venue is in.
        """
        mode = self.exchange.mode
        refused: Refused | None = DISABLED if mode is TradingMode.HALTED else None
        if mode is TradingMode.CANCEL_ONLY and not cancels:
            refused = CANCEL_ONLY
        if refused is not None:
            raise refused


def shown(picture: Picture) -> PredictionPicture:
    """Return a picture as that of a prediction market, which it is."""
    assert isinstance(picture, PredictionPicture)
    return picture
