// Client, two sidecars and servers in one thread: what a call looks like from both ends.
#include <gmock/gmock.h>

#include "io/sim/seeds.h"
#include "proxy/testing/sim_mesh.h"

namespace mortise::proxy {
namespace {

using testing::Application;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::SimMesh;
using ::testing::StartsWith;
using namespace std::chrono_literals;

constexpr std::string_view kService = "198.19.0.1:8000";
constexpr std::string_view kGet =
    "GET /headers HTTP/1.1\r\nHost: httpbin\r\nX-Forwarded-Client-Cert: forged\r\n\r\n";
constexpr std::string_view kResetWords =
    "upstream connect error or disconnect/reset before headers. reset reason: ";

// Everything that crossed from one workload to another. A sidecar and its own application meet
// inside one host, though 127.0.0.6 looks like another.
class Capture final : public io::sim::Wiretap {
 public:
  void on_bytes(SocketAddress from, SocketAddress to, std::string_view bytes) override {
    if (!from.ip.is_loopback() && !to.ip.is_loopback()) seen_ += bytes;
  }
  [[nodiscard]] bool saw(std::string_view text) const {
    return seen_.find(text) != std::string::npos;
  }
  [[nodiscard]] bool empty() const { return seen_.empty(); }
  void clear() { seen_.clear(); }

 private:
  std::string seen_;
};

// A ClientHello without ALPN: record header, handshake header, version, random, no session, one
// cipher suite, null compression.
std::string hello_of_an_application() {
  const std::string body = std::string("\x03\x03", 2) + std::string(32, 'r') + '\0' +
                           std::string("\0\x02\x13\x01", 4) + std::string("\x01\0", 2);
  const std::string handshake = std::string("\x01\0\0", 3) + static_cast<char>(body.size()) + body;
  return std::string("\x16\x03\x01\0", 4) + static_cast<char>(handshake.size()) + handshake;
}

class MeshSim : public ::testing::Test {
 protected:
  void start(model::Protocol protocol, Application::Kind kind = Application::http) {
    mesh_.add_service("httpbin", "198.19.0.1", protocol, {"full/httpbin"});
    server_ = &mesh_.run_application(httpbin_, kind);
    mesh_.start();
    mesh_.world.wiretap = &capture_;
  }
  void add_rule(model::ClientTlsMode mode) {
    model::DestinationRule rule;
    rule.meta.ref = {"DestinationRule", "full", "httpbin"};
    rule.host = "httpbin.full.svc.cluster.local";
    rule.policy.emplace().tls.emplace().mode = mode;
    mesh_.rules.destination_rules = {rule};
    mesh_.apply();
  }
  std::string request(const model::Workload& from, std::string_view to = kService) {
    return mesh_.call(from, to, std::string(kGet));
  }

  Capture capture_;  // outlives what writes to it
  SimMesh mesh_;
  model::Workload& sleep_ = mesh_.add_workload("sleep", "198.18.0.2", true);
  model::Workload& httpbin_ = mesh_.add_workload("httpbin", "198.18.0.3", true);
  model::Workload& legacy_ = mesh_.add_workload("legacy-sleep", "198.18.0.4", false);
  Application* server_ = nullptr;
};

TEST_F(MeshSim, TwoSidecarsEncryptWithoutAnyPolicyOfTheirOwn) {
  start(model::Protocol::http);
  const auto answer = request(sleep_);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("x-forwarded-client-cert: By=spiffe://cluster.local/ns/full/sa/"
                                "httpbin;Hash="));
  EXPECT_THAT(answer, HasSubstr(";Subject=\"\";URI=spiffe://cluster.local/ns/full/sa/sleep\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("forged")));
  EXPECT_FALSE(capture_.saw("GET /headers"));
}

TEST_F(MeshSim, AnOutsideCallerIsServedInPlainTextAndCannotForgeAnIdentity) {
  start(model::Protocol::http);
  const auto answer = request(legacy_, "198.18.0.3:80");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("lient-Cert")));
  EXPECT_TRUE(capture_.saw("GET /headers"));
}

TEST_F(MeshSim, StrictResetsPlainTextAndTheApplicationNeverHearsOfIt) {  // S-30, invariant 1
  start(model::Protocol::http);
  mesh_.set_mesh_mode(model::MtlsMode::strict);
  EXPECT_EQ(request(legacy_, "198.18.0.3:80"), "RESET");
  EXPECT_EQ(server_->connections, 0);
  EXPECT_THAT(request(sleep_), HasSubstr("URI=spiffe://cluster.local/ns/full/sa/sleep"));
}

TEST_F(MeshSim, DisableMakesTheClientSendPlainText) {  // M-23
  start(model::Protocol::http);
  mesh_.set_mesh_mode(model::MtlsMode::disable);
  const auto answer = request(sleep_);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("lient-Cert")));
  EXPECT_TRUE(capture_.saw("GET /headers"));
}

