#include "control/registry/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/registry/testing.h"

namespace mortise::control::registry {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

const std::string kService = "backyards-demo/bookings";
const std::string kWorkload = "backyards-demo/bookings-1";

TEST(Registry, AServiceSelectsWorkloadsThatCameBeforeAndAfterIt) {
  MeshForTest mesh;
  mesh.apply("{apiVersion: v1, kind: Namespace, metadata: {name: backyards-demo}}");
  mesh.run(MeshForTest::workload("backyards-demo", "bookings-1", "bookings", 2));
  const auto touched = mesh.apply(kBookings);
  mesh.run(MeshForTest::workload("backyards-demo", "bookings-2", "bookings", 3));
  mesh.run(MeshForTest::workload("backyards-demo", "movies-1", "movies", 4));
  EXPECT_THAT(mesh.registry().selected_by(kService),
              ElementsAre(kWorkload, "backyards-demo/bookings-2"));
  EXPECT_THAT(mesh.registry().selecting(kWorkload), ElementsAre(kService));
  EXPECT_THAT(touched.inbound, Contains(kWorkload));
}

TEST(Registry, WorkloadsOfOtherNamespacesAreNotSelected) {
  MeshForTest mesh;
  mesh.apply(kBookings);
  mesh.run(MeshForTest::workload("default", "bookings-1", "bookings", 2));
  EXPECT_THAT(mesh.registry().selected_by(kService), IsEmpty());
}

TEST(Registry, AServiceWithoutSelectorSelectsNothing) {
  MeshForTest mesh;
  mesh.run(MeshForTest::workload("default", "a-1", "a", 2));
  mesh.apply(R"({apiVersion: v1, kind: Service, metadata: {name: a},
                 spec: {ports: [{port: 80}]}})");
  EXPECT_THAT(mesh.registry().selected_by("default/a"), IsEmpty());
}

TEST(Registry, EveryServiceGetsAnAddressAndKeepsIt) {
  MeshForTest mesh;
  mesh.apply(kBookings);
  const auto address = mesh.registry().service(kService)->address;
  EXPECT_EQ(address.to_string(), "198.19.0.1");
  EXPECT_EQ(mesh.registry().service_at(address), kService);
  mesh.apply(R"({apiVersion: v1, kind: Service,
                 metadata: {name: bookings, namespace: backyards-demo},
                 spec: {selector: {app: bookings}, ports: [{port: 9}]}})");
  EXPECT_EQ(mesh.registry().service(kService)->address, address);
}

TEST(Registry, AFreedAddressIsNotGivenToTheNextService) {
  MeshForTest mesh;
  mesh.apply(kBookings);
  mesh.apply("{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {ports: [{port: 1}]}}");
  mesh.remove({"Service", "backyards-demo", "bookings"});
  mesh.apply("{apiVersion: v1, kind: Service, metadata: {name: c}, spec: {ports: [{port: 1}]}}");
  EXPECT_EQ(mesh.registry().service("default/c")->address.to_string(), "198.19.0.3");
  EXPECT_EQ(mesh.registry().service_at(*IpAddress::parse("198.19.0.1")), "");
}

TEST(Registry, AHeadlessServiceHasNoAddress) {
  MeshForTest mesh;
  mesh.apply(R"({apiVersion: v1, kind: Service, metadata: {name: db},
                 spec: {clusterIP: None, selector: {app: db}, ports: [{port: 80}]}})");
  EXPECT_TRUE(mesh.registry().service("default/db")->headless);
  EXPECT_THAT(mesh.registry().addresses(), IsEmpty());
}

TEST(Registry, AMeshPolicyConcernsEveryWorkloadAndANamespacePolicyItsOwn) {
  MeshForTest mesh;
  mesh.apply(kBookings);
  mesh.run(MeshForTest::workload("backyards-demo", "bookings-1", "bookings", 2));
  mesh.run(MeshForTest::workload("default", "other-1", "other", 3));
  EXPECT_TRUE(mesh.apply(kMeshPermissive).all_inbound);
  const auto touched = mesh.apply(R"({apiVersion: authentication.istio.io/v1alpha1, kind: Policy,
      metadata: {name: default, namespace: backyards-demo}, spec: {peers: [{mtls: {}}]}})");
  EXPECT_FALSE(touched.all_inbound);
  EXPECT_THAT(touched.mode_scopes, ElementsAre("backyards-demo"));
  EXPECT_THAT(touched.inbound, ElementsAre(kWorkload));
}

TEST(Registry, RestoresWhatItWouldHaveHadWithoutTheRestart) {
  MeshForTest mesh;
  store::Contents contents;
  for (const auto* yaml : {kBookings, kMeshPermissive}) {
    auto planned = mesh.plan(yaml, true);
    ASSERT_TRUE(planned);
    const auto stored = to_stored(planned->change, mesh.registry());
    for (const auto& object : stored.put) contents.objects.push_back(object);
    contents.addresses.insert(stored.put_addresses.begin(), stored.put_addresses.end());
    mesh.accept(std::move(planned));
  }
  const auto record = MeshForTest::workload("backyards-demo", "bookings-1", "bookings", 2);
  mesh.run(record);
  const auto& known = *mesh.registry().workload(kWorkload);
  contents.workloads[kWorkload] = encode_workload(known);
  contents.revision = 3;

  const auto restored = Registry::restore(contents);
  ASSERT_TRUE(restored) << restored.error().what();
  EXPECT_EQ((*restored)->revision(), 3U);
  EXPECT_EQ((*restored)->services(), mesh.registry().services());
  EXPECT_EQ((*restored)->workloads(), mesh.registry().workloads());
  EXPECT_EQ((*restored)->rules().legacy, mesh.registry().rules().legacy);
  EXPECT_EQ((*restored)->selected_by(kService), mesh.registry().selected_by(kService));
  EXPECT_EQ((*restored)->next_order(), mesh.registry().next_order());
}

TEST(Registry, AnObjectThatCannotBeReadIsNamed) {
  store::Contents contents;
  contents.objects.push_back({{"Policy", "full", "x"}, "not json", 1, 1, {}});
  const auto restored = Registry::restore(contents);
  ASSERT_FALSE(restored);
  EXPECT_THAT(restored.error().what(), testing::HasSubstr("Policy/full/x"));
}

TEST(Registry, ARemovedWorkloadIsNoEndpointAnyMore) {
  MeshForTest mesh;
  mesh.apply(kBookings);
  mesh.run(MeshForTest::workload("backyards-demo", "bookings-1", "bookings", 2));
  const auto touched =
      mesh.accept(plan_workload_removal(mesh.registry(), kWorkload, {1, "runtime", "", false}));
  EXPECT_THAT(mesh.registry().selected_by(kService), IsEmpty());
  EXPECT_THAT(touched.services, Contains(kService));
  EXPECT_EQ(mesh.registry().workload_at(IpAddress::v4(0xc6120002)), "");
}

}  // namespace
}  // namespace mortise::control::registry
