#include "bench/load/options.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mortise::bench {
namespace {

TEST(LoadOptions, AreReadFromWords) {
  const auto options = parse_options({"--to", "198.18.0.3:80", "--rate", "5000", "--seconds", "2.5",
                                      "--connections", "16", "--alpn", "istio,http/1.1"});
  ASSERT_TRUE(options) << options.error();
  EXPECT_EQ(options->rate, 5000);
  EXPECT_EQ(options->seconds, 2.5);
  EXPECT_EQ(options->connections, 16U);
  EXPECT_EQ(options->host, "198.18.0.3:80");
  EXPECT_EQ(options->files.alpn, (std::vector<std::string>{"istio", "http/1.1"}));
}

TEST(LoadOptions, RefuseWhatMakesNoSense) {
  EXPECT_FALSE(parse_options({}));
  EXPECT_FALSE(parse_options({"--to", "a:1", "--rate", "-1"}));
  EXPECT_FALSE(parse_options({"--to", "a:1", "--connections", "0"}));
  EXPECT_FALSE(parse_options({"--to", "a:1", "--tls"}));
  EXPECT_FALSE(parse_options({"--to", "a:1", "--cert", "c.pem"}));
  EXPECT_FALSE(parse_options({"--to", "a:1", "--hold", "--per-request"}));
}

TEST(LoadOptions, RequestHasEightHeaderFieldsKeptOrNot) {
  for (const bool per_request : {false, true}) {
    Options options;
    options.host = "server";
    options.per_request = per_request;
    const auto text = request_text(options);
    EXPECT_EQ(std::ranges::count(text, '\n'), 1 + 8 + 1);
    EXPECT_EQ(text.contains("Connection: close"), per_request);
    EXPECT_TRUE(text.ends_with("\r\n\r\n"));
  }
}

}  // namespace
}  // namespace mortise::bench
