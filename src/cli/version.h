// cli/version.h — which Mortise this is.
#pragma once

#include <string_view>

namespace mortise::cli {

// "0.1.0", from the top CMakeLists.txt.
std::string_view version();

}  // namespace mortise::cli
