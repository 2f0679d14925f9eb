#include "proxy/config/resources.h"

#include <gtest/gtest.h>

namespace mortise::proxy {
namespace {

discovery_api::Update update(std::uint64_t revision) {
  discovery_api::Update message;
  message.set_revision(revision);
  return message;
}

discovery_api::Resource& add(discovery_api::Update& to, const std::string& name,
                             std::uint64_t version) {
  auto& resource = *to.add_set();
  resource.set_name(name);
  resource.set_version(version);
  return resource;
}

void add_workload(discovery_api::Update& to, const std::string& name, const std::string& address) {
  auto& workload = *add(to, "workload/full/" + name, 1).mutable_workload();
  workload.set_namespace_("full");
  workload.set_name(name);
  workload.set_address(address);
  workload.set_ready(true);
}

discovery_api::Service& add_service(discovery_api::Update& to, const std::string& name,
                                    const std::string& address) {
  auto& service = *add(to, "service/full/" + name, 1).mutable_service();
  service.mutable_meta()->set_kind("Service");
  service.mutable_meta()->set_namespace_("full");
  service.mutable_meta()->set_name(name);
  service.set_address(address);
  auto& port = *service.add_ports();
  port.set_port(8000);
  port.set_target_number(80);
  return service;
}

void add_settings(discovery_api::Update& to, bool complete) {
  auto& settings = *add(to, "settings", 1).mutable_settings();
  settings.set_auto_mtls(true);
  settings.set_trust_domain("cluster.local");
  settings.add_mesh_ranges("198.18.0.0/16");
  settings.add_mesh_ranges("198.19.0.0/16");
  settings.set_complete(complete);
}

// Takes an update over whose snapshot comes into force.
Result<std::shared_ptr<const Snapshot>> apply(Resources& resources,
                                              const discovery_api::Update& message) {
  TRY(auto next, resources.prepare(message));
  auto snapshot = next.snapshot();
  resources.commit(std::move(next));
  return snapshot;
}

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

TEST(Resources, FindsServicesAndWorkloadsByAddress) {
  Resources resources;
  auto message = update(7);
  add_workload(message, "httpbin", "198.18.0.3");
  add_service(message, "httpbin", "198.19.0.1").add_workloads("full/httpbin");
  const auto snapshot = apply(resources, message);
  ASSERT_TRUE(snapshot) << snapshot.error().what();
  EXPECT_EQ((*snapshot)->revision, 7U);
  ASSERT_NE((*snapshot)->service_at(ip("198.19.0.1")), nullptr);
  const auto* workload = (*snapshot)->workload_at(ip("198.18.0.3"));
  ASSERT_NE(workload, nullptr);
  EXPECT_EQ((*snapshot)->server_facts(*workload).services.size(), 1U);
}

TEST(Resources, PutsTheServicesOfAWorkloadInOrderOfAge) {  // K-18
  Resources resources;
  auto message = update(1);
  add_workload(message, "httpbin", "198.18.0.3");
  for (const int age : {5, 1, 3}) {
    auto& service = add_service(message, "s" + std::to_string(age), "");
    service.mutable_meta()->set_created_seconds(age);
    service.add_workloads("full/httpbin");
  }
  const auto snapshot = apply(resources, message).value();
  const auto facts = snapshot->server_facts(*snapshot->workload_at(ip("198.18.0.3")));
  ASSERT_EQ(facts.services.size(), 3U);
  EXPECT_EQ(facts.services[0]->meta.ref.name, "s1");
  EXPECT_EQ(facts.services[2]->meta.ref.name, "s5");
}

TEST(Resources, TakesDifferencesAndRemovals) {
  Resources resources;
  auto first = update(1);
  add_workload(first, "one", "198.18.0.3");
  add_workload(first, "two", "198.18.0.4");
  ASSERT_TRUE(apply(resources, first));
  auto second = update(2);
  second.add_removed("workload/full/one");
  const auto snapshot = apply(resources, second).value();
  EXPECT_EQ(snapshot->workload_at(ip("198.18.0.3")), nullptr);
  EXPECT_NE(snapshot->workload_at(ip("198.18.0.4")), nullptr);
  EXPECT_EQ(resources.held().size(), 1U);
}

TEST(Resources, ReplacesEverythingWhenToldSo) {
  Resources resources;
  auto first = update(1);
  add_workload(first, "one", "198.18.0.3");
  ASSERT_TRUE(apply(resources, first));
  auto second = update(2);
  second.set_everything(true);
  EXPECT_TRUE(apply(resources, second).value()->directory->workloads.empty());
}

TEST(Resources, AChangeOfPoliciesLeavesTheDirectoryAsItIs) {
  Resources resources;
  auto first = update(1);
  add_workload(first, "one", "198.18.0.3");
  const auto before = apply(resources, first).value();
  auto policies = update(2);
  auto& modes = *policies.add_set();
  modes.set_name("modes/mesh");
  modes.mutable_modes();
  EXPECT_EQ(apply(resources, policies).value()->directory, before->directory);
  auto last = update(3);
  last.add_removed("workload/full/one");
  EXPECT_TRUE(apply(resources, last).value()->directory->workloads.empty());
}

TEST(Resources, RefusesAnUpdateAsAWholeAndKeepsWhatItHad) {
  Resources resources;
  auto first = update(1);
  add_workload(first, "one", "198.18.0.3");
  ASSERT_TRUE(apply(resources, first));
  auto second = update(2);
  add_workload(second, "two", "198.18.0.4");
  add_workload(second, "three", "not an address");
  const auto refused = apply(resources, second);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what().find("workload/full/three"), std::string::npos);
  EXPECT_EQ(resources.revision(), 1U);
  EXPECT_EQ(resources.held().size(), 1U);
}

TEST(Resources, HoldsNothingNewBeforeItIsInForce) {
  Resources resources;
  auto first = update(1);
  add_workload(first, "one", "198.18.0.3");
  ASSERT_TRUE(apply(resources, first));
  auto second = update(2);
  add_workload(second, "two", "198.18.0.4");
  auto next = resources.prepare(second);
  ASSERT_TRUE(next);
  EXPECT_EQ(resources.revision(), 1U);
  EXPECT_EQ(resources.held().size(), 1U);
  resources.commit(*std::move(next));
  EXPECT_EQ(resources.revision(), 2U);
  EXPECT_EQ(resources.held().size(), 2U);
}

TEST(Resources, RefusesWhatItDoesNotUnderstand) {  // invariant 6: nothing is weakened in silence
  Resources resources;
  auto unknown_mode = update(1);
  auto& port = *add(unknown_mode, "inbound/full/httpbin", 1).mutable_inbound()->add_ports();
  port.set_port(80);
  port.set_mode(static_cast<discovery_api::Mode>(9));
  EXPECT_FALSE(apply(resources, unknown_mode));
  auto unknown_kind = update(1);
  add(unknown_kind, "something/new", 1);
  EXPECT_FALSE(apply(resources, unknown_kind));
}

TEST(Resources, AsksBeforeItCallsAnAddressOfTheMeshOutside) {
  using Knowledge = Snapshot::Knowledge;
  Resources resources;
  auto message = update(1);
  add_settings(message, false);
  add_workload(message, "one", "198.18.0.3");
  add(message, "address/198.18.0.9", 1).mutable_unknown();
  const auto snapshot = apply(resources, message).value();
  EXPECT_EQ(snapshot->knowledge_of(ip("198.18.0.3")), Knowledge::known);
  EXPECT_EQ(snapshot->knowledge_of(ip("198.18.0.9")), Knowledge::outside);
  EXPECT_EQ(snapshot->knowledge_of(ip("198.19.255.255")), Knowledge::must_ask);
  EXPECT_EQ(snapshot->knowledge_of(ip("198.20.0.0")), Knowledge::outside);
  auto complete = update(2);
  add_settings(complete, true);
  EXPECT_EQ(apply(resources, complete).value()->knowledge_of(ip("198.19.255.255")),
            Knowledge::outside);
}

TEST(Snapshot, AcceptsNothingInPlainTextBeforeAPolicyArrived) {
  EXPECT_EQ(Snapshot().inbound_port(80).mode, model::MtlsMode::strict);
}

TEST(AddressRange, KnowsItsBoundsToTheBit) {
  const auto range = AddressRange::parse("198.18.0.0/15").value();
  EXPECT_TRUE(range.contains(ip("198.18.0.0")));
  EXPECT_TRUE(range.contains(ip("198.19.255.255")));
  EXPECT_FALSE(range.contains(ip("198.20.0.0")));
  EXPECT_FALSE(range.contains(ip("198.17.255.255")));
  EXPECT_FALSE(range.contains(ip("::1")));
  EXPECT_TRUE(AddressRange::parse("0.0.0.0/0").value().contains(ip("1.2.3.4")));
  for (const auto* bad : {"198.18.0.0", "198.18.0.0/33", "198.18.0.0/", "x/8", "1.2.3.4/-1"}) {
    EXPECT_FALSE(AddressRange::parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace mortise::proxy