TEST_F(MeshSim, MutualTlsTowardsADisabledPortFailsInFixedWords) {
  start(model::Protocol::http);
  mesh_.set_mesh_mode(model::MtlsMode::disable);
  add_rule(model::ClientTlsMode::istio_mutual);
  const auto answer = request(sleep_);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(answer, EndsWith(std::string(kResetWords) + "connection failure"));
}

TEST_F(MeshSim, PlainTextTowardsAStrictPortIsATerminatedConnection) {
  start(model::Protocol::http);
  mesh_.set_mesh_mode(model::MtlsMode::strict);
  add_rule(model::ClientTlsMode::disable);
  const auto answer = request(sleep_);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, EndsWith(std::string(kResetWords) + "connection termination"));
  EXPECT_TRUE(server_->heads.empty());
}

TEST_F(MeshSim, MixedEndpointsAreDecidedEachForItself) {  // M-24
  model::Workload& plain = mesh_.add_workload("plain", "198.18.0.5", false);
  plain.namespace_name = "full";
  mesh_.add_service("httpbin", "198.19.0.1", model::Protocol::http, {"full/httpbin", "full/plain"});
  mesh_.run_application(httpbin_, Application::http);
  mesh_.run_application(plain, Application::http);
  mesh_.start();
  int encrypted = 0;
  for (int round = 0; round < 20; ++round) {
    const auto answer = request(sleep_);
    ASSERT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    const bool to_sidecar = answer.find("\r\n\r\nhttpbin\n") != std::string::npos;
    EXPECT_EQ(to_sidecar, answer.find("URI=spiffe:") != std::string::npos);
    encrypted += to_sidecar ? 1 : 0;
  }
  EXPECT_GT(encrypted, 0);
  EXPECT_LT(encrypted, 20);
}

