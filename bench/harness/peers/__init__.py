"""The proxies that are measured beside each other, each behind the same few words."""

from ..programs import Failed
from ..session import Absent
from .copyloop import CopyLoop, Direct
from .envoy import Envoy
from .haproxy import HAProxy, TunedHAProxy
from .mortise import Control, Mortise
from .nginx import Nginx

OURS, CONTROL = Mortise.name, Control.name
PROXIES = (Mortise, HAProxy, TunedHAProxy, Nginx, Envoy, CopyLoop, Direct, Control)


def start_all(session, shape, kinds=PROXIES):
    """({name: candidate}, {name: why it is absent}) for a shape: "one" proxy that speaks plain
    HTTP/1.1, or a "pair" of them with mutual TLS between them."""
    model, present, absent = session.mesh(), {}, {}
    for kind in kinds:
        candidate = kind(session, shape, model)
        session.at_end(candidate.stop)
        try:
            candidate.start()
            present[kind.name] = candidate
        except (Absent, Failed) as reason:
            absent[kind.name] = str(reason)
            session.say(f"{kind.name}: absent: {reason}")
            candidate.stop()
    return present, absent
