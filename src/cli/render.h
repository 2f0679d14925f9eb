// cli/render.h — JSON text as a person asked for it with -o.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace mortise::cli {

// `format` is json or yaml; the text ends with a newline.
Result<std::string> render(std::string_view json, std::string_view format);

}  // namespace mortise::cli
