#include "cli/selector.h"

#include <fmt/format.h>

namespace mortise::cli {

Result<model::Labels> parse_selector(std::string_view text) {
  model::Labels labels;
  for (std::string_view left = text; !left.empty();) {
    const auto pair = left.substr(0, left.find(','));
    left.remove_prefix(std::min(left.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (equals == pair.npos || equals == 0 || pair[equals - 1] == '!') {
      return fail(Code::invalid,
                  fmt::format("\"{}\" is no selector: write label=value, joined by commas", text));
    }
    const bool twice = pair.substr(equals).starts_with("==");
    labels[std::string(pair.substr(0, equals))] = pair.substr(equals + (twice ? 2 : 1));
  }
  return labels;
}

}  // namespace mortise::cli
