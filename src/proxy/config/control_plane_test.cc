// The clients of the control plane, over real unix sockets against a control plane of the test.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "api/identity.pb.h"
#include "io/os_network.h"
#include "io/race.h"
#include "pki/csr.h"
#include "proxy/config/discovery_client.h"
#include "proxy/config/identity_client.h"
#include "proxy/telemetry/reporter.h"
#include "rpc/server.h"

namespace mortise::proxy {
namespace {

using namespace std::chrono_literals;

// Answers like a control plane and remembers what it was told.
class FakeControlPlane {
 public:
  FakeControlPlane(io::EpollLoop& loop, io::OsNetwork& network, std::string socket)
      : loop_(loop), network_(network), socket_(std::move(socket)), told_(loop), changed(loop) {
    root_ = pki::make_root("cluster.local", loop.wall() - 1h, loop.wall() + 24h * 365).value();
    methods_["/mortise.discovery.v1.Discovery/Stream"] = [this](rpc::ServerCall& call) {
      return discover(call);
    };
    methods_["/mortise.identity.v1.Identity/Sign"] = [this](rpc::ServerCall& call) {
      return sign(call);
    };
    methods_["/mortise.telemetry.v1.Telemetry/Report"] = [this](rpc::ServerCall& call) {
      return report(call);
    };
  }

  void begin() {
    listener_ = network_.listen_unix(socket_, 0600, std::nullopt).value();
    scope_ = std::make_unique<io::Scope>(loop_);
    scope_->spawn(accept_all());
  }
  void end() {
    scope_.reset();
    listener_.reset();
  }
  void tell(discovery_api::Update update) {
    update.set_nonce(++nonce_);
    *updates_.emplace_back().mutable_update() = std::move(update);
    told_.pulse();
  }
  void beat(std::uint64_t revision) {
    updates_.emplace_back().mutable_heartbeat()->set_revision(revision);
    told_.pulse();
  }

 private:
  io::EpollLoop& loop_;
  io::OsNetwork& network_;
  std::string socket_;
  io::Gate told_;

 public:
  io::Gate changed;  // pulsed with every message
  std::vector<discovery_api::ToControl> messages;
  std::vector<telemetry::v1::ReportRequest> reports;
  int signatures = 0;
  int signatures_refused = 0;
  Duration lifetime = 24h;
  std::vector<discovery_api::FromControl> updates_;

 private:
  io::Task<void> accept_all() {
    for (;;) {
      auto accepted = co_await listener_->accept();
      if (accepted) scope_->spawn(serve_one(std::move(accepted->stream)));
    }
  }
  io::Task<void> serve_one(std::unique_ptr<io::Stream> stream) {
    (void)co_await rpc::serve(loop_, *stream, methods_);
  }
  io::Task<void> listen(rpc::ServerCall& call) {
    for (;;) {
      auto bytes = co_await call.read();
      if (!bytes || !*bytes) co_return;
      messages.emplace_back().ParseFromString(**bytes);
      changed.pulse();
    }
  }
  io::Task<rpc::Status> discover(rpc::ServerCall& call) {
    io::Scope listening(loop_);
    listening.spawn(listen(call));
    for (std::size_t next = 0;;) {
      while (next == updates_.size()) co_await told_.opened();
      const auto message = updates_[next++];
      if (!co_await call.write(message.SerializeAsString())) co_return rpc::Status{};
    }
  }
  io::Task<rpc::Status> sign(rpc::ServerCall& call) {
    const auto bytes = co_await call.read();
    identity::v1::SignRequest request;
    if (!bytes || !*bytes || !request.ParseFromString(**bytes)) {
      co_return rpc::Status{rpc::StatusCode::invalid_argument, "no request"};
    }
    if (signatures_refused > 0) {
      --signatures_refused;
      co_return rpc::Status{rpc::StatusCode::unavailable, "not now"};
    }
    ++signatures;
    const pki::SpiffeId id{"cluster.local", "full", "sleep"};
    const auto leaf = pki::make_signer(root_)->sign(
        {request.csr_der(), id, loop_.wall() - lifetime, loop_.wall() + lifetime});
    identity::v1::SignResponse response;
    response.set_leaf_der(leaf.value().der());
    response.add_roots_der(root_.certificate.der());
    response.set_identity(id.uri());
    (void)co_await call.write(response.SerializeAsString());
    changed.pulse();
    co_return rpc::Status{};
  }
  io::Task<rpc::Status> report(rpc::ServerCall& call) {
    const auto bytes = co_await call.read();
    if (bytes && *bytes) reports.emplace_back().ParseFromString(**bytes);
    (void)co_await call.write({});
    changed.pulse();
    co_return rpc::Status{};
  }

