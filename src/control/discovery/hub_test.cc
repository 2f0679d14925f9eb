#include "control/discovery/hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "io/scope.h"
#include "io/sim/sim_loop.h"

namespace mortise::control::discovery {
namespace {

namespace api = ::mortise::discovery::v1;
using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// A proxy at the other end of a stream: says what the test says, keeps what it is told.
class FakeProxy final : public rpc::ServerCall {
 public:
  explicit FakeProxy(io::Loop& loop) : said_(loop) {}

  io::Task<Result<std::optional<std::string>>> read() override {
    while (to_say_.empty()) {
      said_.close();
      co_await said_.opened();
    }
    auto next = std::move(to_say_.front());
    to_say_.pop_front();
    co_return next;
  }
  io::Task<Result<void>> write(std::string message) override {
    api::FromControl decoded;
    EXPECT_TRUE(decoded.ParseFromString(message));
    if (decoded.has_heartbeat()) heartbeat_ = decoded.heartbeat().revision();
    if (decoded.has_update()) take(decoded.update());
    co_return Result<void>();
  }

  void hello(const std::map<std::string, std::uint64_t>& held = {},
             const std::vector<std::string>& addresses = {}, std::uint64_t instance = 1) {
    api::ToControl message;
    message.mutable_hello()->set_instance(instance);
    message.mutable_hello()->set_proxy_version("test");
    for (const auto& address : addresses) message.mutable_hello()->add_addresses(address);
    for (const auto& [name, version] : held) {
      auto& one = *message.mutable_hello()->add_held();
      one.set_name(name);
      one.set_version(version);
    }
    say(message);
  }
  void subscribe(const std::string& address) {
    api::ToControl message;
    message.mutable_subscribe()->add_addresses(address);
    say(message);
  }
  void acknowledge(const std::string& rejected = "") {
    api::ToControl message;
    message.mutable_ack()->set_revision(revision_);
    message.mutable_ack()->set_nonce(nonce_);
    message.mutable_ack()->set_rejected(rejected);
    say(message);
  }
  void leave() {
    to_say_.emplace_back(std::nullopt);
    said_.open();
  }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& [name, resource] : holds_) all.push_back(name);
    return all;
  }
  const api::Resource& holds(const std::string& name) { return holds_.at(name); }
  bool answers_at_once_ = true;
  int updates_ = 0;
  std::vector<std::string> last_set_;
  std::uint64_t heartbeat_ = 0;
  std::map<std::string, api::Resource> holds_;

 private:
  void say(const api::ToControl& message) {
    to_say_.emplace_back(message.SerializeAsString());
    said_.open();
  }
  void take(const api::Update& update) {
    ++updates_;
    if (update.everything()) holds_.clear();
    last_set_.clear();
    for (const auto& resource : update.set()) {
      holds_[resource.name()] = resource;
      last_set_.push_back(resource.name());
    }
    for (const auto& name : update.removed()) holds_.erase(name);
    revision_ = update.revision();
    nonce_ = update.nonce();
    if (answers_at_once_) acknowledge();
  }

  io::Gate said_;
  std::deque<std::optional<std::string>> to_say_;
  std::uint64_t revision_ = 0;
  std::uint64_t nonce_ = 0;
};

io::Task<void> keep_status(io::Task<rpc::Status> serving, rpc::Status& status) {
  status = co_await std::move(serving);
}

io::Task<void> keep_receipt(io::Task<Receipt> waiting, std::optional<Receipt>& receipt) {
  receipt = co_await std::move(waiting);
}

registry::WorkloadRecord workload(const std::string& name, const std::string& address) {
  registry::WorkloadRecord record;
  record.workload.namespace_name = "full";
  record.workload.name = name;
  record.workload.owner = name;
  record.workload.labels = {{"app", name}};
  record.workload.address = IpAddress::parse(address).value();
  record.workload.has_sidecar = true;
  record.workload.tls_mode = "istio";
  record.workload.ready = true;
  return record;
}

manifest::Object service(const std::string& name) {
  model::Service service;
  service.meta.ref = {"Service", "full", name};
  service.selector = {{"app", name}};
  service.ports.push_back({"http", 8000, std::uint16_t{80}, model::Protocol::http});
  manifest::Object object;
  object.value = service;
  return object;
}

