"""The row of many workloads: what it starts, and what it makes of the figures."""

import json

from harness import whole_mesh
from rows import scale

MEMORY = {kind: {"rss": 10.0, "rss_max": 11.0, "pss": 2.0, "private": 1.5} for kind in scale.KINDS}


def test_every_workload_has_a_service_and_ten_share_a_namespace():
    texts = whole_mesh.manifest(11).split("---\n")[1:]
    kinds = [json.loads(text)["kind"] for text in texts]
    assert kinds.count("Namespace") == 2
    assert kinds.count("Deployment") == kinds.count("Service") == 11


def test_the_receipt_of_a_change_is_read_as_the_command_prints_it():
    said = "revision 7, applied by 200 of 200 proxies in 12 ms"
    assert whole_mesh.RECEIPT.search(said).groups() == ("200", "200", "12", "ms")


def test_figures_and_goals_stand_in_the_table():
    size = {"workloads": 50, "load": 0.5, "start_s": 4.5, "down_s": 0.5, "memory": MEMORY,
            "start_cpu_s": dict.fromkeys(scale.KINDS, 0.25),
            "idle_cpu": dict.fromkeys(scale.KINDS, 0.001), "memory_after_changes": MEMORY,
            "receipts_ms": {"mesh": [5.0, 7.0, 9.0], "service": [1.0, 1.0, 3.0]}}
    text = scale.render({"sizes": [size], "goals": scale.GOALS, "changes": 3})
    assert "| `mortise up` until all are ready, s | 4.5 | 50 in 15 |" in text
    assert "10.0 / 2.0 / 1.5 | RSS 8, must 12 |" in text
    assert "| 7 / 9 | 100 |" in text
