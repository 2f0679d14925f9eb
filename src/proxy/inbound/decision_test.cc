#include "proxy/inbound/decision.h"

#include <gtest/gtest.h>

namespace mortise::proxy {
namespace {

using model::MtlsMode;
using wire::ClientHello;

constexpr auto kPlain = ClientHello::Verdict::not_tls;
constexpr auto kTls = ClientHello::Verdict::tls;

struct Case {
  const char* rule;
  ClientHello::Verdict arrives;
  std::vector<std::string> alpn;
  Handling handling;
  Treatment permissive;
  Treatment strict;
};

TEST(InboundDecision, FollowsTheOutcomeTable) {  // semantics section 5.2
  const std::vector<std::string> mesh = {"istio-http/1.1", "istio", "http/1.1"};
  const std::vector<std::string> browser = {"h2", "http/1.1"};
  for (const Case& row : {
           Case{"S-10", kPlain, {}, Handling::tcp, Treatment::serve_plain, Treatment::refuse},
           Case{"S-12", kTls, browser, Handling::tcp, Treatment::pass_raw, Treatment::terminate},
           Case{"S-13", kTls, {"istio"}, Handling::tcp, Treatment::terminate, Treatment::terminate},
           Case{"S-14", kPlain, {}, Handling::http, Treatment::serve_plain, Treatment::refuse},
           Case{"S-16", kTls, browser, Handling::http, Treatment::refuse, Treatment::terminate},
           Case{"S-17", kTls, mesh, Handling::http, Treatment::terminate, Treatment::terminate},
           Case{"S-18", kPlain, {}, Handling::guess, Treatment::serve_plain, Treatment::refuse},
           Case{"S-20", kTls, browser, Handling::guess, Treatment::pass_raw, Treatment::terminate},
           Case{"S-21", kTls, mesh, Handling::guess, Treatment::terminate, Treatment::terminate},
           Case{"S-23", kTls, {}, Handling::tcp, Treatment::pass_raw, Treatment::terminate},
       }) {
    const ClientHello hello{row.arrives, "", row.alpn};
    EXPECT_EQ(decide(MtlsMode::permissive, row.handling, hello).treatment, row.permissive)
        << row.rule;
    EXPECT_EQ(decide(MtlsMode::strict, row.handling, hello).treatment, row.strict) << row.rule;
  }
}

TEST(InboundDecision, WaitsForTheWholeClientHello) {
  const ClientHello begun{ClientHello::Verdict::incomplete, "", {}};
  for (const auto mode : {MtlsMode::permissive, MtlsMode::strict}) {
    EXPECT_EQ(decide(mode, Handling::tcp, begun).treatment, Treatment::look_further);
  }
}

}  // namespace
}  // namespace mortise::proxy
