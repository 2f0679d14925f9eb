#include "control/registry/mtls_rule.h"

#include <algorithm>

#include "policy/decide.h"

namespace mortise::control::registry {
namespace {

using policy::ServerMode;

std::vector<std::string> targets_of(const model::LegacyPolicy& policy) {
  std::vector<std::string> texts;
  for (const auto& target : policy.targets) {
    if (target.ports.empty()) texts.push_back(target_text(target.service, nullptr));
    for (const auto& port : target.ports) texts.push_back(target_text(target.service, &port));
  }
  return texts;
}

// A selector has no services as targets: its labels stand for them.
std::vector<std::string> targets_of(const model::PeerAuthentication& peer, policy::Scope scope) {
  if (peer.selector.empty()) return {};
  std::string labels;
  for (const auto& [key, value] : peer.selector) {
    labels += (labels.empty() ? "" : ",") + key + "=" + value;
  }
  if (scope != policy::Scope::port) return {labels};
  std::vector<std::string> texts;
  for (const auto& [port, mode] : peer.port_modes) {
    const PortChoice choice(port);
    texts.push_back(target_text(labels, &choice));
  }
  return texts;
}

std::string source_of(const ServerMode& mode) {
  auto source = mode.because->to_string();
  if (mode.origin.file.empty()) return source;
  return source + " (" + mode.origin.file + ":" + std::to_string(mode.origin.line) + ")";
}

MtlsRow row_of(const ServerMode& mode, const Registry& registry) {
  MtlsRow row;
  row.mode = mode.mode == model::MtlsMode::disable ? "DISABLED" : model::to_string(mode.mode);
  row.scope = policy::to_string(mode.scope);
  row.policy = "-";
  if (!mode.because) return row;
  row.policy = key_of(*mode.because);
  row.source = source_of(mode);
  const auto* object = registry.find(*mode.because);
  if (!object) return row;
  if (const auto* legacy = std::get_if<model::LegacyPolicy>(&object->value)) {
    row.targets = targets_of(*legacy);
  } else if (const auto* peer = std::get_if<model::PeerAuthentication>(&object->value)) {
    row.targets = targets_of(*peer, mode.scope);
  }
  return row;
}

bool is_own(const ServerMode& mode) {
  return mode.scope == policy::Scope::service || mode.scope == policy::Scope::workload ||
         mode.scope == policy::Scope::port;
}

std::vector<MtlsRow> service_rows(const model::Service& service, const Registry& registry) {
  const auto& rules = registry.rules();
  const auto whole = policy::service_mode(service, nullptr, rules);
  std::vector<MtlsRow> rows;
  if (is_own(whole)) rows.push_back(row_of(whole, registry));
  for (const auto& port : service.ports) {
    const auto known = with_known_target(port, service, registry);
    const auto mode = policy::service_mode(service, &known, rules);
    if (!is_own(mode)) continue;
    auto row = row_of(mode, registry);
    if (std::ranges::find(rows, row) == rows.end()) rows.push_back(std::move(row));
  }
  if (rows.empty()) rows.push_back(row_of(whole, registry));
  return rows;
}

}  // namespace

Result<MtlsRule> mtls_rule(const MtlsResource& resource, const Registry& registry) {
  TRY(const auto found, find_mtls(resource, registry));
  const auto& rules = registry.rules();
  MtlsRule rule{resource.rule_name(), {}};
  switch (resource.scope) {
    case MtlsResource::Scope::mesh:
      rule.rows.push_back(row_of(policy::mesh_mode(rules), registry));
      break;
    case MtlsResource::Scope::namespace_wide:
      rule.rows.push_back(row_of(policy::namespace_mode(resource.namespace_name, rules), registry));
      break;
    case MtlsResource::Scope::service:
      rule.rows = service_rows(*found.service, registry);
      break;
    case MtlsResource::Scope::port:
      rule.rows.push_back(
          row_of(policy::service_mode(*found.service, &*found.port, rules), registry));
      break;
  }
  return rule;
}

}  // namespace mortise::control::registry
