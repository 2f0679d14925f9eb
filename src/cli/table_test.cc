#include "cli/table.h"

#include <gtest/gtest.h>

namespace mortise::cli {
namespace {

TEST(Table, AlignsColumnsAsKubectlDoes) {
  Table table({"NAME", "READY", "STATUS", "RESTARTS", "AGE"}, 3);
  table.add({"httpbin-dcd949489-5cndk", "2/2", "Running", "0", "39s"});
  table.add({"sleep-58d6644d44-gb55j", "2/2", "Running", "0", "38s"});
  EXPECT_EQ(table.to_string(),
            "NAME                      READY   STATUS    RESTARTS   AGE\n"
            "httpbin-dcd949489-5cndk   2/2     Running   0          39s\n"
            "sleep-58d6644d44-gb55j    2/2     Running   0          38s\n");
}

TEST(Table, NeverEndsALineInSpaces) {
  Table table({"A", "B", "C"}, 2);
  table.add({"long value", "", ""});
  EXPECT_EQ(table.to_string(), "A           B  C\nlong value\n");
}

TEST(Table, CountsCharactersAndNotBytes) {
  Table table({"WHO", "N"}, 1);
  table.add({"é", "1"});
  EXPECT_EQ(table.to_string(), "WHO N\né   1\n");
}

TEST(AgeWords, ChangesUnitWhereKubectlDoes) {
  EXPECT_EQ(age_words(-5), "0s");
  EXPECT_EQ(age_words(119), "119s");
  EXPECT_EQ(age_words(120), "2m");
  EXPECT_EQ(age_words(330), "5m30s");
  EXPECT_EQ(age_words(600), "10m");
  EXPECT_EQ(age_words(2 * 3600), "120m");
  EXPECT_EQ(age_words(3 * 3600 + 60), "3h1m");
  EXPECT_EQ(age_words(8 * 3600 + 60), "8h");
  EXPECT_EQ(age_words(47 * 3600), "47h");
  EXPECT_EQ(age_words(50 * 3600), "2d2h");
  EXPECT_EQ(age_words(86400LL * 9), "9d");
  EXPECT_EQ(age_words(86400LL * 365 * 3), "3y");
  EXPECT_EQ(age_words(86400LL * 365 * 9 + 86400), "9y");
}

}  // namespace
}  // namespace mortise::cli
