#include "proxy/config/resources.h"

#include <algorithm>

namespace mortise::proxy {
namespace {

// One resource that is neither workload nor service, into the snapshot and the rules.
Result<void> add_other(const std::string& name, const discovery_api::Resource& from,
                       Snapshot& snapshot, policy::RuleBook& rules) {
  switch (from.body_case()) {
    case discovery_api::Resource::kModes:
      return decode_modes(from.modes(), rules);
    case discovery_api::Resource::kRules:
      return decode_rules(from.rules(), rules);
    case discovery_api::Resource::kInbound:
      return decode_inbound(from.inbound(), snapshot);
    case discovery_api::Resource::kTrust:
      snapshot.trust = decode_trust(from.trust());
      return {};
    case discovery_api::Resource::kSettings:
      return decode_settings(from.settings(), snapshot, rules.settings);
    case discovery_api::Resource::kUnknown: {
      constexpr std::string_view kPrefix = "address/";
      if (!name.starts_with(kPrefix)) return fail(Code::invalid, "an unknown " + name);
      TRY(const auto address, IpAddress::parse(std::string_view(name).substr(kPrefix.size())));
      snapshot.nobody.insert(address);
      return {};
    }
    default:
      return fail(Code::invalid, "a resource of a kind this version does not know");
  }
}

void index_services(Snapshot& snapshot, const std::vector<ServicePtr>& services) {
  for (const ServicePtr& known : services) {
    if (known->service.address != IpAddress()) {
      snapshot.services[known->service.address] = known;
    }
    for (const std::string& workload : known->workloads) {
      snapshot.services_of[workload].push_back(known);
    }
  }
  for (auto& [workload, behind] : snapshot.services_of) {
    std::ranges::sort(behind, [](const ServicePtr& left, const ServicePtr& right) {
      return model::older(left->service.meta, right->service.meta);
    });
  }
}

}  // namespace

Result<Resources::Resource> Resources::decode(const discovery_api::Resource& from) {
  Resource resource;
  resource.version = from.version();
  if (from.has_workload()) {
    TRY(auto workload, decode_workload(from.workload()));
    resource.workload = std::make_shared<const model::Workload>(std::move(workload));
  } else if (from.has_service()) {
    TRY(auto service, decode_service(from.service()));
    resource.service = std::make_shared<const KnownService>(std::move(service));
  } else {
    resource.other = std::make_shared<const discovery_api::Resource>(from);
  }
  return resource;
}

Result<Resources::Next> Resources::prepare(const discovery_api::Update& update) const {
  Table table = update.everything() ? Table() : table_;
  for (const auto& name : update.removed()) table.erase(name);
  for (const auto& resource : update.set()) {
    auto decoded = decode(resource);
    if (!decoded) return std::unexpected(decoded.error().during(resource.name()));
    table[resource.name()] = *std::move(decoded);
  }
  TRY(auto snapshot, assemble(table, update.revision()));
  return Next(std::move(table), std::move(snapshot));
}

void Resources::commit(Next next) {
  table_ = std::move(next.table_);
  revision_ = next.snapshot_->revision;
}

Result<std::shared_ptr<const Snapshot>> Resources::assemble(const Table& table,
                                                            std::uint64_t revision) {
  auto snapshot = std::make_shared<Snapshot>();
  auto rules = std::make_shared<policy::RuleBook>();
  std::vector<ServicePtr> services;
  for (const auto& [name, resource] : table) {
    if (resource.workload != nullptr) {
      snapshot->workloads[resource.workload->address] = resource.workload;
      snapshot->by_key[resource.workload->key()] = resource.workload;
    } else if (resource.service != nullptr) {
      services.push_back(resource.service);
    } else if (auto added = add_other(name, *resource.other, *snapshot, *rules); !added) {
      return std::unexpected(added.error().during(name));
    }
  }
  index_services(*snapshot, services);
  snapshot->revision = revision;
  snapshot->rules = std::move(rules);
  return snapshot;
}

std::map<std::string, std::uint64_t> Resources::held() const {
  std::map<std::string, std::uint64_t> versions;
  for (const auto& [name, resource] : table_) versions[name] = resource.version;
  return versions;
}

std::vector<std::string> Resources::names() const {
  std::vector<std::string> names;
  for (const auto& [name, resource] : table_) names.push_back(name);
  return names;
}

}  // namespace mortise::proxy
