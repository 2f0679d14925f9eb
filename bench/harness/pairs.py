"""Rounds of all candidates, one beside the other, and what may be concluded from them."""

from statistics import median

from . import accounting, load
from .peers import CONTROL, OURS
from .statistics import interval, order, ratios

AA_TOLERANCE = 0.03


class Rounds:
    """measurements: {name: [figures, one per round]}. problems: {name: why it has no figure}.
    void: why nobody has one."""

    def __init__(self, session, candidates):
        self.session, self.candidates = session, candidates
        self.measurements = {name: [] for name in candidates}
        self.problems, self.void, self.repeated = {}, [], []
        self._patience = session.patience

    def run(self, take):
        """take(candidate) -> figures, once for each candidate in every round."""
        for number in range(self.session.pairs):
            for name in order(self.candidates, number):
                if name not in self.problems:
                    self._measure(number, name, take)
            self.session.say(f"  round {number + 1} of {self.session.pairs}: {self._line()}")
        return self

    def _line(self):
        return ", ".join(f"{name} {figures[-1]['cpu_us_per_request']:.1f}"
                         for name, figures in self.measurements.items() if figures) + " us"

    def _measure(self, number, name, take):
        where = f"round {number + 1}, {name}"
        for tried in range(self._patience + 1):
            figures = take(self.candidates[name])
            if problem := load.problem_of(figures):
                self.problems[name] = f"{where}: {problem}"
                self.session.say(f"  {name} has no figure: {self.problems[name]}")
                return
            reason = accounting.disturbance(figures["machine"])
            if reason is None:
                break
            if tried < self._patience:
                self.repeated.append(f"{where}: {reason}")
                self.session.say(f"  repeated: {where}: {reason}")
        else:
            self._give_up(f"{where}: still disturbed after {tried + 1} tries: {reason}")
        if load.is_saturated(figures) and self.candidates[name].is_proxy:
            self._note(f"{name}: generator and backend took {figures['load_share']:.0%} of a CPU")
        self.measurements[name].append(figures)

    def _give_up(self, reason):
        """Once a run is void there is no sense in waiting for quiet any more."""
        if self._patience:
            self.session.say(f"  VOID from here on: {reason}")
        self._patience = 0
        if not any("still disturbed" in one for one in self.void):
            self._note(reason)

    def _note(self, reason):
        if reason not in self.void:
            self.void.append(reason)

    def values(self, name, field="cpu_us_per_request"):
        return [figures[field] for figures in self.measurements[name]]

    def judge(self):
        """Adds to `void` what the A/A control says; the control's interval, if there is one."""
        if OURS in self.problems:
            self._note(f"{OURS} has no figure: {self.problems[OURS]}")
            return None
        if CONTROL in self.problems or CONTROL not in self.candidates:
            self._note("there is no A/A control")
            return None
        found = interval(ratios(self.values(OURS), self.values(CONTROL)))
        if abs(found[0] - 1) > AA_TOLERANCE:
            self._note(f"A/A control: the same binary twice gave {found[0]:.3f}, not"
                       f" 1.00 ± {AA_TOLERANCE}")
        return found

    def _ratio(self, name):
        if OURS in self.problems or name == OURS or not self.candidates[name].proxies():
            return None
        return interval(ratios(self.values(OURS), self.values(name)))

    def summary(self):
        """{name: medians, intervals, and the ratio ours / theirs pair by pair}."""
        shown = {}
        for name in self.candidates:
            if name in self.problems or not self.measurements[name]:
                continue
            shown[name] = {
                "cpu_us_per_request": interval(self.values(name)),
                "ratio": self._ratio(name),
                **{field: median(self.values(name, field)) for field in
                   ("others_us_per_request", "busy_us_per_request", "requests_per_second",
                    "load_share")},
                "latency_us": {share: median(one["latency_us"][share]
                                             for one in self.measurements[name])
                               for share in ("p50", "p99", "p999")},
                "steal": max(one["machine"]["steal"] for one in self.measurements[name]),
                "foreign": max(one["machine"]["foreign"] for one in self.measurements[name]),
            }
        return shown
