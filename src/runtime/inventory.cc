#include "runtime/inventory.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "manifest/manifest.h"

namespace mortise::runtime {

namespace {

constexpr std::array<std::string_view, 6> kKinds = {"Namespace", "Service", "Deployment",
                                                    "Pod",       "Job",     "MeshConfig"};

// The address that the control plane gave: its own addition to what was written, so the manifest
// reader does not know it.
void read_given_address(const std::string& json, model::Service& service) {
  const auto object = nlohmann::json::parse(json, nullptr, false);
  const auto place = nlohmann::json::json_pointer("/spec/clusterIP");
  if (!object.is_object() || !object.contains(place) || !object[place].is_string()) return;
  if (const auto address = IpAddress::parse(object[place].get<std::string>()))
    service.address = *address;
}

struct Sorter {
  Inventory& into;
  const std::string& json;

  void operator()(const model::Namespace& value) { into.namespaces.push_back(value); }
  void operator()(const model::Deployment& value) { into.deployments.push_back(value); }
  void operator()(const model::Pod& value) { into.pods.push_back(value); }
  void operator()(const model::Job& value) { into.jobs.push_back(value); }
  void operator()(const model::Service& value) {
    into.services.push_back(value);
    read_given_address(json, into.services.back());
  }
  void operator()(const manifest::MeshConfig& value) {
    into.cluster_domain = value.settings.cluster_domain;
  }
  template <class Other>
  void operator()(const Other&) {}
};

}  // namespace

Inventory read_inventory(const std::vector<client::Object>& objects, Log& log) {
  Inventory inventory;
  for (const auto& object : objects) {
    if (std::ranges::find(kKinds, object.ref.kind) == kKinds.end()) continue;
    const manifest::File file{.name = object.ref.to_string(), .text = object.json};
    const auto parsed = manifest::parse({&file, 1});
    for (const auto& problem : parsed.problems) log.error(problem.to_string());
    for (const auto& value : parsed.objects)
      std::visit(Sorter{inventory, object.json}, value.value);
  }
  return inventory;
}

}  // namespace mortise::runtime
