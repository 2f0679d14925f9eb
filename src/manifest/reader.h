// manifest/reader.h — text into Nodes, one per document. YAML goes through the library's events
// only: its own tree keeps the first of two equal fields in silence and explodes on aliases.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "manifest/builder.h"
#include "manifest/node.h"

namespace mortise::manifest {

struct Documents {
  std::vector<Node> roots;  // empty documents are left out
  std::vector<Fault> faults;
};

// JSON is YAML, and is read by its own rules where the whole text is one JSON value.
Documents read_documents(std::string_view text, Budget& budget);

// Strict JSON. An error has no line.
Result<Node> read_json(std::string_view text, Budget& budget);

}  // namespace mortise::manifest
