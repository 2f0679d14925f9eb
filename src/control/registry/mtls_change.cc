#include "control/registry/mtls_change.h"

#include <algorithm>

#include "base/ids.h"
#include "control/registry/mtls_edit.h"
#include "policy/decide.h"

namespace mortise::control::registry {
namespace {

using Scope = MtlsResource::Scope;
using Mode = std::optional<model::MtlsMode>;

Mode mode_of(MtlsAction action) {
  switch (action) {
    case MtlsAction::allow:
      return model::MtlsMode::permissive;
    case MtlsAction::require:
      return model::MtlsMode::strict;
    case MtlsAction::disable:
      return model::MtlsMode::disable;
    case MtlsAction::unset:
      return std::nullopt;
  }
  return std::nullopt;
}

// The PeerAuthentication that counts for a namespace as a whole; null if none does.
const manifest::Object* peer_of_namespace(const Registry& registry, const std::string& name) {
  const manifest::Object* found = nullptr;
  for (const auto& [ref, object] : registry.objects()) {
    const auto* peer = std::get_if<model::PeerAuthentication>(&object.value);
    if (!peer || ref.namespace_name != name || !peer->selector.empty()) continue;
    if (!found || model::older(object.meta(), found->meta())) found = &object;
  }
  return found;
}

const manifest::Object* peer_of_mesh(const Registry& registry) {
  return peer_of_namespace(registry, registry.settings().root_namespace);
}

// Whether legacy policies would be void for the service's workloads (semantics K-3).
bool peers_govern(const Registry& registry, const model::Service& service) {
  const auto& namespace_name = service.meta.ref.namespace_name;
  if (peer_of_mesh(registry) || peer_of_namespace(registry, namespace_name)) return true;
  if (namespace_name == registry.settings().root_namespace) return false;
  const auto selects_one = [&](const model::PeerAuthentication& peer) {
    if (peer.meta.ref.namespace_name != namespace_name) return false;
    if (model::selects(peer.selector, service.selector)) return true;
    const auto& selected = registry.selected_by(key_of(service.meta.ref));
    return std::ranges::any_of(selected, [&](const std::string& key) {
      return model::selects(peer.selector, registry.workload(key)->workload.labels);
    });
  };
  return std::ranges::any_of(registry.rules().peer_authentications, selects_one);
}

// Edits the known object, removes it, or makes the new one.
Result<Edits> edit_one(const manifest::Object* known, const Mode& mode, manifest::Value created) {
  Edits edits;
  if (known && mode) {
    TRY(auto changed, manifest::with_mode(*known, *mode));
    edits.put.push_back(std::move(changed));
  } else if (known) {
    edits.removed.push_back(known->ref());
  } else if (mode) {
    TRY(auto object, manifest::make_object(std::move(created)));
    edits.put.push_back(std::move(object));
  }
  return edits;
}

model::LegacyPolicy legacy_default(const std::string& kind, const std::string& namespace_name,
                                   const Mode& mode) {
  model::LegacyPolicy policy;
  policy.meta.ref = {kind, namespace_name, "default"};
  policy.mode = mode.value_or(model::MtlsMode::permissive);
  return policy;
}

Result<Edits> edit_mesh(const Registry& registry, const Mode& mode) {
  const auto* peer = peer_of_mesh(registry);
  const auto* known = peer ? peer : registry.find({"MeshPolicy", "", "default"});
  return edit_one(known, mode, legacy_default("MeshPolicy", "", mode));
}

Result<Edits> edit_namespace(const Registry& registry, const std::string& name, const Mode& mode,
                             const std::string& suffix) {
  const auto* own = peer_of_namespace(registry, name);
  if (!own && !peer_of_mesh(registry)) {
    return edit_one(registry.find({"Policy", name, "default"}), mode,
                    legacy_default("Policy", name, mode));
  }
  if (name == registry.settings().root_namespace) {
    return fail(Code::invalid, "a PeerAuthentication of the root namespace " + name +
                                   " governs the whole mesh: use `mesh` instead of " + name);
  }
  model::PeerAuthentication peer;
  const bool taken = registry.find({"PeerAuthentication", name, "default"}) != nullptr;
  peer.meta.ref = {"PeerAuthentication", name, taken ? "default-" + suffix : "default"};
  peer.mode = mode;
  return edit_one(own, mode, std::move(peer));
}

Result<Edits> edit_service(const Registry& registry, const MtlsResource& resource,
                           const FoundMtls& found, const Mode& mode, const std::string& suffix) {
  const auto name = resource.service + "-" + suffix;
  const bool of_port = resource.scope == Scope::port;
  if (!peers_govern(registry, *found.service)) {
    return edit_service_policies(registry, *found.service, of_port ? &resource.port : nullptr, mode,
                                 name);
  }
  if (!of_port) return edit_workload_peers(registry, *found.service, {}, mode, name);
  const auto* target = std::get_if<std::uint16_t>(&found.port->target);
  if (!target) {
    return fail(Code::invalid, "no workload of " + resource.service_key() +
                                   " runs yet that says which number its port " +
                                   std::get<std::string>(found.port->target) + " has");
  }
  return edit_workload_peers(registry, *found.service, *target, mode, name);
}

Result<Edits> edits_for(const Registry& registry, const MtlsResource& resource, const Mode& mode,
                        Random& random) {
  TRY(const auto found, find_mtls(resource, registry));
  const auto suffix = random_suffix(random, 5);
  switch (resource.scope) {
    case Scope::mesh:
      return edit_mesh(registry, mode);
    case Scope::namespace_wide:
      return edit_namespace(registry, resource.namespace_name, mode, suffix);
    case Scope::service:
    case Scope::port:
      return edit_service(registry, resource, found, mode, suffix);
  }
  return fail(Code::bug, "an unknown scope");
}

Result<void> check_mesh(const MtlsResource& resource, MtlsAction action) {
  if (resource.scope != Scope::mesh) return {};
  if (action == MtlsAction::disable) {
    return fail(Code::denied,
                "mTLS is not disabled for a whole mesh: every call would become "
                "readable at once. Disable it for a namespace or a service, or "
                "`mtls allow mesh` so that plain text is accepted as well");
  }
  if (action == MtlsAction::unset) {
    return fail(Code::denied,
                "the mesh always has a mode, since nothing wider could apply: "
                "use `mtls allow mesh` or `mtls require mesh`");
  }
  return {};
}

}  // namespace

Planned plan_mtls(const Registry& registry, const MtlsResource& resource, MtlsAction action,
                  const Asked& asked, Random& random) {
  if (const auto allowed = check_mesh(resource, action); !allowed) {
    return refuse(allowed.error().code(), allowed.error().what());
  }
  auto edits = edits_for(registry, resource, mode_of(action), random);
  if (!edits) return refuse(edits.error().code(), edits.error().what());
  return plan_edit(registry, std::move(edits->put), edits->removed, asked);
}

std::string mtls_message(const MtlsResource& resource, MtlsAction action) {
  if (resource.scope == Scope::mesh) {
    return "switched global mTLS to " + std::string(model::to_string(*mode_of(action))) +
           " successfully";
  }
  return "policy peers for " + resource.rule_name() +
         (action == MtlsAction::unset ? " unset" : " set") + " successfully";
}

}  // namespace mortise::control::registry