manifest::Object strict_policy(const std::string& namespace_name) {
  model::LegacyPolicy policy;
  policy.meta.ref = {"Policy", namespace_name, "default"};
  policy.mode = model::MtlsMode::strict;
  manifest::Object object;
  object.value = policy;
  return object;
}

class Discovery : public ::testing::Test {
 protected:
  explicit Discovery(std::size_t set_size = 1000, std::size_t update_bytes = 1 << 20)
      : set_size_(set_size), update_bytes_(update_bytes) {
    registry::Change change;
    change.put = {service("httpbin"), service("other")};
    change.put_addresses = {{"full/httpbin", IpAddress::parse("198.19.0.1").value()},
                            {"full/other", IpAddress::parse("198.19.0.2").value()}};
    change.put_workloads = {workload("sleep", "198.18.0.2"), workload("httpbin", "198.18.0.3"),
                            workload("other", "198.18.0.4")};
    // The hub is older than the workloads, as when a mesh starts.
    hub().on_change(registry_->apply(std::move(change), 1));
  }

  Hub& hub() {
    if (!hub_) {
      Hub::Options options;
      options.catalog = {{"root"}, {"198.18.0.0/16", "198.19.0.0/16"}, set_size_};
      options.session.update_bytes = update_bytes_;
      hub_.emplace(loop_, *registry_, options, log_);
    }
    return *hub_;
  }
  void connect(const std::string& name, FakeProxy& proxy) {
    scope_.spawn(keep_status(hub().serve("full/" + name, proxy), status_[name]));
    loop_.run_for(1s);
  }
  void change(registry::Change change) {
    const auto touched = registry_->apply(std::move(change), registry_->revision() + 1);
    hub().on_change(touched);
  }
  void put(manifest::Object object) {
    registry::Change one;
    one.put.push_back(std::move(object));
    change(std::move(one));
  }
  std::optional<Receipt> receipt(Duration limit) {
    std::optional<Receipt> result;
    auto task = keep_receipt(hub().receipt(registry_->revision(), limit), result);
    task.start();
    loop_.run_for(limit + 1s);
    return result;
  }

  std::size_t set_size_;
  std::size_t update_bytes_;
  io::sim::SimLoop loop_{1};
  NoLog log_;
  std::unique_ptr<registry::Registry> registry_ = registry::Registry::restore({}).value();
  std::optional<Hub> hub_;
  std::map<std::string, rpc::Status> status_;
  io::Scope scope_{loop_};
};

class DiscoveryOnDemand : public Discovery {
 protected:
  DiscoveryOnDemand() : Discovery(0) {}
};

class DiscoveryInParts : public Discovery {
 protected:
  DiscoveryInParts() : Discovery(1000, 100) {}
};

TEST_F(Discovery, SmallMeshIsToldInAdvance) {
  FakeProxy proxy(loop_);
  proxy.hello();
  connect("sleep", proxy);
  EXPECT_THAT(
      proxy.names(),
      UnorderedElementsAre("settings", "trust", "modes/mesh", "modes/ns/full", "rules/ns/full",
                           "inbound/full/sleep", "service/full/httpbin", "service/full/other",
                           "workload/full/sleep", "workload/full/httpbin", "workload/full/other"));
  EXPECT_TRUE(proxy.holds("settings").settings().complete());
}

TEST_F(DiscoveryOnDemand, OnlyItsOwnUntilItDials) {
  FakeProxy proxy(loop_);
  proxy.hello();
  connect("sleep", proxy);
  EXPECT_THAT(proxy.names(),
              UnorderedElementsAre("settings", "trust", "modes/mesh", "rules/ns/full",
                                   "inbound/full/sleep", "workload/full/sleep"));
  EXPECT_FALSE(proxy.holds("settings").settings().complete());

  proxy.subscribe("198.19.0.1");
  loop_.run_for(1s);
  EXPECT_THAT(proxy.last_set_, UnorderedElementsAre("modes/ns/full", "service/full/httpbin",
                                                    "workload/full/httpbin"));
  EXPECT_THAT(proxy.names(), Not(Contains("service/full/other")));
}

