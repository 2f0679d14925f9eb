// manifest/variables.h — $(NAME) in a container's command, arguments and environment.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace mortise::manifest {

// Replaces $(NAME) by the last value of that name; a name that is not there stays as written, and
// $$(NAME) is $(NAME) itself, as in Kubernetes. Code::exhausted beyond `limit` bytes.
Result<std::string> expand(std::string_view text,
                           const std::vector<std::pair<std::string, std::string>>& variables,
                           std::size_t limit);

}  // namespace mortise::manifest
