#include "cli/difference.h"

#include <gtest/gtest.h>

namespace mortise::cli {
namespace {

TEST(Difference, MarksWhatGoesAndWhatComesWithTwoLinesAround) {
  EXPECT_EQ(difference("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nX\ne\nf\n"), " b\n c\n-d\n+X\n e\n f\n");
}

TEST(Difference, OfEqualTextsIsEmpty) { EXPECT_EQ(difference("a\nb\n", "a\nb\n"), ""); }

TEST(Difference, FromNothingIsEverything) {
  EXPECT_EQ(difference("", "a\nb\n"), "+a\n+b\n");
  EXPECT_EQ(difference("a\nb\n", ""), "-a\n-b\n");
}

TEST(Difference, KeepsCommonLinesOnBothSidesOfAnInsertion) {
  EXPECT_EQ(difference("peers:\n- mtls:\n", "peers:\n- origins:\n- mtls:\n"),
            " peers:\n+- origins:\n - mtls:\n");
}

}  // namespace
}  // namespace mortise::cli
