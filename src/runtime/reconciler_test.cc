#include "runtime/reconciler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/files.h"
#include "runtime/testing.h"

namespace mortise::runtime {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using namespace std::chrono_literals;

constexpr const char* kSidecar = "mortise-proxy";

// A host and its control plane, both played by the test.
struct Host {
  testing_::TemporaryDir dir;
  Layout layout = *Layout::of(dir.path());
  Binaries binaries{"/bin/true", "/bin/true", "/bin/true"};
  testing_::FakeNetwork network;
  testing_::FakeCapture capture;
  testing_::FakeProcesses processes;
  NoLog log;
  Random random{11};
  State state;
  int saves = 0;
  Parts parts{.layout = layout,
              .binaries = binaries,
              .network = network,
              .capture = capture,
              .processes = processes,
              .log = log,
              .save =
                  [this] {
                    ++saves;
                    return Result<void>();
                  },
              .make_sidecar_dir = [](const std::string& path,
                                     std::uint32_t) { return make_dir(path, 0700); }};
  std::unique_ptr<Reconciler> reconciler;
  TimePoint now{1h};
  std::map<std::string, client::Registration> registered;
  bool sidecars_connect = true;
  bool control_answers = true;

  Host() {
    EXPECT_TRUE(make_dir(layout.logs_dir(), 0700).has_value());
    boot();
  }
  void boot() { reconciler = std::make_unique<Reconciler>(parts, state, random); }