TEST_F(MeshSim, AnEndpointThatRefusesIsReplacedByAnother) {
  mesh_.add_workload("gone", "198.18.0.6", false).namespace_name = "full";
  mesh_.add_service("httpbin", "198.19.0.1", model::Protocol::http, {"full/gone", "full/httpbin"});
  mesh_.run_application(httpbin_, Application::http);
  mesh_.start();
  for (int round = 0; round < 10; ++round) {
    EXPECT_THAT(request(sleep_), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
}

TEST_F(MeshSim, AServiceWithoutEndpointsSaysSo) {
  mesh_.add_service("httpbin", "198.19.0.1", model::Protocol::http, {});
  mesh_.start();
  EXPECT_THAT(request(sleep_), EndsWith("\r\n\r\nno healthy upstream"));
}

TEST_F(MeshSim, AnotherAccountBehindTheAddressIsNotAccepted) {  // K-21
  start(model::Protocol::http);
  httpbin_.service_account = "somebody-else";
  mesh_.apply();
  EXPECT_THAT(request(sleep_), EndsWith(std::string(kResetWords) + "connection failure"));
  EXPECT_EQ(server_->connections, 0);
}

TEST_F(MeshSim, TheWorkloadsOwnAddressIsTreatedLikeItsService) {  // K-20
  start(model::Protocol::http);
  EXPECT_THAT(request(sleep_, "198.18.0.3:80"), HasSubstr("URI=spiffe:"));
}

TEST_F(MeshSim, AWorkloadThatCallsItsOwnServiceGoesThroughBothDirections) {  // J-24
  start(model::Protocol::http);
  EXPECT_THAT(request(httpbin_), HasSubstr("URI=spiffe://cluster.local/ns/full/sa/httpbin"));
}

TEST_F(MeshSim, LegsAreReusedUntilTheCertificateChanges) {  // invariant 3
  start(model::Protocol::http);
  request(sleep_);
  request(sleep_);
  EXPECT_EQ(mesh_.worker(sleep_).legs.size(), 1U);
  mesh_.renew_identities();
  EXPECT_EQ(mesh_.worker(sleep_).legs.size(), 0U);
  EXPECT_THAT(request(sleep_), HasSubstr("URI=spiffe:"));
}

TEST_F(MeshSim, ALegMadeUnderOneDecisionIsNotUsedUnderAnother) {
  start(model::Protocol::http);
  request(sleep_);
  capture_.clear();
  mesh_.set_mesh_mode(model::MtlsMode::disable);
  EXPECT_THAT(request(sleep_), Not(HasSubstr("URI=spiffe:")));
  EXPECT_TRUE(capture_.saw("GET /headers"));
}

TEST_F(MeshSim, DeclaredTcpKeepsItsHalfClose) {
  start(model::Protocol::tcp, Application::echo);
  EXPECT_EQ(mesh_.call(sleep_, kService, "ping", true), "ping|end");
  EXPECT_EQ(server_->bytes, "ping");
  EXPECT_FALSE(capture_.saw("ping"));
}

TEST_F(MeshSim, UndeclaredPortsCarryHttpAndBytesAlike) {  // S-18 to S-22
  start(model::Protocol::automatic);
  EXPECT_THAT(request(sleep_), HasSubstr("URI=spiffe:"));
  EXPECT_THAT(request(legacy_, "198.18.0.3:80"), Not(HasSubstr("forged")));
}

TEST_F(MeshSim, UndeclaredPortsCarryTextWithoutALineEnd) {
  start(model::Protocol::automatic, Application::echo);
  EXPECT_EQ(mesh_.call(sleep_, kService, "\x01\x02", true), "\x01\x02|end");
  EXPECT_EQ(mesh_.call(sleep_, kService, "no line end", true), "no line end|end");
}

TEST_F(MeshSim, ServersThatSpeakFirstDoNotStall) {  // K-26
  for (const auto protocol : {model::Protocol::tcp, model::Protocol::automatic}) {
    SimMesh mesh;
    const auto& client = mesh.add_workload("sleep", "198.18.0.2", true);
    const auto& server = mesh.add_workload("httpbin", "198.18.0.3", true);
    const auto& outside = mesh.add_workload("legacy", "198.18.0.4", false);
    mesh.add_service("mail", "198.19.0.1", protocol, {"full/httpbin"});
    mesh.run_application(server, Application::greeter);
    mesh.start();
    for (const auto mode : {model::MtlsMode::permissive, model::MtlsMode::disable}) {
      mesh.set_mesh_mode(mode);
      for (const auto* caller : {&client, &outside}) {
        const auto* to = caller == &outside ? "198.18.0.3:80" : "198.19.0.1:8000";
        const auto begin = mesh.loop.now();
        EXPECT_EQ(mesh.call(*caller, to, ""), "220 hello\r\n");
        EXPECT_LE(mesh.loop.now() - begin, 100ms);
        EXPECT_THAT(mesh.call(*caller, to, "", true), StartsWith("220 hello"));
      }
    }
  }
}

TEST_F(MeshSim, AForgedIdentityDoesNotSlipPastAnUndeclaredPort) {  // invariant 5
  start(model::Protocol::automatic);
  for (const std::string words : {
           "GET / HTTP/1.1\nX-Forwarded-Client-Cert: forged\nHost: a\n\n",
           "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Client-Cert: forged\r\n\r\n",
           "get\t/ http/1.1\r\nX-Forwarded-Client-Cert: forged\r\nHost: a\r\n\r\n",
           "GET /\r\nX-Forwarded-Client-Cert: forged\r\n\r\n",
           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
       }) {
    mesh_.call(legacy_, "198.18.0.3:80", words, true);
    mesh_.call(sleep_, kService, words, true);
  }
  for (const auto& head : server_->heads) EXPECT_THAT(head, Not(HasSubstr("forged")));
}

TEST_F(MeshSim, TheApplicationsOwnTlsPassesOnUndeclaredPortsOnly) {  // S-16, S-20
  const std::string hello = hello_of_an_application();
  start(model::Protocol::automatic, Application::echo);
  EXPECT_EQ(mesh_.call(legacy_, "198.18.0.3:80", hello, true), hello + "|end");
  mesh_.set_mesh_mode(model::MtlsMode::strict);
  EXPECT_EQ(mesh_.call(legacy_, "198.18.0.3:80", hello, true).find(hello), std::string::npos);
}

TEST_F(MeshSim, PortsDeclaredHttp2CarryHttp1ThroughTheCodec) {  // invariant 5
  for (const auto protocol : {model::Protocol::http2, model::Protocol::grpc}) {
    SimMesh mesh;
    const auto& client = mesh.add_workload("sleep", "198.18.0.2", true);
    const auto& server = mesh.add_workload("httpbin", "198.18.0.3", true);
    const auto& outside = mesh.add_workload("legacy", "198.18.0.4", false);
    mesh.add_service("httpbin", "198.19.0.1", protocol, {"full/httpbin"});
    const auto& application = mesh.run_application(server, Application::http);
    mesh.start();
    const auto encrypted = mesh.call(client, kService, std::string(kGet));
    EXPECT_THAT(encrypted, HasSubstr("URI=spiffe://cluster.local/ns/full/sa/sleep"));
    for (const auto mode : {model::MtlsMode::permissive, model::MtlsMode::disable}) {
      mesh.set_mesh_mode(mode);
      const auto plain = mesh.call(outside, "198.18.0.3:80", std::string(kGet));
      EXPECT_THAT(plain, StartsWith("HTTP/1.1 200 OK\r\n"));
      EXPECT_THAT(plain, Not(HasSubstr("lient-Cert")));
      mesh.call(outside, "198.18.0.3:80",
                "PRI * HTTP/2.0\r\nX-Forwarded-Client-Cert: forged\r\n\r\n", true);
    }
    for (const auto& head : application.heads) EXPECT_THAT(head, Not(HasSubstr("forged")));
  }
}

TEST_F(MeshSim, PortsDeclaredHttp2CarryHttp2AndOtherBytesAsTheyAre) {
  start(model::Protocol::http2, Application::echo);
  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  for (const auto& words : {preface + "frames", std::string("\x01\x02")}) {
    EXPECT_EQ(mesh_.call(sleep_, kService, words, true), words + "|end");
    EXPECT_EQ(mesh_.call(legacy_, "198.18.0.3:80", words, true), words + "|end");
  }
  EXPECT_EQ(mesh_.call(legacy_, "198.18.0.3:80", hello_of_an_application(), true), "RESET");
}

TEST_F(MeshSim, APeerThatNeverSpeaksDoesNotKeepAPortDeclaredHttp) {
  start(model::Protocol::http);
  for (const auto mode : {model::MtlsMode::permissive, model::MtlsMode::disable}) {
    mesh_.set_mesh_mode(mode);
    const auto silent = mesh_.connect(legacy_, "198.18.0.3:80");
    EXPECT_EQ(mesh_.heard_after(*silent, mesh_.limits.first_byte - 1s), "");
    EXPECT_EQ(mesh_.heard_after(*silent, 2s), "RESET");
  }
  const auto between = mesh_.connect(legacy_, "198.18.0.3:80");
  ASSERT_TRUE(between->try_write(kGet));
  EXPECT_THAT(mesh_.heard_after(*between, 1s), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(mesh_.heard_after(*between, 10 * mesh_.limits.first_byte), "");
}

TEST_F(MeshSim, ConnectionsFromOutsideLeaveRoomForTheApplicationsOwn) {
  mesh_.limits.inbound_connections = 1;
  mesh_.run_application(legacy_, Application::http);
  start(model::Protocol::http);
  const auto filling = mesh_.connect(legacy_, "198.18.0.3:80");
  EXPECT_EQ(mesh_.heard_after(*filling, 1s), "");
  EXPECT_THAT(request(httpbin_, "198.18.0.4:80"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(MeshSim, TheListenersOwnPortsLeadNowhere) {  // S-43
  start(model::Protocol::http);
  EXPECT_EQ(request(legacy_, "198.18.0.3:15006"), "RESET");
}

TEST_F(MeshSim, ASilentPeerOfAStrictPortIsReset) {
  start(model::Protocol::http);
  mesh_.set_mesh_mode(model::MtlsMode::strict);
  EXPECT_EQ(mesh_.call(legacy_, "198.18.0.3:80", "", false, 11s), "RESET");
}

TEST_F(MeshSim, APlainConnectionIsResetSomeTimeAfterItsPortBecameStrict) {
  start(model::Protocol::tcp, Application::echo);
  const auto stream = mesh_.connect(legacy_, "198.18.0.3:80");
  ASSERT_TRUE(stream->try_write(std::string_view("one")));
  EXPECT_EQ(mesh_.heard_after(*stream, 1s), "one");
  mesh_.set_mesh_mode(model::MtlsMode::strict);
  ASSERT_TRUE(stream->try_write(std::string_view("two")));
  EXPECT_EQ(mesh_.heard_after(*stream, mesh_.limits.drain - 1s), "two");
  EXPECT_EQ(mesh_.heard_after(*stream, 2s), "RESET");
}

TEST_F(MeshSim, APlainConnectionGetsNoFurtherRequestThroughOnceItsPortIsStrict) {  // invariant 1
  start(model::Protocol::http);
  const auto stream = mesh_.connect(legacy_, "198.18.0.3:80");
  ASSERT_TRUE(stream->try_write(kGet));
  EXPECT_THAT(mesh_.heard_after(*stream, 1s), StartsWith("HTTP/1.1 200 OK\r\n"));
  mesh_.set_mesh_mode(model::MtlsMode::strict);
  ASSERT_TRUE(stream->try_write(kGet));
  EXPECT_EQ(mesh_.heard_after(*stream, 1s), "RESET");
  EXPECT_EQ(server_->heads.size(), 1U);
}

TEST_F(MeshSim, NewcomersWaitWhileThereIsNoRoom) {
  mesh_.limits.inbound_connections = 1;
  start(model::Protocol::tcp, Application::echo);
  auto first = mesh_.connect(legacy_, "198.18.0.3:80");
  const auto second = mesh_.connect(legacy_, "198.18.0.3:80");
  ASSERT_TRUE(second->try_write(std::string_view("hello")));
  EXPECT_EQ(mesh_.heard_after(*second, 1s), "");
  first.reset();
  EXPECT_EQ(mesh_.heard_after(*second, 1s), "hello");
}

TEST_F(MeshSim, ConnectionsBeforeTheFirstConfigurationWaitAndAreNeverPlain) {
  mesh_.limits.startup = 5s;
  mesh_.add_service("httpbin", "198.19.0.1", model::Protocol::http, {"full/httpbin"});
  server_ = &mesh_.run_application(httpbin_, Application::http);
  mesh_.start_without_configuration();
  mesh_.world.wiretap = &capture_;
  const auto stream = mesh_.connect(sleep_, kService);
  ASSERT_TRUE(stream->try_write(kGet));
  EXPECT_EQ(mesh_.heard_after(*stream, 1s), "");
  mesh_.apply();
  EXPECT_THAT(mesh_.heard_after(*stream, 1s), HasSubstr("URI=spiffe:"));
  EXPECT_FALSE(capture_.saw("GET /headers"));
}

TEST_F(MeshSim, AnAddressOfTheMeshThatNobodyKnowsIsRefusedAndNeverPlain) {
  mesh_.complete = false;
  start(model::Protocol::http);
  EXPECT_EQ(request(sleep_, "198.18.9.9:80"), "RESET");
  EXPECT_TRUE(capture_.empty());
}

TEST_F(MeshSim, AnAddressIsAskedForOnceAndUsedWhenTheAnswerComes) {
  mesh_.complete = false;
  start(model::Protocol::http);
  std::vector<IpAddress> asked;
  mesh_.worker(sleep_).ask = [&](IpAddress address) {
    asked.push_back(address);
    mesh_.loop.post([this] {
      mesh_.add_service("late", "198.19.0.9", model::Protocol::http, {"full/httpbin"});
      mesh_.apply();
    });
  };
  EXPECT_THAT(request(sleep_, "198.19.0.9:8000"), HasSubstr("URI=spiffe:"));
  EXPECT_THAT(request(sleep_, "198.19.0.9:8000"), HasSubstr("URI=spiffe:"));
  EXPECT_EQ(asked.size(), 1U);
}

TEST_F(MeshSim, DestinationsOutsideTheMeshAreReachedAsTheApplicationSpeaks) {
  start(model::Protocol::http);
  const auto outside = mesh_.world.process(testing::ip("192.0.2.1"));
  const auto listener = outside->listen({testing::ip("192.0.2.1"), 25}).value();
  Application mail;
  mail.kind = Application::greeter;
  io::Scope scope(mesh_.loop);
  scope.spawn(serve_application(mesh_.loop, *listener, scope, mail));
  EXPECT_EQ(mesh_.call(sleep_, "192.0.2.1:25", "HELO\r\n", true), "220 hello\r\nHELO\r\n|end");
}

TEST_F(MeshSim, BothEndsReportTheSameEdge) {
  start(model::Protocol::http);
  request(sleep_);
  const auto source = mesh_.edges(sleep_);
  const auto destination = mesh_.edges(httpbin_);
  ASSERT_EQ(source.size(), 1U);
  ASSERT_EQ(destination.size(), 1U);
  for (const auto& [key, sums] : {source[0], destination[0]}) {
    EXPECT_EQ(key.security, Security::mutual_tls);
    EXPECT_EQ(key.tls_version, "TLSv1.3");
    EXPECT_EQ(key.port, 80);
    EXPECT_EQ(key.mode, "PERMISSIVE");
    EXPECT_EQ(key.rule, "MeshPolicy//default");
    EXPECT_EQ(sums.requests, 1U);
    EXPECT_EQ(sums.connections_opened, 1U);
  }
  EXPECT_EQ(source[0].first.service, "full/httpbin");
  EXPECT_EQ(source[0].first.peer_identity, destination[0].first.own_identity);
  EXPECT_EQ(destination[0].first.peer_identity, source[0].first.own_identity);
  EXPECT_EQ(destination[0].first.peer_address, "198.18.0.2");
}

TEST_F(MeshSim, RefusalsAreCountedWithTheirReason) {
  start(model::Protocol::http);
  mesh_.set_mesh_mode(model::MtlsMode::strict);
  request(legacy_, "198.18.0.3:80");
  const auto edges = mesh_.edges(httpbin_);
  ASSERT_EQ(edges.size(), 1U);
  EXPECT_EQ(edges[0].first.security, Security::refused);
  EXPECT_EQ(edges[0].first.why, "plain-text");
  EXPECT_EQ(edges[0].first.mode, "STRICT");
  EXPECT_EQ(edges[0].second.connections_opened, 1U);
}

// The same calls on a bad network, many times over: every answer is right or a failure, never
// something in between.
TEST(MeshSimSeeds, AnswersAreWholeOrFailuresWhateverTheNetworkDoes) {
  for (const auto seed : io::sim::seeds(30)) {
    SCOPED_TRACE(io::sim::announce(seed));
    SimMesh mesh(seed);
    const auto& client = mesh.add_workload("sleep", "198.18.0.2", true);
    const auto& server = mesh.add_workload("httpbin", "198.18.0.3", true);
    mesh.add_service("httpbin", "198.19.0.1", model::Protocol::automatic, {"full/httpbin"});
    const auto& application = mesh.run_application(server, Application::http);
    mesh.start();
    mesh.world.faults = {.least_delay = 1ms,
                         .most_delay = 40ms,
                         .short_io = 0.3,
                         .reset = 0.01,
                         .refuse = 0.05,
                         .buffer_bytes = 512};
    for (int round = 0; round < 20; ++round) {
      const auto answer = mesh.call(client, kService, std::string(kGet));
      const bool failure =
          answer.starts_with("HTTP/1.1 503 ") || answer.ends_with("RESET") || answer == "REFUSED";
      EXPECT_TRUE(failure || answer.find("URI=spiffe:") != std::string::npos)
          << "round " << round << ": " << answer;
    }
    EXPECT_FALSE(application.heads.empty()) << "no call came through";
    for (const auto& head : application.heads) {
      EXPECT_THAT(head, Not(HasSubstr("forged")));
    }
  }
}

}  // namespace
}  // namespace mortise::proxy
