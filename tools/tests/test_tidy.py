"""What tools/tidy.py and its C++ reader refuse."""

import cxx
import tidy

LONG_BODY = "  step();\n" * 70


def rules(findings):
    return [finding[0] for finding in findings]


def banned(text, path="src/io/a.cc"):
    return [finding[4] for finding in tidy.check_banned(path, text)]


def test_lines_and_files_have_limits():
    assert rules(tidy.check_lines("a.cc", "x" * 100 + "\n")) == []
    assert rules(tidy.check_lines("a.cc", "x" * 101 + "\n")) == ["line"]
    assert rules(tidy.check_lines("a.cc", "x\n" * 601)) == ["file"]


def test_a_function_counts_from_its_signature_to_its_closing_brace():
    found = cxx.functions("namespace a {\nint f(\n    int b) {\n  return b;\n}\n}\n")
    assert found == [("f", 2, 4)]


def test_classes_and_namespaces_are_no_functions_but_their_members_are():
    text = "class A final : public B {\n int f() const { return 1; }\n A(int a) : a_(a) {}\n};\n"
    assert [name for name, _, _ in cxx.functions(text)] == ["f", "A"]


def test_lambdas_and_blocks_belong_to_their_function():
    text = "void f() {\n  if (a) {\n    g([](int b) {\n      h(b);\n    });\n  }\n}\nvoid k() {}\n"
    assert [(name, size) for name, _, size in cxx.functions(text)] == [("f", 7), ("k", 1)]


def test_braces_in_literals_and_comments_do_not_count():
    text = 'void f() {\n  auto a = "{"; // }\n  auto b = R"({{)"; char c = \'{\';\n}\nint x;\n'
    assert cxx.functions(text) == [("f", 1, 4)]


def test_digit_separators_are_no_character_literals():
    assert cxx.functions("void f() {\n  int a = 1'000'000;\n}\n") == [("f", 1, 3)]


def test_a_long_function_is_found_in_both_languages():
    assert rules(tidy.check_functions("a.cc", "void f() {\n" + LONG_BODY + "}\n")) == ["function"]
    assert rules(tidy.check_functions("a.py", "def f():\n" + " x\n" * 71)) == ["function"]
    assert rules(tidy.check_functions("a.py", "def f():\n" + " x\n" * 69)) == []


def test_a_test_case_is_a_function():
    found = tidy.check_functions("a_test.cc", "TEST(A, B) {\n" + LONG_BODY + "}\n")
    assert rules(found) == ["function"]


def test_a_header_opens_with_its_name_and_purpose():
    assert tidy.check_opening("src/io/a.h", "// io/a.h — what it is for.\n") == []
    assert rules(tidy.check_opening("src/io/a.h", "// io/b.h — what it is for.\n")) == ["opening"]
    assert rules(tidy.check_opening("src/io/a.h", "#pragma once\n")) == ["opening"]


def test_shared_ownership_is_for_immutable_values():
    assert banned("std::shared_ptr<const Snapshot> a;") == []
    assert banned("std::shared_ptr<Snapshot> a;") == ["shared_ptr"]


def test_sleeping_is_banned_everywhere_but_a_coroutine_may_wait_on_a_loop():
    assert banned("std::this_thread::sleep_for(1s);") == ["this_thread"]
    assert banned("    time.sleep(1)\n", "tests/mesh/test_a.py") == ["time"]
    assert banned("co_await loop.sleep_for(1s);") == []


def test_comments_and_strings_may_mention_what_is_banned():
    assert banned('// we never throw\nauto a = "throw";') == []


def test_time_is_read_where_its_interface_is_implemented():
    line = "auto t = std::chrono::steady_clock::now();"
    assert banned(line, "src/proxy/a.cc") == ["steady_clock"]
    assert banned(line, "src/base/clock.h") == []


def test_promises_and_empty_names_are_banned():
    assert banned("// TODO: later") == ["TODO"]
    assert banned("class LegManager {") == ["class"]
    assert banned("int a;", "src/io/utils.h") == ["file"]


def test_a_header_that_nobody_else_includes_is_dead():
    own = '#include "io/a.h"'
    texts = {"src/io/a.h": "", "src/io/a.cc": own, "src/io/a_test.cc": own}
    assert rules(tidy.check_dead(texts)) == ["dead"]
    texts["src/http/b.cc"] = own
    assert tidy.check_dead(texts) == []
