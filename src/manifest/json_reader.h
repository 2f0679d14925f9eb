// manifest/json_reader.h — the JSON half of reader.h.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "manifest/builder.h"
#include "manifest/node.h"

namespace mortise::manifest {

// Nothing if `text` is not one JSON value; a limit that was reached is a fault and a null node.
std::optional<Node> try_read_json(std::string_view text, Budget& budget,
                                  std::vector<Fault>& faults);

}  // namespace mortise::manifest