// semantics K-18: the policy of any service on the same workloads may count.
TEST_F(DiscoveryOnDemand, ServicesThatShareAWorkloadAreToldWhole) {
  auto shared = service("shared");
  auto& also = std::get<model::Service>(shared.value);
  also.selector = {{"tier", "back"}};
  put(shared);
  for (const auto* name : {"httpbin", "other"}) {
    auto record = *registry_->workload(std::string("full/") + name);
    record.workload.labels["tier"] = "back";
    registry::Change relabelled;
    relabelled.put_workloads.push_back(record);
    change(std::move(relabelled));
  }
  FakeProxy proxy(loop_);
  proxy.hello({}, {"198.19.0.1"});
  connect("sleep", proxy);
  for (const auto* name : {"service/full/httpbin", "workload/full/httpbin", "service/full/shared",
                           "workload/full/other", "service/full/other"}) {
    EXPECT_THAT(proxy.names(), Contains(name));
  }
}

TEST_F(DiscoveryOnDemand, NobodysAddressIsAnsweredAndLaterCorrected) {
  FakeProxy proxy(loop_);
  proxy.hello();
  connect("sleep", proxy);
  proxy.subscribe("198.19.0.9");
  loop_.run_for(1s);
  EXPECT_THAT(proxy.last_set_, ElementsAre("address/198.19.0.9"));
  EXPECT_TRUE(proxy.holds("address/198.19.0.9").has_unknown());

  registry::Change arrival;
  arrival.put.push_back(service("late"));
  arrival.put_addresses = {{"full/late", IpAddress::parse("198.19.0.9").value()}};
  change(std::move(arrival));
  loop_.run_for(1s);
  EXPECT_THAT(proxy.names(), Contains("service/full/late"));
  EXPECT_THAT(proxy.names(), Not(Contains("address/198.19.0.9")));
}

TEST_F(DiscoveryInParts, AMeshLargerThanAnUpdateArrivesInSeveral) {
  FakeProxy proxy(loop_);
  proxy.answers_at_once_ = false;
  proxy.hello();
  connect("sleep", proxy);
  // Not knowing an address must not mean that it is outside before all of them are told.
  EXPECT_FALSE(proxy.holds("settings").settings().complete());
  EXPECT_FALSE(hub().state("full/sleep")->synced);
  for (int part = 0; part < 100 && !hub().state("full/sleep")->synced; ++part) {
    proxy.acknowledge();
    loop_.run_for(20ms);
  }
  EXPECT_GT(proxy.updates_, 3);
  EXPECT_TRUE(hub().state("full/sleep")->synced);
  EXPECT_TRUE(proxy.holds("settings").settings().complete());
  EXPECT_EQ(proxy.names().size(), 11U);
}

TEST_F(Discovery, ChangeSendsOnlyWhatDiffers) {
  FakeProxy proxy(loop_);
  proxy.hello();
  connect("httpbin", proxy);
  put(strict_policy("full"));
  loop_.run_for(1s);
  EXPECT_THAT(proxy.last_set_, UnorderedElementsAre("modes/ns/full", "inbound/full/httpbin"));
  const auto& inbound = proxy.holds("inbound/full/httpbin").inbound();
  ASSERT_EQ(inbound.ports_size(), 1);
  EXPECT_EQ(inbound.ports(0).mode(), api::MODE_STRICT);
  EXPECT_EQ(inbound.ports(0).because(), "Policy/full/default");
}

TEST_F(Discovery, ReconnectingProxyGetsTheDifferenceFromWhatItHolds) {
  std::map<std::string, std::uint64_t> held;
  {
    FakeProxy proxy(loop_);
    proxy.hello();
    connect("sleep", proxy);
    for (const auto& [name, resource] : proxy.holds_) held[name] = resource.version();
    proxy.leave();
    loop_.run_for(1s);
  }
  put(strict_policy("full"));
  FakeProxy again(loop_);
  again.hello(held);
  connect("sleep", again);
  EXPECT_THAT(again.last_set_, ElementsAre("modes/ns/full"));
}

