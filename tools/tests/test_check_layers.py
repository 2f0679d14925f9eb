"""What tools/check_layers.py refuses."""

import check_layers
import pytest

TABLE = check_layers.read_table("""
base:
api:
pki: base   # keys
wire: base
io: pki base
http: io wire base
proxy: http io base api
control: http io base api
bin: *
""")


def messages(path, text):
    return [message for _, _, _, message in check_layers.check_source(path, text, TABLE)]


def test_an_include_of_the_table_passes():
    assert messages("src/http/client.cc", '#include "http/client.h"\n#include "io/loop.h"\n') == []


def test_an_include_against_the_table_is_named_with_its_line():
    found = check_layers.check_source("src/io/x.h", '\n  #  include "http/client.h"\n', TABLE)
    assert found == [("layer", "src/io/x.h", 2,
                      "includes http/client.h: io may include base, pki, not http")]


def test_proxy_and_control_never_meet():
    assert messages("src/proxy/run.cc", '#include "control/run.h"\n')
    assert messages("src/control/run.cc", '#include "proxy/run.h"\n')
    assert check_layers.check_table({"proxy": {"control"}, "control": set()})


def test_the_table_itself_has_no_mutual_includes_and_no_unknown_folder():
    assert check_layers.check_table({"a": {"b"}, "b": {"a"}})
    assert check_layers.check_table({"a": {"nowhere"}})
    assert check_layers.check_table(TABLE) == []


@pytest.mark.parametrize("path", ["src/pki/key.cc", "src/io/tls.h", "src/io/tls_stream.cc"])
def test_openssl_is_met_in_pki_and_io_tls(path):
    assert messages(path, "#include <openssl/ssl.h>\n") == []


@pytest.mark.parametrize("path", ["src/io/loop.cc", "src/http/client.cc", "src/bin/mortise.cc"])
def test_openssl_is_met_nowhere_else(path):
    assert messages(path, "#include <openssl/ssl.h>\n")


@pytest.mark.parametrize("header", ["sys/socket.h", "netinet/in.h", "thread", "mutex", "ctime"])
def test_codecs_know_no_sockets_clocks_or_threads(header):
    assert messages("src/wire/http1.cc", f"#include <{header}>\n")
    assert messages("src/io/loop.cc", f"#include <{header}>\n") == []


def test_a_codec_that_asks_for_the_time_is_refused_but_not_a_comment_about_it():
    assert messages("src/wire/a.cc", "auto t = std::chrono::steady_clock::now();\n")
    assert messages("src/wire/a.cc", "void f(const Clock& clock);\n")
    assert messages("src/wire/a.cc", "// not steady_clock::now()\nWallTime t;\n") == []


def test_the_simulation_is_for_tests():
    include = '#include "io/sim/sim_loop.h"\n'
    assert messages("src/proxy/run.cc", include)
    assert messages("src/proxy/run_test.cc", include) == []


def test_a_folder_without_a_line_is_refused():
    assert messages("src/extra/a.cc", "")
    assert messages("src/io/a.cc", '#include "extra/a.h"\n')


def test_bin_may_include_everything():
    assert messages("src/bin/m.cc", '#include "proxy/run.h"\n#include "control/run.h"\n') == []


def test_link_lines_follow_the_same_table():
    found = check_layers.check_cmake(
        "src/io/CMakeLists.txt", "mortise_library(io\n  LINK mortise_pki mortise_http fmt::fmt)",
        TABLE)
    assert [message for _, _, _, message in found] == ["io is linked with http"]


def test_tests_may_be_linked_with_more_and_openssl_only_with_two_folders():
    text = "mortise_library(wire LINK mortise_base OpenSSL::SSL TEST_LINK mortise_io)"
    found = check_layers.check_cmake("src/wire/CMakeLists.txt", text, TABLE)
    assert [message for _, _, _, message in found] == ["wire is linked with OpenSSL"]


def test_this_tree_is_clean():
    assert check_layers.check_tree(check_layers.ROOT) == []
