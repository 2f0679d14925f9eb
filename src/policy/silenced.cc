#include "policy/silenced.h"

#include <algorithm>
#include <map>
#include <utility>

#include "policy/destination_rule.h"

namespace mortise::policy {

namespace {

using Found = std::vector<Silenced>;

template <class Object>
std::vector<const Object*> by_age(const std::vector<Object>& objects) {
  std::vector<const Object*> sorted;
  sorted.reserve(objects.size());
  for (const auto& object : objects) sorted.push_back(&object);
  std::ranges::sort(sorted, [](const Object* left, const Object* right) {
    return model::older(left->meta, right->meta);
  });
  return sorted;
}

// Who came first to each rank, by a text that is the rank's own.
class Ranks {
 public:
  // Takes part in `rank` with its claim `what`.
  void claim(const model::ObjectRef& object, const std::string& rank, const std::string& what) {
    const auto [first, is_new] = first_.emplace(rank, object);
    if (is_new || first->second == object) {
      ++effective_;
    } else {
      lost_.push_back({object, first->second, what, false});
    }
  }

  // Ends an object's claims.
  void settle(Found& found) {
    for (auto& entry : lost_) {
      entry.whole = effective_ == 0;
      found.push_back(std::move(entry));
    }
    lost_.clear();
    effective_ = 0;
  }

 private:
  std::map<std::string, model::ObjectRef> first_;
  Found lost_;
  int effective_ = 0;
};

std::string port_text(const std::variant<std::uint16_t, std::string>& port) {
  if (const auto* const number = std::get_if<std::uint16_t>(&port)) return std::to_string(*number);
  return std::get<std::string>(port);
}

void legacy(const RuleBook& rules, Found& found) {  // P-15
  Ranks ranks;
  for (const auto* const policy : by_age(rules.legacy)) {
    const auto& ref = policy->meta.ref;
    const auto scope = ref.kind + "/" + ref.namespace_name + "/";
    const auto* const whole = ref.kind == "MeshPolicy" ? "the mesh" : "the namespace";
    if (policy->targets.empty()) ranks.claim(ref, scope, whole);
    for (const auto& target : policy->targets) {
      const auto service = "service " + target.service;
      if (target.ports.empty()) ranks.claim(ref, scope + target.service, service);
      for (const auto& port : target.ports) {
        const auto text = port_text(port);
        ranks.claim(ref, scope + target.service + ":" + text, service + ", port " + text);
      }
    }
    ranks.settle(found);
  }
}

void peer_authentications(const RuleBook& rules, Found& found) {
  Ranks ranks;
  for (const auto* const policy : by_age(rules.peer_authentications)) {
    const auto& ref = policy->meta.ref;
    auto rank = ref.namespace_name;
    for (const auto& [key, value] : policy->selector) rank += "\n" + key + "=" + value;
    const bool is_mesh = ref.namespace_name == rules.settings.root_namespace;
    const auto* const what = !policy->selector.empty() ? "the workloads it selects"
                             : is_mesh                 ? "the mesh"
                                                       : "the namespace";
    ranks.claim(ref, rank, what);
    ranks.settle(found);
  }
}

void destination_rules(const RuleBook& rules, Found& found) {  // D-28
  Ranks ranks;
  for (const auto* const rule : by_age(rules.destination_rules)) {
    const auto& ref = rule->meta.ref;
    const auto host = full_host(*rule, rules.settings.cluster_domain);
    const auto rank = ref.namespace_name + "\n" + host + "\n";
    if (rule->policy) ranks.claim(ref, rank, "the traffic policy of " + host);
    for (const auto& subset : rule->subsets) {
      ranks.claim(ref, rank + subset.name, "subset " + subset.name + " of " + host);
    }
    ranks.settle(found);
  }
}

}  // namespace

std::vector<Silenced> silenced(const RuleBook& rules) {
  Found found;
  legacy(rules, found);
  peer_authentications(rules, found);
  destination_rules(rules, found);
  return found;
}

}  // namespace mortise::policy
