"""Before anything is measured: that a candidate does what the figures will be compared for."""

from .load import BODY, Generator, tls_options
from .programs import Failed
from .wire import Tap

WANTED = {"version": "TLSv1.3", "cipher": "TLS_AES_128_GCM_SHA256", "group": "X25519"}
CONNECTIONS = 128  # more than anyone keeps in a pool, so that new ones are made


def _call(session, candidate, *options, **where):
    """The generator's word on one short run, whatever it is."""
    with Generator(session, candidate, "--seconds", 0.3, "--rate", 500, *options,
                   **where) as generator:
        generator.wait_ready()
        generator.go()
        return generator.result(30)


def prove(session, candidate):
    """What was seen; Failed if it is not what all candidates have in common. Kept for the session,
    since a candidate that runs already may have no reason to shake hands again."""
    key = (candidate.name, candidate.shape)
    if key not in session.proofs:
        session.proofs[key] = _prove(session, candidate)
    return session.proofs[key]


def _prove(session, candidate):
    tap = Tap(candidate.switch())
    try:
        seen = _call(session, candidate, "--connections", CONNECTIONS)
    finally:
        hellos, packets, readable = tap.read()
    if seen["errors"] or seen["body_bytes"] != seen["completed"] * BODY:
        raise Failed(f"{candidate.name}: {seen['errors'] or 'wrong body'}")
    if not packets:
        raise Failed(f"{candidate.name}: nothing was seen on its wire")
    if candidate.shape != "pair" or not candidate.is_proxy:
        if not readable:
            raise Failed(f"{candidate.name}: a plain wire with nothing readable on it")
        return {"wire": "plain"}
    if readable:
        raise Failed(f"{candidate.name}: {readable} packets on its encrypted wire were readable")
    return {"wire": "encrypted", **_parameters(candidate, hellos),
            "refuses": _refusals(session, candidate), **candidate.identities(WANTED)}


def _parameters(candidate, hellos):
    if not hellos:
        raise Failed(f"{candidate.name}: no ServerHello was seen")
    for facts in hellos:
        if not facts["resumed"] and {name: facts[name] for name in WANTED} != WANTED:
            raise Failed(f"{candidate.name}: negotiated {facts}, wanted {WANTED}")
        if facts["version"] != WANTED["version"] or facts["cipher"] != WANTED["cipher"]:
            raise Failed(f"{candidate.name}: negotiated {facts}, wanted {WANTED}")
    # Each packet passes two ports of the switch and is seen at both.
    return {**WANTED, "handshakes": len(hellos) // 2,
            "resumed": sum(facts["resumed"] for facts in hellos) // 2}


def _refusals(session, candidate):
    """Whom the server's side turned away: callers without a certificate, and without TLS."""
    uid = candidate.uncaptured_uid()
    tests = {"no certificate": tls_options(candidate, with_certificate=False), "no TLS": []}
    for name, options in tests.items():
        if _is_served(session, candidate, options, uid):
            raise Failed(f"{candidate.name}: its server's side answers a caller with {name}")
    if not _is_served(session, candidate, tls_options(candidate), uid):
        raise Failed(f"{candidate.name}: its server's side refuses a caller that it must accept")
    return list(tests)


def _is_served(session, candidate, options, uid):
    try:
        with Generator(session, candidate, "--connections", 1, *options, direct=True,
                       uid=uid) as generator:
            generator.wait_ready()
            return True
    except Failed:
        return False
