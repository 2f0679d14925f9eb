#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/discovery.pb.h"
#include "api/identity.pb.h"
#include "api/telemetry.pb.h"
#include "control/testing.h"
#include "io/scope.h"
#include "pki/csr.h"
#include "rpc/client.h"

namespace mortise::control::sidecars {
namespace {

namespace told = ::mortise::discovery::v1;
using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::SizeIs;

constexpr const char* kStream = "/mortise.discovery.v1.Discovery/Stream";
constexpr const char* kSign = "/mortise.identity.v1.Identity/Sign";
constexpr const char* kReport = "/mortise.telemetry.v1.Telemetry/Report";

constexpr const char* kDemo = R"(
apiVersion: v1
kind: Service
metadata: {name: httpbin}
spec: {selector: {app: httpbin}, ports: [{name: http, port: 8000, targetPort: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: httpbin}
spec:
  selector: {matchLabels: {app: httpbin}}
  template:
    metadata: {labels: {app: httpbin}}
    spec: {containers: [{name: httpbin, command: [sleep, infinity]}]}
)";

constexpr const char* kStrict = R"({apiVersion: authentication.istio.io/v1alpha1, kind: Policy,
  metadata: {name: default}, spec: {peers: [{mtls: {}}]}})";

io::Task<void> run_channel(rpc::Channel& channel) { (void)co_await channel.run(); }

// A sidecar's side of its socket.
class FakeSidecar {
 public:
  FakeSidecar(ApiUser& user, std::string socket)
      : user_(user), socket_(std::move(socket)), running_(user.loop()) {}

  bool connect() {
    auto stream = user_.loop().run_until_done(user_.dial(socket_));
    if (!stream) return false;
    channel_ = rpc::Channel::over(user_.loop(), std::move(*stream));
    running_.spawn(run_channel(*channel_));
    return true;
  }
  Result<std::string> call(const std::string& method, const std::string& request) {
    return user_.loop().run_until_done(channel_->call(method, request, 10s));
  }

  // Opens the stream, holding what was received before.
  void hello() {
    auto started = channel_->start(kStream);
    ASSERT_TRUE(started);
    stream_ = std::move(*started);
    told::ToControl message;
    message.mutable_hello()->set_proxy_version("test");
    for (const auto& [name, resource] : holds_) {
      auto& held = *message.mutable_hello()->add_held();
      held.set_name(name);
      held.set_version(resource.version());
    }
    say(message);
  }
  // The next message; updates are taken and confirmed.
  told::FromControl next() {
    auto bytes = user_.loop().run_until_done(
        io::with_deadline(user_.loop(), 10s, "message", stream_->read()));
    told::FromControl message;
    EXPECT_TRUE(bytes && *bytes && message.ParseFromString(**bytes));
    if (message.has_update()) take(message.update());
    return message;
  }
  const std::map<std::string, told::Resource>& holds() const { return holds_; }

 private:
  void say(const told::ToControl& message) {
    EXPECT_TRUE(user_.loop().run_until_done(stream_->write(message.SerializeAsString())));
  }
  void take(const told::Update& update) {
    if (update.everything()) holds_.clear();
    for (const auto& resource : update.set()) holds_[resource.name()] = resource;
    for (const auto& name : update.removed()) holds_.erase(name);
    told::ToControl message;
    message.mutable_ack()->set_revision(update.revision());
    message.mutable_ack()->set_nonce(update.nonce());
    say(message);
  }

  ApiUser& user_;
  std::string socket_;
  std::unique_ptr<rpc::Channel> channel_;
  std::unique_ptr<rpc::ClientCall> stream_;
  io::Scope running_;
  std::map<std::string, told::Resource> holds_;
};

class Sidecars : public testing::Test {
 protected:
  void SetUp() override {
    control_.start();
    control_.make_sidecar_directory("default.httpbin", geteuid());
    ASSERT_EQ(user_.apply(kDemo).status, 200);
    ASSERT_EQ(user_.register_workload("default", "httpbin", "198.18.0.2", geteuid()).status, 200);
  }

  Json sidecar_state() { return user_.get("/api/v1/workloads").body["items"][0]["sidecar"]; }

