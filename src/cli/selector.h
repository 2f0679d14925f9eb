// cli/selector.h — label selectors as typed: "app=sleep,version=v1".
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/meta.h"

namespace mortise::cli {

// Equality only; "==" is understood. An empty text selects everything.
Result<model::Labels> parse_selector(std::string_view text);

}  // namespace mortise::cli
