#include "manifest/reader.h"

#include <gtest/gtest.h>

#include <string>

namespace mortise::manifest {
namespace {

Documents read(std::string_view text, Budget budget = {64, 10'000}) {
  return read_documents(text, budget);
}

// "LINE FIELD: MESSAGE" of the only fault.
std::string fault(std::string_view text, Budget budget = {64, 10'000}) {
  const auto documents = read(text, budget);
  if (documents.faults.size() != 1) return std::to_string(documents.faults.size()) + " faults";
  const auto& only = documents.faults[0];
  return std::to_string(only.line) + " " + only.field + ": " + only.message;
}

Node only(std::string_view text) {
  auto documents = read(text);
  EXPECT_TRUE(documents.faults.empty()) << documents.faults[0].message;
  EXPECT_EQ(documents.roots.size(), 1U);
  return documents.roots.empty() ? Node{} : documents.roots[0];
}

TEST(Reader, SplitsDocumentsAndLeavesOutEmptyOnes) {
  EXPECT_TRUE(read("").roots.empty());
  EXPECT_TRUE(read("# nothing\n---\n---\n# still nothing\n---\n").roots.empty());
  EXPECT_EQ(read("a: 1\n---\nb: 2\n---\n\n---\nc: 3").roots.size(), 3U);
  EXPECT_EQ(read("%YAML 1.2\n---\na: 1\n...\n---\nb: 1\n").roots.size(), 2U);
}

TEST(Reader, FindsTheLineOfEveryField) {
  const auto node = only("\n# comment\na: 1\nb:\n  c:\n  - d: x\n    e:\n  - f\n");
  EXPECT_EQ(node.find("a")->line, 3);
  EXPECT_EQ(node.find("b")->line, 4) << "of the name, not of the first child";
  const auto& list = *node.find("b")->find("c");
  EXPECT_EQ(list.line, 5);
  EXPECT_EQ(list.items[0].line, 6);
  EXPECT_EQ(list.items[0].find("d")->line, 6);
  EXPECT_EQ(list.items[0].find("e")->line, 7) << "an empty value is not at the next field";
  EXPECT_EQ(list.items[1].line, 8);
}

TEST(Reader, CountsLinesAcrossDocuments) {
  const auto documents = read("a: 1\n---\nb: 2\n---\nc:\n  d: 3\n");
  ASSERT_EQ(documents.roots.size(), 3U);
  EXPECT_EQ(documents.roots[2].find("c")->find("d")->line, 6);
}

TEST(Reader, GivesScalarsTheTypesThatKubectlGivesThem) {
  const auto node = only(
      "a: 1\nb: '1'\nc: true\nd: yes\ne: \"yes\"\nf: ~\ng:\nh: 1.5\ni: 0x10\n"
      "j: 010\nk: y\nl: 1.2.3\nm: !!str 5\nn: -3\no: 1e3\np: '~'\n");
  const auto type = [&](const char* name) { return node.find(name)->type; };
  EXPECT_EQ(type("a"), Node::Type::integer);
  EXPECT_EQ(type("b"), Node::Type::text);
  EXPECT_EQ(type("c"), Node::Type::boolean);
  EXPECT_EQ(type("d"), Node::Type::boolean);
  EXPECT_EQ(type("e"), Node::Type::text);
  EXPECT_EQ(type("f"), Node::Type::null);
  EXPECT_EQ(type("g"), Node::Type::null);
  EXPECT_EQ(node.find("h")->real, 1.5);
  EXPECT_EQ(node.find("i")->integer, 16);
  EXPECT_EQ(node.find("j")->integer, 8);
  EXPECT_EQ(type("k"), Node::Type::text);
  EXPECT_EQ(type("l"), Node::Type::text);
  EXPECT_EQ(type("m"), Node::Type::text);
  EXPECT_EQ(node.find("n")->integer, -3);
  EXPECT_EQ(node.find("o")->real, 1000);
  EXPECT_EQ(type("p"), Node::Type::text);
}

TEST(Reader, RefusesAFieldThatIsThereTwice) {
  EXPECT_EQ(fault("a:\n  b: 1\n  c: 2\n  b: 3\n"), "4 a.b: is there twice: remove one of the two");
  EXPECT_EQ(fault("{\"a\": 1,\n\"a\": 2}"), "2 a: is there twice: remove one of the two");
  EXPECT_EQ(fault("l:\n- x: 1\n- y: 1\n  y: 2\n"),
            "4 l[1].y: is there twice: remove one of the two");
}

TEST(Reader, ReportsBadSyntaxOfEachDocumentAndReadsTheRest) {
  const auto documents = read("a: [1\n---\nb: 2\n---\nc: : :\n");
  EXPECT_EQ(documents.roots.size(), 1U);
  ASSERT_EQ(documents.faults.size(), 2U);
  EXPECT_EQ(documents.faults[1].line, 5);
}

TEST(Reader, EndsWhereTheLibraryWouldGoOnForEver) {
  EXPECT_EQ(fault(",a\n"), "1 : this is not valid YAML: unexpected text");
  EXPECT_EQ(fault("a: 1\n---\n,\n"), "3 : this is not valid YAML: unexpected text");
  EXPECT_EQ(read("a: 1\n]\n").faults.size(), 1U);
}

TEST(Reader, RefusesAQuoteThatIsNeverClosed) {
  const std::string why = ": this is not valid YAML: this quote is never closed";
  EXPECT_EQ(fault("a: 1\nb: \"x\n  y\n"), "2 " + why);
  EXPECT_EQ(fault("a: 'it''s\n"), "1 " + why);
  EXPECT_EQ(fault("h\xC3\xA9: &x \"a\\\"\n"), "1 " + why);
  EXPECT_EQ(only("a: 'it''s'\nb: \"\\\"\"\n").find("b")->text, "\"");
  EXPECT_EQ(only("a: |\n  \"x\n").find("a")->text, "\"x\n");
  EXPECT_EQ(only("a: it's\n").find("a")->text, "it's");
}

TEST(Reader, RefusesWhatIsNotUtf8Text) {
  EXPECT_EQ(fault("a: 1\nb: \xFF\n"), "2 : this is not UTF-8");
  for (const char* bad : {"a: \xC0\xAF", "a: \xED\xA0\x80", "a: \xE2\x82", "a: \xF5\x80\x80\x80"}) {
    EXPECT_EQ(fault(bad), "1 : this is not UTF-8");
  }
  EXPECT_EQ(fault(std::string_view("a: \0b", 5)),
            "1 : a control character: this is not a text file");
  EXPECT_EQ(fault("a: \"\\0\"\n"), "1 a: text must not contain a NUL character");
  EXPECT_EQ(only("a: h\xC3\xA9 \xF0\x9F\x94\x92\n").find("a")->text, "h\xC3\xA9 \xF0\x9F\x94\x92");
  EXPECT_EQ(only("\xEF\xBB\xBF"
                 "a: b\n")
                .find("a")
                ->text,
            "b")
      << "a byte order mark is skipped";
}

TEST(Reader, StopsAtItsLimits) {
  EXPECT_EQ(fault("[[[[1]]]]", {3, 100}), "1 [0][0][0]: nested more than 3 levels deep");
  EXPECT_EQ(fault("- - - - x\n", {3, 100}), "1 [0][0][0]: nested more than 3 levels deep");
  EXPECT_EQ(fault("[1, 2, 3, 4, 5]", {64, 4}),
            "1 [3]: too much content: the limit on values in one call is reached");
}

TEST(Reader, DoesNotSpendMemoryOnBracketsWithoutEnd) {
  EXPECT_EQ(fault("a:\n  " + std::string(100'000, '{')), "2 : nested too deep");
}

TEST(Reader, CountsAnAliasAsOftenAsItIsUsed) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const auto before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_NE(fault(bomb, {64, 400'000}).find("too much content"), std::string::npos);
}

TEST(Reader, ExpandsAliasesAndMerges) {
  const auto node = only("base: &b {x: 1, y: 2}\nuse: *b\nmerged:\n  <<: *b\n  y: 3\n");
  EXPECT_EQ(node.find("use")->find("x")->integer, 1);
  EXPECT_EQ(node.find("merged")->find("x")->integer, 1);
  EXPECT_EQ(node.find("merged")->find("y")->integer, 3);
  EXPECT_EQ(fault("a: &a [*a]\n"), "1 a[0]: an alias inside what it stands for");
}

TEST(Reader, ReadsJsonByItsOwnRules) {
  const auto node =
      only("{\"a\": \"\\ud83d\\ude00\\/\",\n\t\"b\": [1, 2.5, null, true],\n\"c\":{\"d\":1}}");
  EXPECT_EQ(node.find("a")->text, "\xF0\x9F\x98\x80/");
  EXPECT_EQ(node.find("b")->items.size(), 4U);
  EXPECT_EQ(node.find("b")->line, 2);
  EXPECT_EQ(node.find("c")->find("d")->line, 3);
  EXPECT_EQ(only("{a: b, c: [d]}").find("a")->text, "b") << "flow YAML is no JSON";
}

TEST(Reader, NamesAFieldByItsText) {
  EXPECT_EQ(only("8080: b\n").find("8080")->text, "b");
  EXPECT_EQ(fault("? [x]\n: y\n"), "1 : the name of a field must be text");
}

TEST(Reader, RefusesTagsOfPrograms) {
  EXPECT_EQ(fault("a: !ruby/object:X {}\n"),
            "1 a: the YAML tag \"!ruby/object:X\" means nothing here");
}

}  // namespace
}  // namespace mortise::manifest
