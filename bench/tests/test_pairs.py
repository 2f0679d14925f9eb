"""Rounds: what is repeated, what is void, who has no figure."""

import pytest
from harness import load
from harness.pairs import Rounds

QUIET = {"steal": 0.0, "foreign": 0.0, "wall": 2.0, "busy": 1.0,
         "cpu": {"proxies": 0.1, "others": 0.0, "backend": 0.1}}
DISTURBED = {**QUIET, "foreign": 0.5}


class FakeSession:
    def __init__(self, pairs=2, patience=3):
        self.pairs, self.patience, self.said = pairs, patience, []

    def say(self, text):
        self.said.append(text)


class FakeCandidate:
    is_proxy = True

    def __init__(self, name, *costs):
        self.name, self.costs = name, list(costs)

    def proxies(self):
        return [1]


def figures(cost=10.0, machine=None, errors=None, load_share=0.3):
    shares = dict.fromkeys(("p50", "p99", "p999"), 1.0)
    return {"cpu_us_per_request": cost, "others_us_per_request": 0.0, "busy_us_per_request": 50.0,
            "requests_per_second": 1000.0, "load_share": load_share, "latency_us": shares,
            "errors": errors or {}, "completed": 5, "intended": 5, "body_bytes": 5 * load.BODY,
            "machine": machine or QUIET}


def rounds(costs, session=None, **changes):
    session = session or FakeSession()
    candidates = {name: FakeCandidate(name) for name in costs}
    done = Rounds(session, candidates)
    return done.run(lambda one: figures(costs[one.name], **changes.get(one.name, {})))


SAME = {"mortise": 10.0, "haproxy": 20.0, "mortise again": 10.1}


def test_equal_binaries_and_a_quiet_machine_give_figures():
    done = rounds(SAME)
    assert done.judge()[0] == pytest.approx(10 / 10.1)
    assert done.void == []
    assert done.summary()["haproxy"]["ratio"] == (0.5, 0.5, 0.5)


def test_a_control_that_is_off_by_more_than_three_percent_makes_all_void():
    done = rounds({**SAME, "mortise again": 11.0})
    done.judge()
    assert any("A/A control" in reason for reason in done.void)


def test_without_a_control_all_is_void():
    done = rounds({"mortise": 10.0, "haproxy": 20.0})
    done.judge()
    assert done.void == ["there is no A/A control"]


def test_errors_take_a_candidates_figure_and_nobody_elses():
    done = rounds(SAME, haproxy={"errors": {"reset": 1}})
    assert "haproxy" not in done.summary()
    assert "1 reset" in done.problems["haproxy"]
    assert "mortise" in done.summary()


def test_errors_of_ours_make_all_void():
    done = rounds(SAME, mortise={"errors": {"reset": 1}})
    done.judge()
    assert any("mortise has no figure" in reason for reason in done.void)


def test_a_disturbed_measurement_is_taken_again_and_said():
    session = FakeSession(pairs=1)
    machines = iter([DISTURBED, QUIET, QUIET, QUIET])
    done = Rounds(session, {name: FakeCandidate(name) for name in SAME})
    done.run(lambda one: figures(SAME[one.name], next(machines)))
    assert len(done.repeated) == 1 and done.void == []
    assert any("repeated: round 1, mortise" in line for line in session.said)


def test_a_machine_that_never_gets_quiet_makes_all_void():
    done = rounds(SAME, haproxy={"machine": DISTURBED})
    assert any("still disturbed after 4 tries" in reason for reason in done.void)


def test_a_saturated_generator_makes_all_void():
    done = rounds(SAME, haproxy={"load_share": 0.9})
    assert any("90% of a CPU" in reason for reason in done.void)


@pytest.mark.parametrize("change", [{"errors": {"status 503": 2}}, {"completed": 4},
                                    {"body_bytes": 1}])
def test_wrong_answers_have_no_figure(change):
    assert load.problem_of(figures()) is None
    assert load.problem_of({**figures(), **change})
