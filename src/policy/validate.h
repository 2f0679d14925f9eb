// policy/validate.h — what is wrong with one policy object by itself, beyond its shape: what a
// cluster's admission would refuse. Pure; nothing is looked up (P-31).
#pragma once

#include <string>
#include <vector>

#include "model/policy.h"

namespace mortise::policy {

struct Problem {
  std::string field;  // as in the object: "spec.targets[0].name"
  std::string message;
  friend bool operator==(const Problem&, const Problem&) = default;
};

std::vector<Problem> validate(const model::LegacyPolicy& policy);        // P-23 to P-28
std::vector<Problem> validate(const model::PeerAuthentication& policy);
std::vector<Problem> validate(const model::DestinationRule& rule);       // D-7
std::vector<Problem> validate(const model::MeshSettings& settings);

}  // namespace mortise::policy
