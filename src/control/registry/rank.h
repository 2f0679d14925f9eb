// control/registry/rank.h — objects of equal rank: which one would be without effect because an
// older one says the same thing for the same place (semantics K-19).
#pragma once

#include <map>
#include <optional>
#include <string>

#include "control/registry/registry.h"

namespace mortise::control::registry {

// All objects as they would be after a change; pointers into the registry and the batch.
using After = std::map<model::ObjectRef, const manifest::Object*>;

struct Silenced {
  std::string field;    // of the object asked about
  std::string message;  // names both objects
};

// Whether `object`, one of `after`, would be void because of an older one, or would make one void
// because it claims to be older. Workloads decide whether selectors overlap.
std::optional<Silenced> find_silenced(const manifest::Object& object, const After& after,
                                      const Registry& registry);

// Whether both mean the same port of the service; without the service, whether they are equal.
using PortChoice = std::variant<std::uint16_t, std::string>;
bool same_port(const PortChoice& left, const PortChoice& right, const model::Service* service);

// "bookings(8080)", "bookings"
std::string target_text(const std::string& service, const PortChoice* port);

}  // namespace mortise::control::registry
