// control/registry/registry.h — the mesh as it is now, in memory: objects, services with their
// addresses, workloads, who selects whom, and the rule book. Built from the store, for one loop.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/registry/change.h"
#include "control/store/store.h"
#include "policy/facts.h"

namespace mortise::control::registry {

// What a change may have altered, in terms of what proxies are told. Too much is harmless.
struct Touched {
  bool settings = false;
  bool everything = false;
  std::set<std::string> mode_scopes;  // namespaces; "" is the mesh
  std::set<std::string> rule_namespaces;
  std::set<std::string> services;  // "NS/NAME"
  std::set<std::string> workloads;
  std::set<std::string> inbound;  // workloads whose own policy may differ now
  bool all_inbound = false;
};

class Registry {
 public:
  // An object that cannot be read any more is an Error that names it.
  static Result<std::unique_ptr<Registry>> restore(const store::Contents& contents);

  // The change has been committed as `revision`. Cannot fail: planning checked everything.
  Touched apply(Change change, std::uint64_t revision);

  [[nodiscard]] std::uint64_t revision() const { return revision_; }
  [[nodiscard]] const std::map<model::ObjectRef, manifest::Object>& objects() const {
    return objects_;
  }
  [[nodiscard]] const manifest::Object* find(const model::ObjectRef& ref) const;
  [[nodiscard]] const std::map<std::string, model::Service>& services() const { return services_; }
  [[nodiscard]] const model::Service* service(const std::string& key) const;
  [[nodiscard]] const std::map<std::string, WorkloadRecord>& workloads() const {
    return workloads_;
  }
  [[nodiscard]] const WorkloadRecord* workload(const std::string& key) const;
  [[nodiscard]] const policy::RuleBook& rules() const { return rules_; }
  [[nodiscard]] const model::MeshSettings& settings() const { return rules_.settings; }
  // Those of `mortise --set` that are no MeshConfig fields.
  [[nodiscard]] const std::map<std::string, std::string>& plain_settings() const {
    return plain_settings_;
  }
  // Addresses in use by services, by "NS/NAME".
  [[nodiscard]] const std::map<std::string, IpAddress>& addresses() const { return addresses_; }

  // `default`, the root namespace, and those that were created.
  [[nodiscard]] bool has_namespace(const std::string& name) const;
  [[nodiscard]] bool is_permanent(const std::string& namespace_name) const;
  // Keys of the workloads that a service selects, ready or not.
  [[nodiscard]] const std::set<std::string>& selected_by(const std::string& service) const;
  // Keys of the services that select a workload.
  [[nodiscard]] const std::set<std::string>& selecting(const std::string& workload) const;
  // For policy decisions; refers to this registry's objects.
  [[nodiscard]] policy::ServerFacts facts(const model::Workload& workload) const;
  // Of a service or a workload; empty if nobody has that address.
  [[nodiscard]] std::string service_at(const IpAddress& address) const;
  [[nodiscard]] std::string workload_at(const IpAddress& address) const;
  // The order of arrival that the next new object gets.
  [[nodiscard]] std::uint64_t next_order() const { return next_order_; }

 private:
  Registry() = default;
  void put(manifest::Object object, Touched& touched);
  void remove(const model::ObjectRef& ref, Touched& touched);
  void put_service(const model::Service& service, Touched& touched);
  void remove_service(const std::string& key, Touched& touched);
  void put_workload(WorkloadRecord record, Touched& touched);
  void remove_workload(const std::string& key, Touched& touched);
  void link(const std::string& service, const std::string& workload);
  void unlink_service(const std::string& key, Touched& touched);
  void unlink_workload(const std::string& key, Touched& touched);
  void set_address(const std::string& service, const IpAddress& address, Touched& touched);
  void forget_address(const std::string& service, Touched& touched);
  void put_rule(const manifest::Object& object, Touched& touched);
  void remove_rule(const model::ObjectRef& ref, Touched& touched);
  void touch_modes(const model::ObjectRef& ref, Touched& touched) const;
  void change_settings(const model::MeshSettings& settings, Touched& touched);

  std::uint64_t revision_ = 0;
  std::uint64_t next_order_ = 1;
  std::map<model::ObjectRef, manifest::Object> objects_;
  std::map<std::string, model::Service> services_;
  std::map<std::string, WorkloadRecord> workloads_;
  std::map<std::string, IpAddress> addresses_;
  std::map<IpAddress, std::string> services_by_address_;
  std::map<IpAddress, std::string> workloads_by_address_;
  std::map<std::string, std::set<std::string>> selected_;
  std::map<std::string, std::set<std::string>> selecting_;
  std::map<std::string, std::string> plain_settings_;
  policy::RuleBook rules_;
};

// "NS/NAME"
std::string key_of(const model::ObjectRef& ref);

}  // namespace mortise::control::registry