TEST_F(Discovery, OneUpdateIsInFlightAndNewerStateReplacesQueuedState) {
  FakeProxy proxy(loop_);
  proxy.answers_at_once_ = false;
  proxy.hello();
  connect("sleep", proxy);
  EXPECT_EQ(proxy.updates_, 1);
  put(strict_policy("full"));
  put(service("third"));
  put(service("fourth"));
  loop_.run_for(10s);
  EXPECT_EQ(proxy.updates_, 1);
  proxy.acknowledge();
  loop_.run_for(10s);
  EXPECT_EQ(proxy.updates_, 2);
  EXPECT_THAT(proxy.last_set_, Contains("service/full/fourth"));
}

TEST_F(Discovery, ReceiptCountsTheProxiesConcernedAndNoOthers) {
  FakeProxy one(loop_);
  FakeProxy two(loop_);
  one.hello();
  two.hello();
  connect("sleep", one);
  connect("httpbin", two);
  put(service("third"));
  auto result = receipt(5s);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->applied, 2);
  EXPECT_EQ(result->total, 2);
  EXPECT_THAT(result->lagging, ElementsAre());

  model::Namespace space;
  space.meta.ref = {"Namespace", "", "elsewhere"};
  manifest::Object object;
  object.value = space;
  put(object);
  result = receipt(5s);
  EXPECT_EQ(result->total, 0);
  EXPECT_EQ(one.heartbeat_, registry_->revision());
}

TEST_F(Discovery, ProxyThatDoesNotConfirmIsNamed) {
  FakeProxy one(loop_);
  FakeProxy two(loop_);
  one.hello();
  two.hello();
  connect("sleep", one);
  connect("httpbin", two);
  two.answers_at_once_ = false;
  put(strict_policy("full"));
  const auto result = receipt(2s);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->applied, 1);
  EXPECT_EQ(result->total, 2);
  EXPECT_THAT(result->lagging, ElementsAre("full/httpbin"));
}

TEST_F(Discovery, ProxySilentForItsLeaseHoldsNothingBack) {
  FakeProxy one(loop_);
  FakeProxy two(loop_);
  one.hello();
  two.hello();
  connect("sleep", one);
  connect("httpbin", two);
  two.answers_at_once_ = false;
  put(strict_policy("full"));
  const auto result = receipt(10min);
  ASSERT_TRUE(result);
  EXPECT_LT(result->took, 40s);
  EXPECT_THAT(result->lagging, ElementsAre("full/httpbin"));
}

TEST_F(Discovery, ChangeRightAfterARestartWaitsForProxiesToComeBack) {
  hub_.reset();  // the next one is made with workloads that are not connected
  static_cast<void>(hub());
  put(strict_policy("full"));
  std::optional<Receipt> result;
  auto waiting = keep_receipt(hub().receipt(registry_->revision(), 10s), result);
  waiting.start();
  loop_.run_for(3s);
  EXPECT_FALSE(result);
  FakeProxy sleeper(loop_);
  FakeProxy httpbin(loop_);
  FakeProxy other(loop_);
  sleeper.hello();
  httpbin.hello();
  other.hello();
  connect("sleep", sleeper);
  connect("httpbin", httpbin);
  connect("other", other);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->applied, 3);
  EXPECT_THAT(result->lagging, ElementsAre());
}

TEST_F(Discovery, FinishedWorkloadHoldsNothingBack) {
  FakeProxy proxy(loop_);
  proxy.hello();
  connect("sleep", proxy);
  proxy.leave();
  loop_.run_for(1s);
  registry::Change done;
  done.put_workloads = {workload("sleep", "198.18.0.2")};
  done.put_workloads.front().workload.has_sidecar = false;
  change(std::move(done));
  put(strict_policy("full"));
  const auto result = receipt(2s);
  EXPECT_EQ(result->total, 0);
  EXPECT_THAT(result->lagging, ElementsAre());
}

