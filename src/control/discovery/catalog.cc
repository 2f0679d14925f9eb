#include "control/discovery/catalog.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "control/discovery/interest.h"
#include "control/discovery/resources.h"

namespace mortise::control::discovery {
namespace {

// FNV-1a: not a defence against anybody, since both sides of the comparison are ours.
std::uint64_t version_of(const std::string& body) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char byte : body) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
  return hash == 0 ? 1 : hash;
}

// Maps in a fixed order, so that equal content has equal bytes in every run of the program.
std::string serialize(const google::protobuf::MessageLite& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

}  // namespace

std::string modes_name(const std::string& namespace_name) {
  return namespace_name.empty() ? "modes/mesh" : "modes/ns/" + namespace_name;
}
std::string service_name(const std::string& key) { return "service/" + key; }
std::string workload_name(const std::string& key) { return "workload/" + key; }
std::string inbound_name(const std::string& key) { return "inbound/" + key; }
std::string rules_name(const std::string& client_namespace) {
  return "rules/ns/" + client_namespace;
}
std::string address_name(const std::string& ip) { return "address/" + ip; }

std::shared_ptr<const Encoded> Catalog::find(const std::string& name) {
  auto& slot = slots_[name];
  if (slot.fresh) return slot.encoded;
  auto encoded = encode(name, complete());
  if (encoded == nullptr) {
    slots_.erase(name);
    return nullptr;
  }
  // Touched and yet the same: nobody needs to hear of it, and the old bytes stay shared.
  const bool same = slot.encoded != nullptr && slot.encoded->version == encoded->version;
  if (!same) slot.encoded = std::move(encoded);
  slot.fresh = true;
  return slot.encoded;
}

const Holdings& Catalog::told_to_all() {
  if (told_to_all_) return *told_to_all_;
  Holdings all;
  for (const auto& name : wanted_by_all(registry_, complete()))
    if (auto encoded = find(name)) all.push_back(std::move(encoded));
  return told_to_all_.emplace(std::move(all));
}

std::shared_ptr<const Encoded> Catalog::incomplete_settings() const {
  return encode("settings", false);
}

std::shared_ptr<const Encoded> Catalog::encode(const std::string& name, bool complete) const {
  const ResourceContext context{registry_, options_.roots_der, options_.mesh_ranges, complete};
  auto resource = make_resource(name, context);
  if (!resource) return nullptr;
  auto encoded = std::make_shared<Encoded>();
  encoded->name = name;
  encoded->version = version_of(serialize(*resource));
  resource->set_version(encoded->version);
  encoded->bytes = serialize(*resource);
  return encoded;
}

void Catalog::on_change(const registry::Touched& touched) {
  told_to_all_.reset();
  const bool completeness_changed = complete() != was_complete_;
  was_complete_ = complete();
  if (touched.everything) {
    for (auto& [name, slot] : slots_) slot.fresh = false;
    return;
  }
  if (touched.settings || completeness_changed) {
    forget("settings");
    forget("trust");
    forget_all("address/");
  }
  for (const auto& scope : touched.mode_scopes) forget(modes_name(scope));
  // A rule of any namespace may be visible in every other (D-24, D-26).
  if (!touched.rule_namespaces.empty()) forget_all("rules/");
  for (const auto& key : touched.services) forget(service_name(key));
  for (const auto& key : touched.workloads) forget(workload_name(key));
  for (const auto& key : touched.inbound) forget(inbound_name(key));
  if (touched.all_inbound) forget_all("inbound/");
}

void Catalog::forget(const std::string& name) {
  const auto found = slots_.find(name);
  if (found != slots_.end()) found->second.fresh = false;
}

void Catalog::forget_all(const std::string& prefix) {
  for (auto& [name, slot] : slots_) {
    if (name.starts_with(prefix)) slot.fresh = false;
  }
}

}  // namespace mortise::control::discovery
