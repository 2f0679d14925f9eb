"""CPU time, memory and disturbance: from the kernel's texts to shares."""

import os
import resource
import subprocess
import sys
import types

from harness import accounting

STAT = "cpu  100 10 50 800 20 5 15 40 7 3\ncpu0 1 2 3\n"
BUSY = "sum(range(10**7)); print(flush=True); input()"


def reading(when, groups, usage, kernel=0, busy=0, steal=0, ticks=0):
    return types.SimpleNamespace(when=when, groups=groups, usage=usage, kernel=kernel, busy=busy,
                                 steal=steal, ticks=ticks)


def test_the_machines_line_is_split_into_busy_stolen_and_all():
    assert accounting.parse_stat(STAT) == (180, 40, 1040)


def test_memory_is_read_by_name():
    text = "55d0-7fff ---p 0 00:00 0 [rollup]\nRss:   1780 kB\nPss:    244 kB\nPss_Dirty: 116 kB\n"
    assert accounting.parse_rollup(text) == {"Rss": 1780, "Pss": 244, "Pss_Dirty": 116}


def test_own_run_time_and_memory_can_be_read():
    assert accounting.run_time(os.getpid()) > 0
    assert accounting.memory([os.getpid()])["pss"] > 0


def test_run_time_is_what_user_and_system_time_add_up_to():
    child = subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
    child.stdout.readline()
    read = accounting.run_time(child.pid) / 1e9
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child.communicate(b"\n")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert 0.8 * used < read <= used + 0.02


def test_a_process_that_is_gone_has_no_run_time():
    assert accounting.run_time(2**22 + 1) == 0


def test_what_nobody_of_ours_used_was_foreign():
    before = reading(0, {"proxies": 0}, 0)
    after = reading(2_000_000_000, {"proxies": 1_000_000_000}, 1_900_000_000, kernel=100_000_000)
    seen = accounting.between(before, after, also_known=0.6)
    assert seen["cpu"]["proxies"] == 1.0
    assert abs(seen["foreign"] - 0.1) < 1e-9


def test_stealing_and_strangers_disturb_and_quiet_does_not():
    quiet = {"steal": 0.0, "foreign": 0.01}
    assert accounting.disturbance(quiet) is None
    assert "stolen" in accounting.disturbance({**quiet, "steal": 0.03})
    assert "other processes" in accounting.disturbance({**quiet, "foreign": 0.06})
