#include "runtime/subids.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace mortise::runtime {

namespace {

constexpr std::uint32_t kFirstSubId = 100'000;  // SUB_UID_MIN, login.defs(5)

struct Line {
  std::string_view who;
  IdRange range;
};

std::optional<std::uint32_t> number_in(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Line> parse_line(std::string_view line) {
  const auto one = line.find(':');
  if (one == std::string_view::npos) return std::nullopt;
  const auto two = line.find(':', one + 1);
  if (two == std::string_view::npos) return std::nullopt;
  const auto first = number_in(line.substr(one + 1, two - one - 1));
  const auto count = number_in(line.substr(two + 1));
  // The last id is -1, which is nobody.
  if (!first || !count || *count == 0 || *count > ~*first) return std::nullopt;
  return Line{line.substr(0, one), {*first, *count}};
}

template <class Take>
void each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (const auto line = parse_line(text.substr(0, end))) take(*line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

}  // namespace

std::vector<IdRange> ranges_of(std::string_view text, const std::string& user, std::uint32_t uid) {
  std::vector<IdRange> ranges;
  each_line(text, [&](const Line& line) {
    if (line.who == user || line.who == std::to_string(uid)) ranges.push_back(line.range);
  });
  return ranges;
}

std::vector<IdRange> cut_to(std::vector<IdRange> ranges, std::uint32_t limit) {
  std::vector<IdRange> kept;
  for (auto range : ranges) {
    range.count = std::min(range.count, limit);
    if (range.count == 0) break;
    limit -= range.count;
    kept.push_back(range);
  }
  return kept;
}

std::uint32_t total_of(const std::vector<IdRange>& ranges) {
  std::uint64_t total = 0;
  for (const auto& range : ranges) total += range.count;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(total, ~0U));
}

std::uint32_t first_free(std::string_view text) {
  std::uint32_t free = kFirstSubId;
  each_line(text,
            [&](const Line& line) { free = std::max(free, line.range.first + line.range.count); });
  return free;
}

}  // namespace mortise::runtime
