#include "manifest/variables.h"

#include <algorithm>
#include <ranges>

namespace mortise::manifest {

Result<std::string> expand(std::string_view text,
                           const std::vector<std::pair<std::string, std::string>>& variables,
                           std::size_t limit) {
  std::string result;
  while (!text.empty()) {
    // Values double at every step if they like: look before the next one is added.
    if (result.size() + text.size() > limit) return fail(Code::exhausted, "is too long");
    const auto dollar = text.find('$');
    result += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar);
    if (text.starts_with("$$")) {
      result += '$';
      text.remove_prefix(2);
      continue;
    }
    const auto end = text.starts_with("$(") ? text.find(')') : std::string_view::npos;
    if (end == std::string_view::npos) {
      result += '$';
      text.remove_prefix(1);
      continue;
    }
    const auto name = text.substr(2, end - 2);
    const auto latest = std::views::reverse(variables);
    const auto found = std::ranges::find(latest, name, &std::pair<std::string, std::string>::first);
    result += found == latest.end() ? text.substr(0, end + 1) : std::string_view(found->second);
    text.remove_prefix(end + 1);
  }
  if (result.size() > limit) return fail(Code::exhausted, "is too long");
  return result;
}

}  // namespace mortise::manifest
