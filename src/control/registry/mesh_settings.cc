#include "control/registry/mesh_settings.h"

#include <charconv>

#include "pki/spiffe_id.h"

namespace mortise::control::registry {
namespace {

constexpr const char* kAuto = "global.mtls.auto";
constexpr const char* kEnabled = "global.mtls.enabled";
constexpr const char* kTrustDomain = "global.trustDomain";
constexpr const char* kLife = "pki.workloadTTL";
constexpr std::chrono::seconds kLongestLife = std::chrono::hours(24 * 90);

const model::ObjectRef kMeshConfig{"MeshConfig", "", "default"};
const model::ObjectRef kMeshPolicy{"MeshPolicy", "", "default"};

Result<bool> parse_flag(const std::string& key, const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return fail(Code::invalid, key + " is true or false, not '" + text + "'");
}

// Goes through the keys and gathers what is to be written.
class Settings {
 public:
  explicit Settings(const Registry& registry) : registry_(registry) {
    if (const auto* known = registry.find(kMeshConfig)) {
      mesh_ = std::get<manifest::MeshConfig>(known->value);
    }
    mesh_.meta.ref = kMeshConfig;
  }

  Result<void> take(const std::string& key, const std::string& value) {
    if (key == kAuto) return take_auto(value);
    if (key == kEnabled) return take_enabled(value);
    if (key == kTrustDomain) return take_trust_domain(value);
    if (key == kLife) return take_life(value);
    return fail(Code::invalid, "there is no setting '" + key + "'; there are " + kAuto + ", " +
                                   kEnabled + ", " + kTrustDomain + " and " + kLife);
  }

  Result<std::vector<manifest::Object>> objects() {
    std::vector<manifest::Object> objects;
    if (mesh_.settings != registry_.settings()) {
      TRY(auto object, manifest::make_object(mesh_));
      objects.push_back(std::move(object));
    }
    if (policy_mode_) {
      TRY(auto object, policy());
      objects.push_back(std::move(object));
    }
    return objects;
  }
  std::map<std::string, std::string> records;

 private:
  Result<void> take_auto(const std::string& value) {
    TRY(mesh_.settings.auto_mtls, parse_flag(kAuto, value));
    return {};
  }

  Result<void> take_trust_domain(const std::string& value) {
    const auto domain = pki::canonical_trust_domain(value);
    CHECK_OK(pki::SpiffeId::parse(pki::SpiffeId{domain, "any", "any"}.uri()));
    mesh_.settings.trust_domain = domain;
    return {};
  }

  // semantics M-2: an installer's switch, which writes the mesh's policy when it is turned.
  Result<void> take_enabled(const std::string& value) {
    TRY(const bool enabled, parse_flag(kEnabled, value));
    if (settings_in_force(registry_).at(kEnabled) == value) return {};
    records[kEnabled] = value;
    policy_mode_ = enabled ? model::MtlsMode::strict : model::MtlsMode::permissive;
    return {};
  }

  Result<void> take_life(const std::string& value) {
    CHECK_OK(parse_life(value));
    if (settings_in_force(registry_).at(kLife) != value) records[kLife] = value;
    return {};
  }

  Result<manifest::Object> policy() {
    if (const auto* known = registry_.find(kMeshPolicy)) {
      return manifest::with_mode(*known, *policy_mode_);
    }
    model::LegacyPolicy created;
    created.meta.ref = kMeshPolicy;
    created.mode = *policy_mode_;
    return manifest::make_object(created);
  }

  const Registry& registry_;
  manifest::MeshConfig mesh_;
  std::optional<model::MtlsMode> policy_mode_;
};

std::string recorded(const Registry& registry, const char* key, const char* otherwise) {
  const auto found = registry.plain_settings().find(key);
  return found == registry.plain_settings().end() ? otherwise : found->second;
}

}  // namespace

Planned plan_settings(const Registry& registry, const std::map<std::string, std::string>& settings,
                      const Asked& asked) {
  Settings wanted(registry);
  for (const auto& [key, value] : settings) {
    if (const auto taken = wanted.take(key, value); !taken) {
      return refuse(taken.error().code(), taken.error().what());
    }
  }
  auto objects = wanted.objects();
  if (!objects) return refuse(objects.error().code(), objects.error().what());
  auto planned = plan_apply(registry, *std::move(objects), asked);
  if (planned) planned->change.settings = std::move(wanted.records);
  return planned;
}

std::map<std::string, std::string> settings_in_force(const Registry& registry) {
  return {{kAuto, registry.settings().auto_mtls ? "true" : "false"},
          {kEnabled, recorded(registry, kEnabled, "false")},
          {kTrustDomain, registry.settings().trust_domain},
          {kLife, recorded(registry, kLife, "24h")}};
}

Planned plan_first_start(const Registry& registry, const Asked& asked) {
  model::LegacyPolicy policy;
  policy.meta.ref = kMeshPolicy;
  policy.mode = model::MtlsMode::permissive;
  auto object = manifest::make_object(policy);
  if (!object) return refuse(object.error().code(), object.error().what());
  std::vector<manifest::Object> objects;
  objects.push_back(*std::move(object));
  return plan_apply(registry, std::move(objects), asked);
}

std::chrono::seconds workload_life(const Registry& registry) {
  // What is recorded was checked when it was set.
  return parse_life(settings_in_force(registry).at(kLife)).value_or(std::chrono::hours(24));
}

Result<std::chrono::seconds> parse_life(const std::string& text) {
  const auto wrong = [&] {
    return fail(Code::invalid, "'" + text +
                                   "' is not a duration such as 24h, 1h30m or 90s, more "
                                   "than 0 and at most 90 days");
  };
  std::chrono::seconds total{0};
  const char* at = text.data();
  const char* end = at + text.size();
  while (at != end) {
    std::uint32_t number = 0;
    const auto [unit, error] = std::from_chars(at, end, number);
    if (error != std::errc() || unit == end) return wrong();
    if (*unit != 'h' && *unit != 'm' && *unit != 's') return wrong();
    const int seconds_each = *unit == 'h' ? 3600 : *unit == 'm' ? 60 : 1;
    total += std::chrono::seconds(std::int64_t{number} * seconds_each);
    if (total > kLongestLife) return wrong();
    at = unit + 1;
  }
  if (total <= std::chrono::seconds(0)) return wrong();
  return total;
}

}  // namespace mortise::control::registry
