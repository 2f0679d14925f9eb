#include "runtime/uid_map.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace mortise::runtime {

namespace {

// Takes the next number of a line; false if there is none.
bool take_number(std::string_view& text, std::uint64_t& number) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number > kAllIds) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

Result<std::uint32_t> mapped_ids(std::string_view map) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;  // first inside, count
  while (!map.empty()) {
    const auto end = map.find('\n');
    auto line = map.substr(0, end);
    map.remove_prefix(end == std::string_view::npos ? map.size() : end + 1);
    std::uint64_t inside = 0;
    std::uint64_t outside = 0;
    std::uint64_t count = 0;
    if (!take_number(line, inside) || !take_number(line, outside) || !take_number(line, count) ||
        !line.empty())
      return fail(Code::invalid, "the map of user ids cannot be read");
    ranges.emplace_back(inside, count);
  }
  std::ranges::sort(ranges);
  std::uint64_t mapped = 0;
  for (const auto& [first, count] : ranges) {
    if (first != mapped) break;
    mapped += count;
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(mapped, kAllIds));
}

}  // namespace mortise::runtime