  pki::Root root_;
  std::uint64_t nonce_ = 0;
  rpc::Methods methods_;
  std::unique_ptr<io::Listener> listener_;
  std::unique_ptr<io::Scope> scope_;
};

class ControlPlaneClients : public ::testing::Test {
 protected:
  ControlPlaneClients() : folder_(make_folder()) { control_.begin(); }
  ~ControlPlaneClients() override { std::filesystem::remove_all(folder_); }

  static std::string make_folder() {
    std::string pattern = ::testing::TempDir() + "mortise-XXXXXX";
    return mkdtemp(pattern.data());
  }
  // Turns the loop until `condition` holds; false after ten seconds.
  bool eventually(std::function<bool()> condition) {
    return loop_.run_until_done(wait_for(loop_, std::move(condition)));
  }
  static io::Task<bool> wait_for(io::Loop& loop, std::function<bool()> condition) {
    const auto deadline = loop.now() + 10s;
    while (!condition()) {
      if (loop.now() > deadline) co_return false;
      co_await loop.sleep_for(1ms);
    }
    co_return true;
  }
  static discovery_api::Update with_workload(std::uint64_t revision, const std::string& address) {
    discovery_api::Update update;
    update.set_revision(revision);
    auto& resource = *update.add_set();
    resource.set_name("workload/full/" + address);
    resource.set_version(revision);
    resource.mutable_workload()->set_namespace_("full");
    resource.mutable_workload()->set_name(address);
    resource.mutable_workload()->set_address(address);
    return update;
  }
  io::Task<Result<void>> put_in_force(std::shared_ptr<const Snapshot> snapshot) {
    if (unfit_) co_return fail(Code::invalid, "a root that is no certificate");
    while (slow_) {
      waits_ = true;
      co_await loop_.sleep_for(1ms);
    }
    co_await handover_.put_in_force(std::move(snapshot));
    co_return Result<void>();
  }

