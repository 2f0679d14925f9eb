#include "cli/lab_strangers.h"

#include <algorithm>
#include <array>

#include "manifest/manifest.h"

namespace mortise::cli {
namespace {

constexpr std::array<std::string_view, 3> kLab = {"full", "partial", "legacy"};
constexpr std::array<std::string_view, 2> kAlwaysThere = {"default", "istio-system"};

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Policies and rules decide what the lab's calls show, wherever they are.
bool is_rule(std::string_view kind) {
  return kind == "Policy" || kind == "PeerAuthentication" || kind == "DestinationRule";
}

// What the phases apply: an interrupted lab may have left it.
bool is_of_a_phase(const model::ObjectRef& ref) {
  return ref == model::ObjectRef{"Policy", "full", "httpbin"} ||
         ref == model::ObjectRef{"DestinationRule", "full", "httpbin-full-mtls"};
}

std::string stranger(const client::Object& object) {
  const auto& ref = object.ref;
  if (ref.kind == "MeshPolicy") {
    const auto restored = manifest::restore(object.json);
    if (!restored) return ref.to_string();
    const auto* policy = std::get_if<model::LegacyPolicy>(&restored->value);
    if (policy == nullptr) return ref.to_string();
    if (policy->mode == model::MtlsMode::permissive) return "";
    return ref.to_string() + " with mode " + std::string(model::to_string(policy->mode));
  }
  if (ref.kind == "Namespace") {
    return is_one_of(kLab, ref.name) || is_one_of(kAlwaysThere, ref.name) ? "" : ref.to_string();
  }
  if (is_rule(ref.kind) ? is_of_a_phase(ref) : is_one_of(kLab, ref.namespace_name)) return "";
  return ref.to_string();
}

}  // namespace

std::vector<std::string> strangers_to_lab(const std::vector<client::Object>& stored) {
  std::vector<std::string> found;
  for (const auto& object : stored) {
    auto name = stranger(object);
    if (!name.empty()) found.push_back(std::move(name));
  }
  return found;
}

}  // namespace mortise::cli
