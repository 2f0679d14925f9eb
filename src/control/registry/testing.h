// control/registry/testing.h — a mesh for tests: objects from YAML, workloads by name, every plan
// applied as the control plane would after its commit.
#pragma once

#include <gtest/gtest.h>

#include "control/registry/admission.h"
#include "control/registry/codec.h"

namespace mortise::control::registry {

class MeshForTest {
 public:
  MeshForTest() : registry_(*Registry::restore({})) {}

  Registry& registry() { return *registry_; }

  static manifest::Parsed parse(const std::string& yaml) {
    const std::vector<manifest::File> files{{"test.yaml", yaml}};
    return manifest::parse(files);
  }

  Planned plan(const std::string& yaml, bool force = false) {
    auto parsed = parse(yaml);
    EXPECT_TRUE(parsed.problems.empty()) << parsed.problems.front().to_string();
    return plan_apply(*registry_, std::move(parsed.objects), {++now_, "test", "", force});
  }

  Touched accept(Planned planned) {
    EXPECT_TRUE(planned) << planned.error().sentence;
    return planned ? registry_->apply(std::move(planned->change), registry_->revision() + 1)
                   : Touched{};
  }

  // Set-up takes what it is given, services without workloads too.
  Touched apply(const std::string& yaml, bool force = true) { return accept(plan(yaml, force)); }

  Touched remove(const model::ObjectRef& ref) {
    return accept(plan_delete(*registry_, {ref}, {++now_, "test", "", false}));
  }

  // In the mesh, ready, labelled app=OWNER, with its port 80 named http.
  static WorkloadRecord workload(const std::string& namespace_name, const std::string& name,
                                 const std::string& owner, std::uint32_t address) {
    WorkloadRecord record;
    auto& workload = record.workload;
    workload.namespace_name = namespace_name;
    workload.name = name;
    workload.owner = owner;
    workload.owner_kind = "Deployment";
    workload.service_account = owner;
    workload.labels = {{"app", owner}};
    workload.address = IpAddress::v4(0xc6120000 + address);
    workload.ports = {{"http", 80}};
    workload.has_sidecar = true;
    workload.tls_mode = "istio";
    workload.sidecar_uid = 100'000'000 + address;
    workload.ready = true;
    record.state = "Running";
    return record;
  }

  Touched run(WorkloadRecord record) {
    return accept(plan_workloads(*registry_, {std::move(record)}, {++now_, "runtime", "", false}));
  }

 private:
  std::unique_ptr<Registry> registry_;
  std::int64_t now_ = 1'600'000'000;
};

inline constexpr const char* kBookings = R"(
apiVersion: v1
kind: Namespace
metadata: {name: backyards-demo}
---
apiVersion: v1
kind: Service
metadata: {name: bookings, namespace: backyards-demo}
spec:
  selector: {app: bookings}
  ports:
  - {name: http, port: 8080, targetPort: http}
  - {name: tcp, port: 8083, targetPort: 83}
)";

inline constexpr const char* kMeshPermissive = R"(
apiVersion: authentication.istio.io/v1alpha1
kind: MeshPolicy
metadata: {name: default}
spec: {peers: [{mtls: {mode: PERMISSIVE}}]}
)";

}  // namespace mortise::control::registry