  std::string folder_;
  std::string socket_ = folder_ + "/control.sock";
  io::EpollLoop loop_{1};
  io::OsNetwork network_{loop_};
  NoLog log_;
  FakeControlPlane control_{loop_, network_, socket_};
  Worker worker_{loop_, network_, log_, {"full", "sleep", IpAddress()}, Limits{}};
  Handover handover_{loop_, worker_};
  IdentityClient identity_{{loop_, network_, log_, handover_, socket_, "full/sleep"}};
  DiscoveryClient discovery_{{loop_, network_, log_, socket_, 7,
                              [this](auto snapshot) { return put_in_force(std::move(snapshot)); }}};
  Reporter reporter_{{loop_, network_, log_, worker_, socket_, 7,
                      [] { return Reporter::Standing{3, 4, ""}; }, 5ms}};
  bool unfit_ = false;  // nothing can be put in force
  bool slow_ = false;   // nor is it, for the time being
  bool waits_ = false;  // and something has to wait for it
  io::Scope tasks_{loop_};
};

TEST_F(ControlPlaneClients, AcknowledgeWhatIsInForce) {
  control_.tell(with_workload(5, "198.18.0.3"));
  tasks_.spawn(discovery_.run());
  ASSERT_TRUE(eventually([&] { return control_.messages.size() == 2; }));
  EXPECT_TRUE(control_.messages[0].has_hello());
  EXPECT_EQ(control_.messages[0].hello().instance(), 7U);
  EXPECT_EQ(control_.messages[1].ack().revision(), 5U);
  EXPECT_EQ(control_.messages[1].ack().nonce(), 1U);
  EXPECT_EQ(control_.messages[1].ack().rejected(), "");
  EXPECT_EQ(worker_.snapshot()->revision, 5U);
}

TEST_F(ControlPlaneClients, RefuseWhatCannotBeTakenAndKeepWhatWasThere) {
  control_.tell(with_workload(5, "198.18.0.3"));
  control_.tell(with_workload(6, "nonsense"));
  tasks_.spawn(discovery_.run());
  ASSERT_TRUE(eventually([&] { return control_.messages.size() == 3; }));
  EXPECT_NE(control_.messages[2].ack().rejected(), "");
  EXPECT_EQ(worker_.snapshot()->revision, 5U);
}

TEST_F(ControlPlaneClients, ComeBackWithWhatTheyHold) {
  control_.tell(with_workload(5, "198.18.0.3"));
  tasks_.spawn(discovery_.run());
  ASSERT_TRUE(eventually([&] { return discovery_.revision() == 5; }));
  discovery_.subscribe(IpAddress::parse("198.19.0.9").value());
  control_.end();
  EXPECT_TRUE(eventually([&] { return !discovery_.connected(); }));
  EXPECT_EQ(worker_.snapshot()->revision, 5U) << "the last configuration stays";
  control_.messages.clear();
  control_.updates_.clear();
  control_.begin();
  ASSERT_TRUE(eventually([&] { return !control_.messages.empty(); }));
  const auto& hello = control_.messages[0].hello();
  EXPECT_EQ(hello.last_revision(), 5U);
  ASSERT_EQ(hello.held_size(), 1);
  EXPECT_EQ(hello.held(0).name(), "workload/full/198.18.0.3");
  ASSERT_EQ(hello.addresses_size(), 1);
  EXPECT_EQ(hello.addresses(0), "198.19.0.9");
}

TEST_F(ControlPlaneClients, ClaimNothingThatCouldNotBePutInForce) {
  control_.tell(with_workload(5, "198.18.0.3"));
  tasks_.spawn(discovery_.run());
  ASSERT_TRUE(eventually([&] { return discovery_.revision() == 5; }));
  unfit_ = true;
  control_.tell(with_workload(6, "198.18.0.4"));
  control_.beat(6);
  control_.beat(7);
  ASSERT_TRUE(eventually([&] { return control_.messages.size() == 3; }));
  EXPECT_NE(control_.messages[2].ack().rejected(), "");
  unfit_ = false;
  control_.end();
  ASSERT_TRUE(eventually([&] { return !discovery_.connected(); }));
  EXPECT_EQ(discovery_.revision(), 5U) << "a heartbeat does not undo a refusal";
  control_.messages.clear();
  control_.updates_.clear();
  control_.begin();
  ASSERT_TRUE(eventually([&] { return !control_.messages.empty(); }));
  const auto& hello = control_.messages[0].hello();
  EXPECT_EQ(hello.last_revision(), 5U);
  ASSERT_EQ(hello.held_size(), 1);
  EXPECT_EQ(hello.held(0).name(), "workload/full/198.18.0.3");
}

TEST_F(ControlPlaneClients, AskForEverythingWhenTheStreamBrokeWhileAnUpdateCameIntoForce) {
  control_.tell(with_workload(5, "198.18.0.3"));
  tasks_.spawn(discovery_.run());
  ASSERT_TRUE(eventually([&] { return discovery_.revision() == 5; }));
  slow_ = true;
  control_.tell(with_workload(6, "198.18.0.4"));
  ASSERT_TRUE(eventually([&] { return waits_; }));
  control_.end();
  unsigned asked = 0;
  ASSERT_TRUE(eventually([&] {  // what it has to say meets a stream that is gone
    discovery_.subscribe(IpAddress::parse(fmt::format("198.19.0.{}", ++asked % 250)).value());
    return !discovery_.connected();
  }));
  slow_ = false;
  control_.messages.clear();
  control_.updates_.clear();
  auto everything = with_workload(6, "198.18.0.4");
  everything.set_everything(true);
  control_.tell(everything);
  control_.begin();
  ASSERT_TRUE(eventually([&] { return discovery_.revision() == 6; }));
  EXPECT_EQ(control_.messages[0].hello().held_size(), 0) << "nobody knows which one is in force";
  EXPECT_EQ(discovery_.resources().held().size(), 1U);
}

TEST_F(ControlPlaneClients, GetACertificateAfterFailuresAndNameWhoTheyAre) {
  control_.signatures_refused = 2;
  tasks_.spawn(identity_.run());
  ASSERT_TRUE(eventually([&] { return worker_.identity() != nullptr; }));
  EXPECT_EQ(worker_.identity()->id, "spiffe://cluster.local/ns/full/sa/sleep");
  EXPECT_EQ(worker_.identity()->accepted_trust_domains, std::vector<std::string>{"cluster.local"});
  EXPECT_GT(identity_.not_after_seconds(), 0);
}

TEST_F(ControlPlaneClients, RenewBeforeTheCertificateEnds) {  // semantics I-24
  control_.lifetime = 3s;
  tasks_.spawn(identity_.run());
  ASSERT_TRUE(eventually([&] { return control_.signatures >= 3; }));
  EXPECT_GE(worker_.identity()->epoch, 2U);
}

TEST_F(ControlPlaneClients, MakeANewIdentityWhenTheTrustBundleChanges) {  // invariant 3
  tasks_.spawn(identity_.run());
  ASSERT_TRUE(eventually([&] { return worker_.identity() != nullptr; }));
  const auto before = worker_.identity();
  const auto other = pki::make_root("b", loop_.wall() - 1h, loop_.wall() + 24h).value();
  TrustRoots trust{"cluster.local", {"old.local"}, {other.certificate.der()}};
  ASSERT_TRUE(loop_.run_until_done(identity_.use_trust(trust)));
  EXPECT_GT(worker_.identity()->epoch, before->epoch);
  EXPECT_EQ(worker_.identity()->accepted_trust_domains,
            (std::vector<std::string>{"old.local", "cluster.local"}));
  trust.roots_der = {"garbage"};
  EXPECT_FALSE(loop_.run_until_done(identity_.use_trust(trust)));
}

TEST_F(ControlPlaneClients, ReportInOrderAndLoseNothingWhileNobodyListens) {
  const auto edge = worker_.edges.use({});
  edge.sums().requests = 1;
  tasks_.spawn(reporter_.run());
  ASSERT_TRUE(eventually([&] { return control_.reports.size() >= 2; }));
  control_.end();
  edge.sums().requests += 10;
  control_.begin();
  const auto total = [&] {
    std::uint64_t requests = 0;
    std::map<std::uint64_t, telemetry::v1::ReportRequest> by_sequence;
    for (const auto& report : control_.reports) by_sequence[report.sequence()] = report;
    for (const auto& [sequence, report] : by_sequence) {
      for (const auto& counted : report.edges()) requests += counted.requests();
    }
    return requests;
  };
  EXPECT_TRUE(eventually([&] { return total() == 11; }));
  EXPECT_EQ(control_.reports[0].sequence(), 1U);
  EXPECT_EQ(control_.reports[0].instance(), 7U);
  EXPECT_EQ(control_.reports[0].revision(), 3U);
  EXPECT_EQ(control_.reports[0].certificate_not_after(), 4);
}

}  // namespace
}  // namespace mortise::proxy
