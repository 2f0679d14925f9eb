#include "control/registry/mtls_resource.h"

#include <charconv>

#include "model/names.h"

namespace mortise::control::registry {
namespace {

Result<PortChoice> parse_port(const std::string& text) {
  if (model::is_port_name(text)) return PortChoice(text);
  std::uint16_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number == 0) {
    return fail(Code::invalid, "'" + text + "' is neither a port number nor a port name");
  }
  return PortChoice(number);
}

std::string ports_of(const model::Service& service) {
  std::string list;
  for (const auto& port : service.ports) {
    list += (list.empty() ? "" : ", ") + std::to_string(port.port);
    if (!port.name.empty()) list += " (" + port.name + ")";
  }
  return list;
}

}  // namespace

Result<MtlsAction> parse_mtls_action(const std::string& text) {
  if (text == "allow") return MtlsAction::allow;
  if (text == "require") return MtlsAction::require;
  if (text == "disable") return MtlsAction::disable;
  if (text == "unset") return MtlsAction::unset;
  return fail(Code::invalid, "'" + text + "' is not one of allow, require, disable, unset");
}

std::string MtlsResource::rule_name() const {
  return scope == Scope::mesh ? "/mesh" : service_key();
}

Result<MtlsResource> parse_mtls_resource(const std::string& text) {
  MtlsResource resource;
  if (text == "mesh") return resource;
  const auto slash = text.find('/');
  resource.scope = MtlsResource::Scope::namespace_wide;
  resource.namespace_name = text.substr(0, slash);
  if (!model::is_dns_label(resource.namespace_name)) {
    return fail(Code::invalid, "'" + text +
                                   "' is none of mesh, NAMESPACE, NAMESPACE/SERVICE and "
                                   "NAMESPACE/SERVICE:PORT");
  }
  if (slash == std::string::npos || slash + 1 == text.size()) return resource;

  const auto colon = text.find(':', slash);
  resource.scope = MtlsResource::Scope::service;
  resource.service = text.substr(slash + 1, colon == std::string::npos ? colon : colon - slash - 1);
  if (!model::is_dns_label(resource.service)) {
    return fail(Code::invalid, "'" + resource.service + "' is not a service name");
  }
  if (colon == std::string::npos) return resource;
  resource.scope = MtlsResource::Scope::port;
  TRY(resource.port, parse_port(text.substr(colon + 1)));
  return resource;
}

model::ServicePort with_known_target(const model::ServicePort& port, const model::Service& service,
                                     const Registry& registry) {
  auto known = port;
  if (std::holds_alternative<std::uint16_t>(port.target)) return known;
  for (const auto& key : registry.selected_by(key_of(service.meta.ref))) {
    if (const auto target = model::target_port(port, registry.workload(key)->workload)) {
      known.target = *target;
      break;
    }
  }
  return known;
}

Result<FoundMtls> find_mtls(const MtlsResource& resource, const Registry& registry) {
  using Scope = MtlsResource::Scope;
  FoundMtls found;
  if (resource.scope == Scope::mesh) return found;
  if (!registry.has_namespace(resource.namespace_name)) {
    return fail(Code::not_found, "there is no namespace " + resource.namespace_name);
  }
  if (resource.scope == Scope::namespace_wide) return found;

  found.service = registry.service(resource.service_key());
  if (!found.service) {
    return fail(Code::not_found, "there is no service " + resource.service + " in the namespace " +
                                     resource.namespace_name);
  }
  if (resource.scope == Scope::service) return found;
  for (const auto& port : found.service->ports) {
    if (!same_port(resource.port, PortChoice(port.port), found.service)) continue;
    found.port = with_known_target(port, *found.service, registry);
    return found;
  }
  return fail(Code::not_found, "the service " + resource.service_key() +
                                   " has no such port; it has " + ports_of(*found.service));
}

}  // namespace mortise::control::registry
