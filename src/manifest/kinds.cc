#include "manifest/kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <vector>

#include "manifest/builder.h"

namespace mortise::manifest {

namespace {

using Versions = std::span<const std::string_view>;

constexpr std::array<std::string_view, 1> kCore = {"v1"};
constexpr std::array<std::string_view, 2> kApps = {"apps/v1", "extensions/v1beta1"};
constexpr std::array<std::string_view, 1> kBatch = {"batch/v1"};
constexpr std::array<std::string_view, 1> kLegacy = {"authentication.istio.io/v1alpha1"};
constexpr std::array<std::string_view, 2> kSecurity = {"security.istio.io/v1beta1",
                                                       "security.istio.io/v1"};
constexpr std::array<std::string_view, 3> kNetworking = {
    "networking.istio.io/v1alpha3", "networking.istio.io/v1beta1", "networking.istio.io/v1"};
constexpr std::array<std::string_view, 1> kMortise = {"mortise.dev/v1"};

constexpr std::array<Kind, 11> kKinds = {{
    {"Namespace", "namespaces", "ns", "", Versions(kCore), true},
    {"ServiceAccount", "serviceaccounts", "sa", "", Versions(kCore), false},
    {"Service", "services", "svc", "", Versions(kCore), false},
    {"Deployment", "deployments", "deploy", "apps", Versions(kApps), false},
    {"Pod", "pods", "po", "", Versions(kCore), false},
    {"Job", "jobs", "", "batch", Versions(kBatch), false},
    {"Policy", "policies", "", "authentication.istio.io", Versions(kLegacy), false},
    {"MeshPolicy", "meshpolicies", "", "authentication.istio.io", Versions(kLegacy), true},
    {"PeerAuthentication", "peerauthentications", "pa", "security.istio.io", Versions(kSecurity),
     false},
    {"DestinationRule", "destinationrules", "dr", "networking.istio.io", Versions(kNetworking),
     false},
    {"MeshConfig", "meshconfigs", "", "mortise.dev", Versions(kMortise), true},
}};

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> before(to.size() + 1);
  std::vector<std::size_t> last(to.size() + 1);
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t change = from[i - 1] == to[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      const bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[to.size()];
}

bool is_named(const Kind& kind, std::string_view name) {
  return name == lower(kind.name) || name == kind.plural ||
         (!kind.short_name.empty() && name == kind.short_name);
}

// "apps", "v1.apps", "v1alpha1.authentication.istio.io"
bool is_qualified(const Kind& kind, std::string_view qualifier) {
  if (qualifier.empty() || qualifier == kind.group) return true;
  return std::ranges::any_of(kind.api_versions, [&](std::string_view version) {
    const auto slash = version.find('/');
    if (slash == std::string_view::npos) return qualifier == version;
    return qualifier == fmt::format("{}.{}", version.substr(slash + 1), version.substr(0, slash));
  });
}

std::unexpected<Error> unknown_kind(std::string_view written, std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& kind : kKinds) names.insert(names.end(), {kind.name, kind.plural});
  const auto near = nearest(name, names);
  if (!near.empty()) {
    return fail(Code::invalid,
                fmt::format("unknown kind {}; did you mean {}?", quoted(written), lower(near)));
  }
  names.clear();
  for (const auto& kind : kKinds) names.push_back(kind.plural);
  return fail(Code::invalid, fmt::format("unknown kind {}; known are {}", quoted(written),
                                         fmt::join(names, ", ")));
}

}  // namespace

std::span<const Kind> kinds() { return kKinds; }

const Kind* find_kind(std::string_view name) {
  const auto* const found = std::ranges::find(kKinds, name, &Kind::name);
  return found == kKinds.end() ? nullptr : found;
}

Result<const Kind*> resolve_kind(std::string_view written) {
  const auto all = lower(written);
  const auto dot = all.find('.');
  const auto name = all.substr(0, dot);
  const auto qualifier = dot == std::string::npos ? std::string() : all.substr(dot + 1);
  for (const auto& kind : kKinds) {
    if (!is_named(kind, name)) continue;
    if (is_qualified(kind, qualifier)) return &kind;
    return fail(Code::invalid, fmt::format("unknown kind {}; did you mean {}{}{}?", quoted(written),
                                           kind.plural, kind.group.empty() ? "" : ".", kind.group));
  }
  return unknown_kind(written, name);
}

std::string nearest(std::string_view written, std::span<const std::string_view> candidates) {
  const auto wanted = lower(written.substr(0, 64));
  std::string_view best;
  std::size_t least = 1 + std::max<std::size_t>(1, wanted.size() / 3);
  for (const auto candidate : candidates) {
    if (candidate.size() > 64) continue;
    const auto steps = distance(wanted, lower(candidate));
    if (steps >= least) continue;
    least = steps;
    best = candidate;
  }
  return std::string(best);
}

}  // namespace mortise::manifest
