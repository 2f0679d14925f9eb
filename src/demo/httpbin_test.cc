#include "demo/httpbin.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace mortise::demo {
namespace {

using nlohmann::json;

class Httpbin : public testing::Test {
 protected:
  http::Response ask(const std::string& method, const std::string& path) {
    request.method = method;
    request.path = path;
    return answer_httpbin(request, random).response;
  }
  json asked(const std::string& method, const std::string& path) {
    return json::parse(ask(method, path).body);
  }

  http::Request request;
  Random random{1};
};

TEST_F(Httpbin, PrintsHeadersSortedWithCanonicalNamesAndIndentTwo) {
  request.headers = {
      {"host", "httpbin.full:8000"}, {"x-forwarded-client-cert", "By=a;URI=b"}, {"Accept", "*/*"}};
  EXPECT_EQ(ask("GET", "/headers").body,
            "{\n"
            "  \"headers\": {\n"
            "    \"Accept\": \"*/*\",\n"
            "    \"Host\": \"httpbin.full:8000\",\n"
            "    \"X-Forwarded-Client-Cert\": \"By=a;URI=b\"\n"
            "  }\n"
            "}\n");
}

TEST_F(Httpbin, ShowsEveryFieldOfARepeatedHeader) {
  request.headers = {{"X-Forwarded-Client-Cert", "forged"}, {"x-forwarded-client-CERT", "real"}};
  EXPECT_EQ(asked("GET", "/headers")["headers"]["X-Forwarded-Client-Cert"], "forged,real");
}

TEST_F(Httpbin, SurvivesHeaderBytesThatAreNotUtf8) {
  request.headers = {{"X-Odd", "\xff"}};
  EXPECT_EQ(ask("GET", "/headers").status, 200);
}

TEST_F(Httpbin, GetSaysArgumentsOriginAndUrl) {
  request.headers = {{"Host", "httpbin:8000"}};
  request.query = {{"a", "1 2"}};
  request.peer_address = {IpAddress::v4(0xc6120005), 40000};
  const auto got = asked("GET", "/get");
  EXPECT_EQ(got["args"]["a"], "1 2");
  EXPECT_EQ(got["origin"], "198.18.0.5");
  EXPECT_EQ(got["url"], "http://httpbin:8000/get?a=1%202");
}

TEST_F(Httpbin, PostEchoesJsonFormAndRawData) {
  request.body = R"({"k":[1,2]})";
  EXPECT_EQ(asked("POST", "/post")["json"]["k"][1], 2);
  EXPECT_EQ(asked("POST", "/post")["data"], R"({"k":[1,2]})");

  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = "a=1+1&b=%26&c";
  const auto form = asked("POST", "/post")["form"];
  EXPECT_EQ(form, json({{"a", "1 1"}, {"b", "&"}, {"c", ""}}));
  EXPECT_EQ(asked("POST", "/post")["data"], "");
  EXPECT_TRUE(asked("POST", "/post")["json"].is_null());

  request.headers.clear();
  request.body = "plain words";
  EXPECT_EQ(asked("POST", "/post")["data"], "plain words");
  EXPECT_TRUE(asked("POST", "/post")["json"].is_null());
}

TEST_F(Httpbin, StatusAnswersTheCodeAndRefusesWhatIsNone) {
  EXPECT_EQ(ask("GET", "/status/503").status, 503);
  EXPECT_EQ(ask("DELETE", "/status/204").status, 204);
  EXPECT_EQ(ask("GET", "/status/100").status, 400);
  EXPECT_EQ(ask("GET", "/status/600").status, 400);
  EXPECT_EQ(ask("GET", "/status/2x").status, 400);
}

TEST_F(Httpbin, DelayTakesFractionsAndNeverMoreThanTenSeconds) {
  const auto delay = [this](const std::string& path) {
    request.path = path;
    return answer_httpbin(request, random).delay;
  };
  EXPECT_EQ(delay("/delay/0.25"), std::chrono::milliseconds(250));
  EXPECT_EQ(delay("/delay/1000"), std::chrono::seconds(10));
  EXPECT_EQ(ask("GET", "/delay/nan").status, 404);
  EXPECT_EQ(ask("GET", "/delay/-1").status, 404);
  EXPECT_EQ(ask("GET", "/delay/").status, 404);
}

TEST_F(Httpbin, BytesAreLimitedAndRepeatableWithASeed) {
  EXPECT_EQ(ask("GET", "/bytes/16").body.size(), 16U);
  EXPECT_EQ(ask("GET", "/bytes/99999999999").body.size(), 100U * 1024);
  request.query = {{"seed", "7"}};
  EXPECT_EQ(ask("GET", "/bytes/64").body, ask("GET", "/bytes/64").body);
  request.query = {{"seed", "seven"}};
  EXPECT_EQ(ask("GET", "/bytes/64").status, 400);
  EXPECT_EQ(ask("GET", "/bytes/-1").status, 404);
}

TEST_F(Httpbin, AnswersTheRestWith404And405) {
  EXPECT_EQ(ask("GET", "/").status, 404);
  EXPECT_EQ(ask("GET", "/headers/more").status, 404);
  EXPECT_EQ(ask("GET", "/post").status, 405);
  EXPECT_EQ(ask("POST", "/headers").status, 405);
}

}  // namespace
}  // namespace mortise::demo
