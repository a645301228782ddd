"""The bot's surroundings that are not exchanges: a broker, a pager and other services, on their own hosts.

Broker, BrokerClient    messages between the bot's machines: some at once, some until acknowledged
Pager                   PagerDuty's Events API v2
ChatRoom                an incoming webhook
DeadMansSwitch          a check that pages when nobody pings it
SentimentSource         how people feel, as nobody needs to know
Analytics               a collector of events
SimulatedModel          a strategy's model on one machine, sick or not
"""

from simulator.services.broker import Broker
from simulator.services.broker_client import BrokerClient
from simulator.services.broker_streams import Streams
from simulator.services.model import ModelSickness, SimulatedModel
from simulator.services.outside import ChatRoom, DeadMansSwitch
from simulator.services.pager import PageEvent, Pager
from simulator.services.sentiment import Analytics, SentimentSource

__all__ = [
    "Analytics",
    "Broker",
    "BrokerClient",
    "ChatRoom",
    "DeadMansSwitch",
    "ModelSickness",
    "PageEvent",
    "Pager",
    "SentimentSource",
    "SimulatedModel",
    "Streams",
]