  ControlProcess control_;
  ApiUser user_{control_};
  FakeSidecar sidecar_{user_, control_.sidecar_socket("default.httpbin")};
};

TEST_F(Sidecars, ASidecarIsCertifiedAsItsWorkloadWhateverItAsks) {
  ASSERT_TRUE(sidecar_.connect());
  const auto key = pki::PrivateKey::generate();
  identity::v1::SignRequest request;
  request.set_csr_der(*pki::make_csr(**key, {"cluster.local", "kube-system", "admin"}));
  const auto bytes = sidecar_.call(kSign, request.SerializeAsString());
  ASSERT_TRUE(bytes) << bytes.error().what();
  identity::v1::SignResponse response;
  ASSERT_TRUE(response.ParseFromString(*bytes));
  EXPECT_EQ(response.identity(), "spiffe://cluster.local/ns/default/sa/httpbin");
  const auto leaf = pki::Certificate::from_der(response.leaf_der());
  ASSERT_TRUE(leaf);
  EXPECT_THAT(leaf->uris(), ElementsAre(response.identity()));
  EXPECT_EQ(leaf->not_after() - leaf->not_before(), 24h + 2min);
  EXPECT_EQ(response.roots_der_size(), 1);
}

TEST_F(Sidecars, TheLifeOfCertificatesFollowsTheSetting) {
  ASSERT_EQ(user_.ask("PUT", "/api/v1/settings", {{"pki.workloadTTL", "1h30m"}}).status, 200);
  ASSERT_TRUE(sidecar_.connect());
  const auto key = pki::PrivateKey::generate();
  identity::v1::SignRequest request;
  request.set_csr_der(*pki::make_csr(**key, {"cluster.local", "default", "httpbin"}));
  identity::v1::SignResponse response;
  ASSERT_TRUE(response.ParseFromString(*sidecar_.call(kSign, request.SerializeAsString())));
  const auto leaf = pki::Certificate::from_der(response.leaf_der());
  EXPECT_EQ(leaf->not_after() - leaf->not_before(), 90min + 2min);
}

TEST_F(Sidecars, NonsenseInsteadOfARequestIsRefused) {
  ASSERT_TRUE(sidecar_.connect());
  EXPECT_FALSE(sidecar_.call(kSign, "nonsense"));
  EXPECT_FALSE(sidecar_.call(kReport, "nonsense"));
}

TEST_F(Sidecars, TheFirstUpdateHasAllThatAProxyNeeds) {
  ASSERT_TRUE(sidecar_.connect());
  sidecar_.hello();
  EXPECT_TRUE(sidecar_.next().update().everything());
  for (const auto* name : {"settings", "trust", "modes/mesh", "inbound/default/httpbin",
                           "service/default/httpbin", "workload/default/httpbin"}) {
    EXPECT_THAT(sidecar_.holds(), Contains(Key(name)));
  }
  EXPECT_EQ(sidecar_.holds().at("service/default/httpbin").service().address(), "198.19.0.1");
}

TEST_F(Sidecars, AChangeIsAppliedWhenItsProxiesSaySo) {
  ASSERT_TRUE(sidecar_.connect());
  sidecar_.hello();
  sidecar_.next();
  auto applied = user_.ask("POST", "/api/v1/objects",
                           {{"files", {{{"name", "a"}, {"text", kStrict}}}}, {"wait_ms", 1}});
  EXPECT_EQ(applied.body["receipt"]["applied"], 0);
  EXPECT_EQ(applied.body["receipt"]["lagging"], Json::array({"default/httpbin"}));

  const auto update = sidecar_.next();
  ASSERT_TRUE(update.has_update());
  const auto& inbound = sidecar_.holds().at("inbound/default/httpbin").inbound();
  ASSERT_EQ(inbound.ports_size(), 1);
  EXPECT_EQ(inbound.ports(0).mode(), told::MODE_STRICT);
  EXPECT_EQ(inbound.ports(0).because(), "Policy/default/default");
  // A change that concerns no proxy is a heartbeat, which comes behind the confirmation.
  user_.apply("{apiVersion: v1, kind: Namespace, metadata: {name: elsewhere}}");
  EXPECT_GT(sidecar_.next().heartbeat().revision(), update.update().revision());
  EXPECT_EQ(sidecar_state()["synced"], true);
}

TEST_F(Sidecars, AfterKill9TheyResumeWithNothingSentAgain) {
  ASSERT_TRUE(sidecar_.connect());
  sidecar_.hello();
  sidecar_.next();
  const auto before = sidecar_.holds();
  control_.end(SIGKILL);
  control_.start();
  ASSERT_TRUE(sidecar_.connect());
  sidecar_.hello();
  EXPECT_TRUE(sidecar_.next().has_heartbeat());
  EXPECT_EQ(sidecar_.holds().size(), before.size());
}

TEST_F(Sidecars, AMissedReportIsCountedAsAGap) {
  ASSERT_TRUE(sidecar_.connect());
  mortise::telemetry::v1::ReportRequest report;
  report.set_instance(7);
  for (const std::uint64_t sequence : {1U, 4U}) {
    report.set_sequence(sequence);
    auto& edge = *report.add_edges();
    edge.set_reporter(mortise::telemetry::v1::REPORTER_DESTINATION);
    edge.set_peer_address("198.18.0.2");
    edge.set_requests(1);
    ASSERT_TRUE(sidecar_.call(kReport, report.SerializeAsString()));
    report.clear_edges();
  }
  const auto edges = user_.get("/api/v1/edges").body;
  EXPECT_EQ(edges["reports"]["default/httpbin"]["missed"], 2);
  ASSERT_THAT(edges["edges"], SizeIs(1));
  EXPECT_EQ(edges["edges"][0]["source"], "default/httpbin") << "named from its address";
  EXPECT_EQ(edges["edges"][0]["requests"], 2);
}

TEST_F(Sidecars, AnotherUserThanTheSidecarsIsDropped) {
  if (geteuid() != 0) GTEST_SKIP() << "NEEDS ROOT: cannot make a directory of another user";
  control_.make_sidecar_directory("default.other", 54321);
  ASSERT_EQ(user_.register_workload("default", "other", "198.18.0.3", 54321).status, 200);
  FakeSidecar stranger(user_, control_.sidecar_socket("default.other"));
  ASSERT_TRUE(stranger.connect());
  EXPECT_FALSE(stranger.call(kSign, ""));
}

TEST_F(Sidecars, TheSocketGoesWithTheWorkload) {
  ASSERT_TRUE(sidecar_.connect());
  EXPECT_EQ(user_.ask("DELETE", "/api/v1/workloads/default/httpbin").status, 200);
  EXPECT_FALSE(sidecar_.call(kSign, ""));
  const auto stream = user_.loop().run_until_done(
      user_.network().connect_unix(control_.sidecar_socket("default.httpbin")));
  EXPECT_FALSE(stream);
}

}  // namespace
}  // namespace mortise::control::sidecars
