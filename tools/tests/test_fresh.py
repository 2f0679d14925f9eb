"""How tools/fresh.py finds the mirror, and that what it starts ends with it."""

import os
import pathlib

import pytest

import fresh

ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb-src http://sources.example/debian bookworm main
deb cdrom:[Debian 12]/ bookworm main
deb [arch=amd64 signed-by=/usr/share/x.gpg] https://tools.example/linux/debian bookworm stable
deb [ arch=amd64 ] http://mirror.example/debian/ bookworm main contrib  # the first
deb http://security.example/debian-security bookworm-security main
"""

DEB822 = """\
# Types: deb
Types: deb
# URIs: http://snapshot.example/debian
URIs: http://mirror.example/debian
 http://second.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main
"""


@pytest.fixture
def apt(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_one_line_sources_name_the_mirror(apt):
    (apt / "sources.list").write_text(ONE_LINE)
    assert fresh.find_mirror(apt) == "http://mirror.example/debian/"


def test_deb822_sources_name_the_mirror(apt):
    (apt / "sources.list.d" / "debian.sources").write_text(DEB822)
    assert fresh.find_mirror(apt) == "http://mirror.example/debian"


def test_a_field_over_several_lines_has_all_its_words():
    assert [uri for uri, _, _ in fresh.deb822_sources(DEB822)] == [
        "http://mirror.example/debian", "http://second.example/debian",
        "http://security.example/debian-security"]


def test_a_disabled_stanza_is_none(apt):
    (apt / "sources.list.d" / "debian.sources").write_text("Enabled: no\n" + DEB822)
    assert fresh.find_mirror(apt) is None


def test_files_that_apt_does_not_read_are_not_asked(apt):
    (apt / "sources.list.d" / "debian.sources.off").write_text(DEB822)
    assert fresh.find_mirror(apt) is None


def test_debian_itself_comes_before_others_with_a_suite_of_that_name(apt):
    (apt / "sources.list.d" / "a.list").write_text("deb https://tools.example/apt bookworm main\n")
    assert fresh.find_mirror(apt) == "https://tools.example/apt"
    (apt / "sources.list.d" / "b.sources").write_text(DEB822)
    assert fresh.find_mirror(apt) == "http://mirror.example/debian"


def test_a_command_that_fails_says_its_last_words(capsys):
    with pytest.raises(fresh.Problem, match="exit status 3: no such suite"):
        fresh.run(["sh", "-c", "echo no such suite; exit 3"])
    assert "no such suite" in capsys.readouterr().out


def started_with(mark):
    """Pids of what has MARK=mark in its environment."""
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if f"MARK={mark}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                yield entry.name
        except OSError:
            continue  # another's, or ended meanwhile


def test_an_interruption_ends_even_what_left_its_session(tmp_path, monkeypatch):
    def interrupt(line):
        assert "started" in line
        assert len(list(started_with(tmp_path))) >= 3
        raise KeyboardInterrupt

    monkeypatch.setattr(fresh, "say", interrupt)
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    script = "setsid sleep 1000 & echo started; sleep 1000"
    with pytest.raises(KeyboardInterrupt):
        fresh.run([*fresh.ALONE, *as_root, "sh", "-c", script],
                  env={**fresh.ENVIRONMENT, "MARK": str(tmp_path)})
    assert not list(started_with(tmp_path))
