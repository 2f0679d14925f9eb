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
  Table set;
  for (const auto& resource : update.set()) {
    auto decoded = decode(resource);
    if (!decoded) return std::unexpected(decoded.error().during(resource.name()));
    set[resource.name()] = *std::move(decoded);
  }
  Held held = update.everything() ? Held() : held_;
  change_places(held, update, set);
  for (const auto& name : update.removed()) held.others.erase(name);
  for (auto& [name, resource] : set)
    if (!resource.in_directory()) held.others[name] = std::move(resource);
  TRY(auto snapshot, assemble(held, update.revision()));
  return Next(std::move(held), std::move(snapshot));
}

void Resources::change_places(Held& held, const discovery_api::Update& update, const Table& set) {
  const auto is_place = [](const auto& entry) { return entry.second.in_directory(); };
  const auto is_held = [&](const std::string& name) { return held.places->contains(name); };
  if (std::ranges::none_of(set, is_place) && std::ranges::none_of(update.removed(), is_held))
    return;
  Table places = *held.places;
  for (const auto& name : update.removed()) places.erase(name);
  for (const auto& [name, resource] : set)
    if (resource.in_directory()) places[name] = resource;
  Directory directory;
  for (const auto& [name, resource] : places) {
    if (resource.workload != nullptr) directory.add(resource.workload);
    if (resource.service != nullptr) directory.add(resource.service);
  }
  held.places = std::make_shared<const Table>(std::move(places));
  held.directory = std::make_shared<const Directory>(std::move(directory));
}

void Resources::commit(Next next) {
  held_ = std::move(next.held_);
  revision_ = next.snapshot_->revision;
}

Result<std::shared_ptr<const Snapshot>> Resources::assemble(const Held& held,
                                                            std::uint64_t revision) {
  auto snapshot = std::make_shared<Snapshot>();
  auto rules = std::make_shared<policy::RuleBook>();
  for (const auto& [name, resource] : held.others) {
    if (auto added = add_other(name, *resource.other, *snapshot, *rules); !added)
      return std::unexpected(added.error().during(name));
  }
  snapshot->directory = held.directory;
  snapshot->revision = revision;
  snapshot->rules = std::move(rules);
  return snapshot;
}

std::map<std::string, std::uint64_t> Resources::held() const {
  std::map<std::string, std::uint64_t> versions;
  for (const auto* table : {held_.places.get(), &held_.others})
    for (const auto& [name, resource] : *table) versions[name] = resource.version;
  return versions;
}

std::vector<std::string> Resources::names() const {
  std::vector<std::string> names;
  for (const auto& [name, version] : held()) names.push_back(name);
  return names;
}

}  // namespace mortise::proxy
