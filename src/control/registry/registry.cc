#include "control/registry/registry.h"

#include <algorithm>

#include "control/registry/codec.h"

namespace mortise::control::registry {
namespace {

const std::set<std::string> kNone;

// Calls `visit` for every entry of `by_key` whose key is in the namespace.
template <class Map, class Visit>
void for_namespace(Map& by_key, const std::string& namespace_name, Visit visit) {
  const std::string prefix = namespace_name + "/";
  for (auto entry = by_key.lower_bound(prefix);
       entry != by_key.end() && entry->first.starts_with(prefix); ++entry) {
    visit(entry->first, entry->second);
  }
}

template <class Rule>
void erase_rule(std::vector<Rule>& rules, const model::ObjectRef& ref) {
  std::erase_if(rules, [&](const Rule& rule) { return rule.meta.ref == ref; });
}

// An empty selector of a Service selects nothing, unlike one of a policy.
bool selects_workload(const model::Service& service, const model::Workload& workload) {
  return !service.selector.empty() && service.meta.ref.namespace_name == workload.namespace_name &&
         model::selects(service.selector, workload.labels);
}

const std::set<std::string>& lookup(const std::map<std::string, std::set<std::string>>& sets,
                                    const std::string& key) {
  const auto found = sets.find(key);
  return found == sets.end() ? kNone : found->second;
}

}  // namespace

std::string key_of(const model::ObjectRef& ref) { return ref.namespace_name + "/" + ref.name; }

Result<std::unique_ptr<Registry>> Registry::restore(const store::Contents& contents) {
  auto registry = std::unique_ptr<Registry>(new Registry());
  Change all;
  for (const auto& stored : contents.objects) {
    TRY(auto object, restore_object(stored));
    all.put.push_back(std::move(object));
  }
  for (const auto& [key, text] : contents.workloads) {
    TRY(auto record, decode_workload(text));
    all.put_workloads.push_back(std::move(record));
  }
  for (const auto& [key, text] : contents.addresses) {
    TRY(const auto address, IpAddress::parse(text));
    all.put_addresses.emplace(key, address);
  }
  all.settings = contents.settings;
  registry->apply(std::move(all), contents.revision);
  return registry;
}

Touched Registry::apply(Change change, std::uint64_t revision) {
  Touched touched;
  for (const auto& ref : change.removed) remove(ref, touched);
  for (auto& object : change.put) put(std::move(object), touched);
  for (const auto& key : change.removed_addresses) forget_address(key, touched);
  for (const auto& [key, address] : change.put_addresses) set_address(key, address, touched);
  for (const auto& key : change.removed_workloads) remove_workload(key, touched);
  for (auto& record : change.put_workloads) put_workload(std::move(record), touched);
  for (auto& [key, value] : change.settings) plain_settings_[key] = value;
  revision_ = revision;
  return touched;
}

void Registry::put(manifest::Object object, Touched& touched) {
  const model::ObjectRef ref = object.ref();
  next_order_ = std::max(next_order_, object.meta().created_order + 1);
  if (const auto* service = std::get_if<model::Service>(&object.value)) {
    put_service(*service, touched);
  } else if (const auto* mesh = std::get_if<manifest::MeshConfig>(&object.value)) {
    change_settings(mesh->settings, touched);
  } else {
    put_rule(object, touched);
  }
  objects_.insert_or_assign(ref, std::move(object));
}

void Registry::remove(const model::ObjectRef& ref, Touched& touched) {
  if (objects_.erase(ref) == 0) return;
  if (ref.kind == "Service") remove_service(key_of(ref), touched);
  if (ref.kind == "MeshConfig") change_settings({}, touched);
  remove_rule(ref, touched);
}

void Registry::put_rule(const manifest::Object& object, Touched& touched) {
  const auto& ref = object.ref();
  remove_rule(ref, touched);
  if (const auto* policy = std::get_if<model::LegacyPolicy>(&object.value)) {
    rules_.legacy.push_back(*policy);
    touch_modes(ref, touched);
  } else if (const auto* peer = std::get_if<model::PeerAuthentication>(&object.value)) {
    rules_.peer_authentications.push_back(*peer);
    touch_modes(ref, touched);
  } else if (const auto* rule = std::get_if<model::DestinationRule>(&object.value)) {
    rules_.destination_rules.push_back(*rule);
    touched.rule_namespaces.insert(ref.namespace_name);
  }
}

void Registry::remove_rule(const model::ObjectRef& ref, Touched& touched) {
  if (ref.kind == "Policy" || ref.kind == "MeshPolicy") {
    erase_rule(rules_.legacy, ref);
    touch_modes(ref, touched);
  } else if (ref.kind == "PeerAuthentication") {
    erase_rule(rules_.peer_authentications, ref);
    touch_modes(ref, touched);
  } else if (ref.kind == "DestinationRule") {
    erase_rule(rules_.destination_rules, ref);
    touched.rule_namespaces.insert(ref.namespace_name);
  }
}

void Registry::touch_modes(const model::ObjectRef& ref, Touched& touched) const {
  const bool of_mesh =
      ref.kind == "MeshPolicy" ||
      (ref.kind == "PeerAuthentication" && ref.namespace_name == settings().root_namespace);
  if (of_mesh) {
    touched.mode_scopes.insert("");
    touched.all_inbound = true;
    return;
  }
  touched.mode_scopes.insert(ref.namespace_name);
  for_namespace(workloads_, ref.namespace_name,
                [&](const std::string& key, const auto&) { touched.inbound.insert(key); });
}

void Registry::change_settings(const model::MeshSettings& settings, Touched& touched) {
  touched.settings = true;
  // What is mesh-wide depends on the root namespace, host names on the cluster domain.
  if (settings.root_namespace != rules_.settings.root_namespace ||
      settings.cluster_domain != rules_.settings.cluster_domain) {
    touched.everything = true;
  }
  rules_.settings = settings;
}

void Registry::put_service(const model::Service& service, Touched& touched) {
  const std::string key = key_of(service.meta.ref);
  unlink_service(key, touched);
  auto& stored = services_[key] = service;
  stored.address = {};
  if (const auto address = addresses_.find(key); address != addresses_.end()) {
    stored.address = address->second;
  }
  for_namespace(workloads_, service.meta.ref.namespace_name,
                [&](const std::string& workload, const WorkloadRecord& record) {
                  if (!selects_workload(service, record.workload)) return;
                  link(key, workload);
                  touched.inbound.insert(workload);
                });
}

void Registry::remove_service(const std::string& key, Touched& touched) {
  unlink_service(key, touched);
  services_.erase(key);
}

void Registry::put_workload(WorkloadRecord record, Touched& touched) {
  const std::string key = record.workload.key();
  remove_workload(key, touched);
  for_namespace(services_, record.workload.namespace_name,
                [&](const std::string& service_key, const model::Service& service) {
                  if (!selects_workload(service, record.workload)) return;
                  link(service_key, key);
                  touched.services.insert(service_key);
                });
  workloads_by_address_[record.workload.address] = key;
  workloads_.insert_or_assign(key, std::move(record));
}

void Registry::remove_workload(const std::string& key, Touched& touched) {
  unlink_workload(key, touched);
  const auto found = workloads_.find(key);
  if (found == workloads_.end()) return;
  const auto by_address = workloads_by_address_.find(found->second.workload.address);
  if (by_address != workloads_by_address_.end() && by_address->second == key) {
    workloads_by_address_.erase(by_address);
  }
  workloads_.erase(found);
}

void Registry::link(const std::string& service, const std::string& workload) {
  selected_[service].insert(workload);
  selecting_[workload].insert(service);
}

void Registry::unlink_service(const std::string& key, Touched& touched) {
  touched.services.insert(key);
  for (const auto& workload : selected_[key]) {
    selecting_[workload].erase(key);
    touched.inbound.insert(workload);
  }
  selected_.erase(key);
}

void Registry::unlink_workload(const std::string& key, Touched& touched) {
  touched.workloads.insert(key);
  touched.inbound.insert(key);
  for (const auto& service : selecting_[key]) {
    selected_[service].erase(key);
    touched.services.insert(service);
  }
  selecting_.erase(key);
}

void Registry::set_address(const std::string& service, const IpAddress& address, Touched& touched) {
  forget_address(service, touched);
  addresses_[service] = address;
  services_by_address_[address] = service;
  if (const auto found = services_.find(service); found != services_.end()) {
    found->second.address = address;
  }
}

void Registry::forget_address(const std::string& service, Touched& touched) {
  touched.services.insert(service);
  const auto found = addresses_.find(service);
  if (found == addresses_.end()) return;
  services_by_address_.erase(found->second);
  addresses_.erase(found);
  if (const auto known = services_.find(service); known != services_.end()) {
    known->second.address = {};
  }
}

const manifest::Object* Registry::find(const model::ObjectRef& ref) const {
  const auto found = objects_.find(ref);
  return found == objects_.end() ? nullptr : &found->second;
}

const model::Service* Registry::service(const std::string& key) const {
  const auto found = services_.find(key);
  return found == services_.end() ? nullptr : &found->second;
}

const WorkloadRecord* Registry::workload(const std::string& key) const {
  const auto found = workloads_.find(key);
  return found == workloads_.end() ? nullptr : &found->second;
}

bool Registry::is_permanent(const std::string& namespace_name) const {
  return namespace_name == "default" || namespace_name == settings().root_namespace;
}

bool Registry::has_namespace(const std::string& name) const {
  return is_permanent(name) || objects_.contains({"Namespace", "", name});
}

const std::set<std::string>& Registry::selected_by(const std::string& service) const {
  return lookup(selected_, service);
}

const std::set<std::string>& Registry::selecting(const std::string& workload) const {
  return lookup(selecting_, workload);
}

policy::ServerFacts Registry::facts(const model::Workload& workload) const {
  policy::ServerFacts facts{workload, {}};
  for (const auto& key : selecting(workload.key())) facts.services.push_back(service(key));
  // semantics K-18
  std::ranges::sort(facts.services, [](const auto* left, const auto* right) {
    return model::older(left->meta, right->meta);
  });
  return facts;
}

std::string Registry::service_at(const IpAddress& address) const {
  const auto found = services_by_address_.find(address);
  return found == services_by_address_.end() ? std::string() : found->second;
}

std::string Registry::workload_at(const IpAddress& address) const {
  const auto found = workloads_by_address_.find(address);
  return found == workloads_by_address_.end() ? std::string() : found->second;
}

}  // namespace mortise::control::registry