  void step() {
    reconciler->step(now);
    if (!control_answers) return;
    for (const auto& registration : reconciler->unregistered()) {
      registered[registration.workload.key()] = registration;
      reconciler->registered(registration);
    }
    for (const auto& key : reconciler->departing()) {
      registered.erase(key);
      reconciler->departed(key);
    }
    for (const auto& key : std::set(reconciler->strangers())) {
      registered.erase(key);
      reconciler->departed(key);
    }
    std::vector<client::WorkloadStatus> statuses;
    for (const auto& [key, registration] : registered) {
      client::WorkloadStatus status{registration, 0, std::nullopt};
      if (sidecars_connect) status.sidecar = client::SidecarStatus{true, 1, true, "", 0, ""};
      statuses.push_back(status);
    }
    reconciler->set_workloads(statuses);
  }
  void settle() {
    for (int i = 0; i < 5; ++i) step();
  }
  void declare(Inventory inventory) { reconciler->set_inventory(std::move(inventory)); }
  [[nodiscard]] const client::Registration& only() const {
    EXPECT_THAT(registered, SizeIs(1));
    return registered.begin()->second;
  }
};

Inventory inventory_of(bool injected, const std::string& program = "sleep",
                       std::vector<model::ContainerPort> ports = {}) {
  Inventory inventory;
  model::Namespace space;
  space.meta.ref = {"Namespace", "", "full"};
  if (injected) space.meta.labels = {{"istio-injection", "enabled"}};
  inventory.namespaces = {space};
  model::Deployment deployment;
  deployment.meta.ref = {"Deployment", "full", "app"};
  model::Container container;
  container.name = "main";
  container.command = {program};
  container.ports = std::move(ports);
  deployment.pod.containers = {container};
  deployment.pod.labels = {{"app", "app"}};
  inventory.deployments = {deployment};
  return inventory;
}

TEST(Reconciler, AWorkloadWithoutSidecarIsReadyWhenItsProgramRuns) {
  Host host;
  host.declare(inventory_of(false));
  host.settle();
  EXPECT_TRUE(host.only().workload.ready);
  EXPECT_EQ(host.only().state, "Running");
  EXPECT_FALSE(host.only().workload.has_sidecar);
  EXPECT_THAT(host.processes.started, ElementsAre("sleep"));
}

TEST(Reconciler, RulesAreInForceBeforeAnyProgramRuns) {
  Host host;
  host.declare(inventory_of(true));
  host.reconciler->step(host.now);
  ASSERT_THAT(host.capture.applied, SizeIs(1));
  EXPECT_THAT(host.capture.applied.begin()->second, Contains(HasSubstr("redirect to :15001")));
}

TEST(Reconciler, ASidecarStartsOnlyAfterItsWorkloadIsRegistered) {
  Host host;
  host.control_answers = false;
  host.declare(inventory_of(true));
  host.settle();
  EXPECT_THAT(host.processes.started, Not(Contains(kSidecar)));
  host.control_answers = true;
  host.settle();
  EXPECT_THAT(host.processes.started, Contains(kSidecar));
}

TEST(Reconciler, IsReadyOnlyWithTheSidecarInForceAndThePortsOpen) {
  Host host;
  host.sidecars_connect = false;
  host.declare(inventory_of(true, "sleep", {{"http", 80}}));
  host.settle();
  EXPECT_EQ(host.only().state, "Starting: waiting for the sidecar");
  host.sidecars_connect = true;
  host.settle();
  EXPECT_EQ(host.only().state, "Starting: nothing listens on port 80 yet");
  EXPECT_FALSE(host.only().workload.ready);
  host.network.listening = {80};
  host.settle();
  EXPECT_TRUE(host.only().workload.ready);
}

TEST(Reconciler, StaysReadyWhileTheControlPlaneIsAway) {
  Host host;
  host.declare(inventory_of(true));
  host.settle();
  ASSERT_TRUE(host.only().workload.ready);
  host.sidecars_connect = false;
  host.settle();
  EXPECT_TRUE(host.only().workload.ready);
}

TEST(Reconciler, AMissingProgramIsSaidInTheState) {
  Host host;
  host.declare(inventory_of(false, "no-such-program"));
  host.settle();
  EXPECT_EQ(host.only().state, "program \"no-such-program\" not found in PATH");
  EXPECT_FALSE(host.only().workload.ready);
}

TEST(Reconciler, RestartsAProgramAfterAPauseAndCountsIt) {
  Host host;
  host.declare(inventory_of(false));
  host.settle();
  host.processes.end("sleep");
  host.settle();
  EXPECT_THAT(host.processes.started, SizeIs(1));
  EXPECT_FALSE(host.only().workload.ready);
  host.now += 1s;
  host.settle();
  EXPECT_THAT(host.processes.started, SizeIs(2));
  EXPECT_EQ(host.only().restarts, 1);
  EXPECT_TRUE(host.only().workload.ready);
}

TEST(Reconciler, WhatEndedWithTheSupervisorFailedAtNothing) {
  Host host;
  host.declare(inventory_of(true));
  host.settle();
  ASSERT_THAT(host.processes.running, SizeIs(2));
  host.processes.running.clear();
  host.boot();
  host.declare(inventory_of(true));
  host.settle();
  EXPECT_THAT(host.processes.running, SizeIs(2));
  EXPECT_EQ(host.only().restarts, 0);
}

TEST(Reconciler, PausesGrowWhileAProgramKeepsFailing) {
  Host host;
  host.declare(inventory_of(false));
  for (int i = 0; i < 200; ++i) {
    host.step();
    host.processes.end("sleep");
    host.now += 100ms;
  }
  EXPECT_LT(host.processes.started.size(), 12U);
}

TEST(Reconciler, TheSocketsOutliveTheSidecar) {
  Host host;
  host.declare(inventory_of(true));
  host.settle();
  host.processes.end(kSidecar);
  host.settle();
  host.now += 1s;
  host.settle();
  EXPECT_TRUE(host.processes.running_as(kSidecar).valid());
  EXPECT_EQ(host.network.sockets_made, 1);
}

TEST(Reconciler, ASidecarsShortAbsenceTakesNothingOutOfService) {
  Host host;
  host.declare(inventory_of(true));
  host.settle();
  host.sidecars_connect = false;
  host.processes.end(kSidecar);
  host.settle();
  EXPECT_TRUE(host.only().workload.ready);
  host.now += 1s;
  host.sidecars_connect = true;
  host.settle();
  host.now += 10s;
  host.settle();
  EXPECT_TRUE(host.only().workload.ready);
}

TEST(Reconciler, ASidecarWhoseFolderIsAnotherOneNowStartsAnew) {
  Host host;
  host.declare(inventory_of(true));
  host.settle();
  const auto before = host.processes.running_as(kSidecar);
  host.processes.strayed.insert(before);
  for (int i = 0; i < 5; ++i, host.now += 1s) host.step();
  const auto after = host.processes.running_as(kSidecar);
  EXPECT_TRUE(after.valid());
  EXPECT_NE(after, before);
  EXPECT_FALSE(host.processes.running.contains(before));
}

TEST(Reconciler, ASidecarThatStaysAwayHasItsConnectionsRefused) {
  Host host;
  host.declare(inventory_of(true));
  host.settle();
  host.sidecars_connect = false;
  // It keeps dying until callers have waited long enough.
  for (int i = 0; i < 100; ++i) {
    host.processes.end(kSidecar);
    host.step();
    host.now += 100ms;
  }
  EXPECT_FALSE(host.only().workload.ready);
  EXPECT_GT(host.network.sockets_made, 1);
}

TEST(Reconciler, PausesDoNotGrowForASidecarThatServedBetweenItsEnds) {
  Host host;
  host.declare(inventory_of(true));
  host.settle();
  for (int i = 0; i < 50; ++i) {
    host.processes.end(kSidecar);
    host.settle();
    host.now += 200ms;
    host.settle();
    ASSERT_TRUE(host.processes.running_as(kSidecar).valid()) << "end " << i;
  }
}

TEST(Reconciler, ATakeoverTakesNothingOutOfService) {
  Host host;
  host.declare(inventory_of(true));
  host.settle();
  host.boot();
  host.declare(inventory_of(true));
  // As the supervisor does it: what the control plane knows comes before the first step.
  client::WorkloadStatus status{host.only(), 0, client::SidecarStatus{true, 1, true, "", 0, ""}};
  host.reconciler->set_workloads({status});
  host.reconciler->step(host.now);
  const auto told = host.reconciler->unregistered();
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_TRUE(told[0].workload.ready);
}

TEST(Reconciler, ATakeoverHasTheSocketsBeforeAnythingElseCanHappen) {
  Host host;
  host.declare(inventory_of(true));
  host.settle();
  host.boot();
  EXPECT_EQ(host.processes.sockets_taken, 1);
  host.processes.end(kSidecar);
  host.declare(inventory_of(true));
  host.settle();
  EXPECT_TRUE(host.processes.running_as(kSidecar).valid());
  EXPECT_EQ(host.network.sockets_made, 1);
}

TEST(Reconciler, ANewSupervisorTakesOverWhatRuns) {
  Host host;
  host.declare(inventory_of(true));
  host.settle();
  const auto started = host.processes.started.size();
  const auto name = host.only().workload.name;
  host.state = *decode_state(encode(host.state));
  host.registered.clear();  // and the control plane forgot
  host.boot();
  host.declare(inventory_of(true));
  host.settle();
  EXPECT_THAT(host.processes.started, SizeIs(started));
  EXPECT_EQ(host.only().workload.name, name);
  EXPECT_EQ(host.processes.sockets_taken, 1);
  EXPECT_TRUE(host.only().workload.ready);
}

Inventory with_service(Inventory inventory) {
  model::Service service;
  service.meta.ref = {"Service", "full", "app"};
  service.selector = {{"app", "app"}};
  service.ports = {{.name = "http", .port = 8000, .target = std::uint16_t{80}}};
  service.address = *IpAddress::parse("198.19.0.1");
  inventory.services = {service};
  return inventory;
}

TEST(Reconciler, ATakeoverLeavesTheRulesOfServicesInForce) {
  for (const bool injected : {false, true}) {
    Host host;
    const auto inventory = with_service(inventory_of(injected));
    host.declare(inventory);
    host.settle();
    ASSERT_TRUE(host.only().workload.ready);
    host.state = *decode_state(encode(host.state));
    host.capture.applied.clear();
    host.boot();
    host.reconciler->step(host.now);  // before it heard anything of the control plane
    host.declare(inventory);
    host.reconciler->step(host.now);  // and before that said anything of sidecars
    const auto address = host.only().workload.address.to_string();
    ASSERT_THAT(host.capture.applied, SizeIs(1));
    for (const auto& rules : host.capture.applied.begin()->second)
      if (rules.contains("mortise_services"))
        EXPECT_THAT(rules, HasSubstr("0 : " + address + " . 80\n"));
    for (const auto& told : host.reconciler->unregistered()) EXPECT_TRUE(told.workload.ready);
  }
}

TEST(Reconciler, ATakeoverSeesWhatEndedMeanwhile) {
  Host host;
  host.declare(inventory_of(false, "sleep", {{"http", 80}}));
  host.network.listening = {80};
  host.settle();
  ASSERT_TRUE(host.only().workload.ready);
  host.processes.end("sleep");
  host.network.listening = {};
  host.boot();
  host.declare(inventory_of(false, "sleep", {{"http", 80}}));
  host.reconciler->step(host.now);
  const auto told = host.reconciler->unregistered();
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_FALSE(told[0].workload.ready);
}

Inventory pod_of(const std::string& name) {
  Inventory inventory;
  model::Pod pod;
  pod.meta.ref = {"Pod", "full", name};
  pod.pod.containers.resize(1);
  pod.pod.containers[0].command = {"sleep"};
  inventory.pods = {pod};
  return inventory;
}

TEST(Reconciler, ANameUsedAgainAtOnceIsANewInstanceAndStaysRegistered) {
  Host host;
  host.declare(pod_of("probe"));
  host.settle();
  const auto before = host.only().workload.address;
  host.declare({});
  host.step();
  host.declare(pod_of("probe"));
  host.settle();
  EXPECT_TRUE(host.only().workload.ready);
  EXPECT_NE(host.only().workload.address, before);
  EXPECT_THAT(host.processes.running, SizeIs(1));
  EXPECT_THAT(host.network.existing, SizeIs(1));
}

TEST(Reconciler, ARegistrationLeftByANamesakeIsNotTakenForTheNewOnes) {
  Host host;
  client::WorkloadStatus old;
  old.registered.workload.namespace_name = "full";
  old.registered.workload.name = "probe";
  host.reconciler->set_workloads({old});
  EXPECT_THAT(host.reconciler->strangers(), Contains("full/probe"));
  host.declare(pod_of("probe"));
  host.reconciler->step(host.now);
  EXPECT_THAT(host.reconciler->strangers(), IsEmpty());
}

TEST(Reconciler, AProgramThatKeepsEndingSaysHow) {
  Host host;
  host.declare(inventory_of(false, "sleep", {{"http", 8088}}));
  host.settle();
  const auto& pod = host.only().workload.name;
  const auto log = host.layout.program_log("full", pod);
  ASSERT_TRUE(replace_file(log, "hello\nno such file: x.conf\n", 0600).has_value());
  for (int i = 0; i < 5; ++i) {
    host.processes.end("sleep");
    host.settle();
    EXPECT_EQ(host.only().state, "Restarting: main ended with status 1 (\"no such file: x.conf\")");
    host.now += 10s;
    host.settle();
    EXPECT_THAT(host.only().state, HasSubstr("main ended with status 1"));
    EXPECT_THAT(host.only().state, HasSubstr("nothing listens on port 8088 yet"));
  }
  host.network.listening = {8088};
  host.settle();
  EXPECT_EQ(host.only().state, "Running");
}

TEST(Reconciler, EndsWhatAnEarlierSupervisorLeftWithoutRecord) {
  Host host;
  const auto stray = host.layout.workload_netns("full", "stray");
  host.network.existing = {stray};
  host.step();
  EXPECT_THAT(host.network.existing, Not(Contains(stray)));
}

TEST(Reconciler, RemovalDeregistersThenEndsThenDemolishes) {
  Host host;
  host.declare(inventory_of(true));
  host.settle();
  const auto place = host.layout.sidecar_dir("full", host.only().workload.name);
  EXPECT_TRUE(std::filesystem::exists(place));
  host.control_answers = false;
  host.declare({});
  host.step();
  EXPECT_THAT(host.processes.running, SizeIs(2));  // callers first
  host.control_answers = true;
  host.settle();
  EXPECT_THAT(host.registered, IsEmpty());
  EXPECT_THAT(host.processes.running, IsEmpty());
  EXPECT_THAT(host.network.existing, IsEmpty());
  EXPECT_THAT(host.state.instances, IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(place));
}

TEST(Reconciler, RemovalDoesNotWaitForAControlPlaneThatIsAway) {
  Host host;
  host.declare(inventory_of(true));
  host.settle();
  host.control_answers = false;
  host.declare({});
  host.settle();
  host.now += 3s;
  host.settle();
  EXPECT_THAT(host.network.existing, IsEmpty());
}

Inventory job_of(bool injected) {
  auto inventory = inventory_of(injected);
  model::Job job;
  job.meta.ref = {"Job", "full", "import"};
  job.pod = inventory.deployments[0].pod;
  inventory.deployments.clear();
  inventory.jobs = {job};
  return inventory;
}

TEST(Reconciler, AJobThatSucceededIsDoneAndItsSidecarEnds) {
  Host host;
  host.declare(job_of(true));
  host.settle();
  EXPECT_TRUE(host.only().workload.has_sidecar);
  host.processes.exit_status = 0;
  host.processes.end("sleep");
  host.settle();
  host.now += 60s;
  host.settle();
  EXPECT_EQ(host.only().state, "Completed");
  EXPECT_FALSE(host.only().workload.ready);
  EXPECT_FALSE(host.only().workload.has_sidecar);
  EXPECT_THAT(host.processes.running, IsEmpty());
  EXPECT_EQ(std::ranges::count(host.processes.started, "sleep"), 1);
}

TEST(Reconciler, AJobThatFailedIsTriedAgain) {
  Host host;
  host.declare(job_of(false));
  host.settle();
  host.processes.end("sleep");
  host.settle();
  host.now += 60s;
  host.settle();
  EXPECT_THAT(host.processes.started, ElementsAre("sleep", "sleep"));
}

TEST(Reconciler, WorkloadsThatNobodyRunsAreDeregistered) {
  Host host;
  client::Registration stray;
  stray.workload.namespace_name = "full";
  stray.workload.name = "stray";
  host.registered["full/stray"] = stray;
  host.declare({});
  host.settle();
  EXPECT_THAT(host.registered, IsEmpty());
}

TEST(Reconciler, ServicesReachEveryWorkloadOnceTheirEndpointsAreReady) {
  Host host;
  auto inventory = inventory_of(false);
  model::Service service;
  service.meta.ref = {"Service", "full", "app"};
  service.selector = {{"app", "app"}};
  service.ports = {{.name = "http", .port = 8000, .target = std::uint16_t{80}}};
  service.address = *IpAddress::parse("198.19.0.1");
  inventory.services = {service};
  host.declare(inventory);
  host.settle();
  const auto address = host.only().workload.address.to_string();
  EXPECT_THAT(host.capture.applied.begin()->second.back(), HasSubstr("0 : " + address + " . 80\n"));
  const auto hosts = read_file(host.layout.hosts_file("full"));
  ASSERT_TRUE(hosts.has_value());
  EXPECT_THAT(*hosts, HasSubstr("198.19.0.1 app.full"));
}

TEST(Reconciler, NamespacesThatReadTheSameGetDifferentNetworks) {
  Host host;
  Inventory inventory;
  for (const auto& [space, name] : {std::pair("a-b", "c"), std::pair("a", "b-c")}) {
    model::Pod pod;
    pod.meta.ref = {"Pod", space, name};
    pod.pod.containers.resize(1);
    pod.pod.containers[0].command = {"sleep"};
    inventory.pods.push_back(pod);
  }
  host.declare(inventory);
  host.settle();
  EXPECT_THAT(host.network.existing, SizeIs(2));
}

}  // namespace
}  // namespace mortise::runtime
