// manifest/content.h — Nodes as JSON text, and the parts of an object that are kept.
#pragma once

#include <string>
#include <string_view>

#include "manifest/node.h"

namespace mortise::manifest {

// The whole object as compact JSON with sorted keys, without status and server metadata;
// `namespace_name` is filled in unless it is empty.
std::string content_of(const Node& object, std::string_view namespace_name);

}  // namespace mortise::manifest