TEST_F(Discovery, RefusedUpdateIsReportedAndNotForced) {
  FakeProxy proxy(loop_);
  proxy.hello();
  connect("sleep", proxy);
  proxy.answers_at_once_ = false;
  put(strict_policy("full"));
  loop_.run_for(100ms);
  proxy.acknowledge("unknown mode");
  const auto result = receipt(2s);
  EXPECT_EQ(result->applied, 0);
  EXPECT_THAT(result->lagging, ElementsAre("full/sleep"));
  EXPECT_EQ(hub().state("full/sleep")->rejected, "unknown mode");

  // It never took that update, so the next one brings all of it again.
  proxy.answers_at_once_ = true;
  put(service("third"));
  loop_.run_for(100ms);
  EXPECT_THAT(proxy.last_set_, Contains("modes/ns/full"));
  EXPECT_THAT(proxy.last_set_, Contains("service/full/third"));
  EXPECT_EQ(hub().state("full/sleep")->rejected, "");
}

TEST_F(Discovery, StreamEndsWithItsWorkload) {
  FakeProxy proxy(loop_);
  proxy.hello();
  connect("sleep", proxy);
  registry::Change gone;
  gone.removed_workloads = {"full/sleep"};
  change(std::move(gone));
  loop_.run_for(1s);
  EXPECT_EQ(status_["sleep"].code, rpc::StatusCode::not_found);
}

TEST_F(Discovery, ProcessThatDialsAgainTakesOverFromItsOldStream) {
  FakeProxy old(loop_);
  FakeProxy fresh(loop_);
  old.hello();
  connect("sleep", old);
  fresh.hello();
  scope_.spawn(keep_status(hub().serve("full/sleep", fresh), status_["again"]));
  loop_.run_for(1s);
  EXPECT_FALSE(status_["sleep"].ok());
  EXPECT_TRUE(hub().state("full/sleep")->connected);
  EXPECT_EQ(fresh.updates_, 1);
}

class DiscoveryInHandover : public Discovery {
 protected:
  DiscoveryInHandover() {
    old_.hello({}, {}, 1);
    connect("sleep", old_);
    fresh_.hello({}, {}, 2);
    scope_.spawn(keep_status(hub().serve("full/sleep", fresh_), status_["fresh"]));
    loop_.run_for(1s);
  }
  FakeProxy old_{loop_};
  FakeProxy fresh_{loop_};
};

TEST_F(DiscoveryInHandover, BothProcessesAreTold) {
  EXPECT_TRUE(status_["sleep"].ok());
  put(strict_policy("full"));
  loop_.run_for(1s);
  EXPECT_THAT(old_.last_set_, Contains("modes/ns/full"));
  EXPECT_THAT(fresh_.last_set_, Contains("modes/ns/full"));
}

TEST_F(DiscoveryInHandover, NothingIsInForceBeforeItIsInBoth) {
  old_.answers_at_once_ = false;
  put(strict_policy("full"));
  auto waited = receipt(1s);
  ASSERT_TRUE(waited);
  EXPECT_THAT(waited->lagging, ElementsAre("full/sleep"));
  EXPECT_EQ(waited->total, 1);
  EXPECT_EQ(waited->applied, 0);
  EXPECT_FALSE(hub().state("full/sleep")->synced);
  old_.acknowledge();
  waited = receipt(1s);
  EXPECT_EQ(waited->applied, 1);
  EXPECT_TRUE(hub().state("full/sleep")->synced);
}

TEST_F(DiscoveryInHandover, LeavingOfTheOldProcessIsNotMissed) {
  old_.leave();
  loop_.run_for(1s);
  EXPECT_TRUE(hub().state("full/sleep")->connected);
  EXPECT_TRUE(hub().state("full/sleep")->synced);
  put(strict_policy("full"));
  const auto waited = receipt(1s);
  EXPECT_THAT(waited->lagging, ElementsAre());
  EXPECT_EQ(waited->applied, 1);
}

TEST_F(DiscoveryInHandover, SuccessorThatLeavesChangesNothing) {
  fresh_.leave();
  loop_.run_for(1s);
  EXPECT_TRUE(hub().state("full/sleep")->connected);
  EXPECT_TRUE(hub().state("full/sleep")->synced);
}

TEST_F(Discovery, FirstMessageOtherThanHelloEndsTheStream) {
  FakeProxy proxy(loop_);
  proxy.subscribe("198.19.0.1");
  connect("sleep", proxy);
  EXPECT_EQ(status_["sleep"].code, rpc::StatusCode::invalid_argument);
}

}  // namespace
}  // namespace mortise::control::discovery
