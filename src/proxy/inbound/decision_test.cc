#include "proxy/inbound/decision.h"

#include <gtest/gtest.h>

namespace mortise::proxy {
namespace {

using model::MtlsMode;
using model::Protocol;
using wire::ClientHello;

constexpr auto kPlain = ClientHello::Verdict::not_tls;
constexpr auto kTls = ClientHello::Verdict::tls;

struct Case {
  const char* rule;
  ClientHello::Verdict arrives;
  std::vector<std::string> alpn;
  Protocol protocol;
  Treatment permissive;
  Treatment strict;
};

TEST(InboundDecision, FollowsTheOutcomeTable) {  // semantics section 5.2
  const std::vector<std::string> mesh = {"istio-http/1.1", "istio", "http/1.1"};
  const std::vector<std::string> browser = {"h2", "http/1.1"};
  for (const Case& row : {
           Case{"S-10", kPlain, {}, Protocol::tcp, Treatment::serve_plain, Treatment::refuse},
           Case{"S-12", kTls, browser, Protocol::tcp, Treatment::pass_raw, Treatment::terminate},
           Case{"S-13", kTls, {"istio"}, Protocol::tcp, Treatment::terminate, Treatment::terminate},
           Case{"S-14", kPlain, {}, Protocol::http, Treatment::serve_plain, Treatment::refuse},
           Case{"S-16", kTls, browser, Protocol::http, Treatment::refuse, Treatment::terminate},
           Case{"S-14", kPlain, {}, Protocol::grpc, Treatment::serve_plain, Treatment::refuse},
           Case{"S-16", kTls, browser, Protocol::grpc, Treatment::refuse, Treatment::terminate},
           Case{"S-16", kTls, browser, Protocol::http2, Treatment::refuse, Treatment::terminate},
           Case{"S-17", kTls, mesh, Protocol::http2, Treatment::terminate, Treatment::terminate},
           Case{"S-17", kTls, mesh, Protocol::http, Treatment::terminate, Treatment::terminate},
           Case{"S-18", kPlain, {}, Protocol::automatic, Treatment::serve_plain, Treatment::refuse},
           Case{"S-20", kTls, browser, Protocol::automatic, Treatment::pass_raw,
                Treatment::terminate},
           Case{"S-21", kTls, mesh, Protocol::automatic, Treatment::terminate,
                Treatment::terminate},
           Case{"S-23", kTls, {}, Protocol::tcp, Treatment::pass_raw, Treatment::terminate},
       }) {
    const ClientHello hello{row.arrives, "", row.alpn};
    EXPECT_EQ(decide(MtlsMode::permissive, row.protocol, hello).treatment, row.permissive)
        << row.rule;
    EXPECT_EQ(decide(MtlsMode::strict, row.protocol, hello).treatment, row.strict) << row.rule;
  }
}

TEST(InboundDecision, WaitsForTheWholeClientHello) {
  const ClientHello begun{ClientHello::Verdict::incomplete, "", {}};
  for (const auto mode : {MtlsMode::permissive, MtlsMode::strict}) {
    EXPECT_EQ(decide(mode, Protocol::tcp, begun).treatment, Treatment::look_further);
  }
}

TEST(InboundDecision, DoesNotLookForTlsWhereItIsDisabled) {  // S-3
  for (const auto verdict : {kPlain, kTls, ClientHello::Verdict::incomplete}) {
    const auto decision = decide(MtlsMode::disable, Protocol::tcp, {verdict, "", {"istio"}});
    EXPECT_EQ(decision.treatment, Treatment::serve_plain);
  }
}

}  // namespace
}  // namespace mortise::proxy
