"""The bot's surroundings that are not exchanges: a message broker and a pager, on hosts of their own.

Broker, BrokerClient    messages between the bot's machines: some at once, some until acknowledged
Pager                   PagerDuty's Events API v2
"""

from simulator.services.broker import Broker
from simulator.services.broker_client import BrokerClient
from simulator.services.broker_streams import Streams
from simulator.services.pager import PageEvent, Pager

__all__ = ["Broker", "BrokerClient", "PageEvent", "Pager", "Streams"]
