"""Starting a sidecar by hand."""

import os

from harness import starting


def test_a_sidecar_of_ours_has_no_supervisor_to_tell():
    line = ["mortise-proxy", "--workload", "full/a", "--announce-fd", "5", "--log-level", "info"]
    assert starting.unannounced(line) == line[:3] + line[5:]
    assert starting.unannounced(line[:3]) == line[:3]


def test_a_descriptor_of_another_process_is_taken_as_a_copy():
    reading, writing = os.pipe()
    copy = starting.take_descriptor(os.getpid(), writing)
    os.close(writing)
    os.write(copy, b"x")
    os.close(copy)
    assert os.read(reading, 2) == b"x"
    os.close(reading)
