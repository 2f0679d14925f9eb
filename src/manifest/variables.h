// manifest/variables.h — $(NAME) in a container's command, arguments and environment.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mortise::manifest {

// Replaces $(NAME) by the last value of that name; a name that is not there stays as written, and
// $$(NAME) is $(NAME) itself, as in Kubernetes.
std::string expand(std::string_view text,
                   const std::vector<std::pair<std::string, std::string>>& variables);

}  // namespace mortise::manifest
