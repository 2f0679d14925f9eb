// control/api/changing.h — the way of every change through the API: plan, commit, and the receipt
// that says where it is in force.
#pragma once

#include <optional>

#include "control/api/exchange.h"
#include "control/api/parts.h"

namespace mortise::control::api {

struct Changed {
  registry::Writer::Done done;
  std::optional<discovery::Receipt> receipt;  // absent if nothing changed or nobody waits
};

io::Task<std::expected<Changed, registry::Refusal>> change(Parts& parts,
                                                           registry::Writer::Planner planner,
                                                           Duration wait);

// {"revision", "objects", "notes", "receipt"}
Json to_json(const Changed& changed);

}  // namespace mortise::control::api
