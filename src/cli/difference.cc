#include "cli/difference.h"

#include <algorithm>
#include <vector>

namespace mortise::cli {
namespace {

constexpr std::size_t kContext = 2;
// Beyond this many comparisons the whole of both texts is shown.
constexpr std::size_t kMostCells = 4'000'000;

using Lines = std::vector<std::string_view>;

struct Marked {
  char mark;
  std::string_view line;
};

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    lines.push_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), lines.back().size() + 1));
  }
  return lines;
}

// Longest common subsequence: left[i][j] is its length from line i and line j on.
std::vector<Marked> mark(const Lines& before, const Lines& after) {
  const std::size_t width = after.size() + 1;
  std::vector<std::size_t> longest((before.size() + 1) * width, 0);
  for (std::size_t i = before.size(); i-- > 0;) {
    for (std::size_t j = after.size(); j-- > 0;) {
      longest[i * width + j] = before[i] == after[j] ? longest[(i + 1) * width + j + 1] + 1
                                                     : std::max(longest[(i + 1) * width + j],
                                                                longest[i * width + j + 1]);
    }
  }
  std::vector<Marked> marked;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < before.size() || j < after.size()) {
    if (i < before.size() && j < after.size() && before[i] == after[j]) {
      marked.push_back({' ', before[i]});
      ++i;
      ++j;
    } else if (j == after.size() ||
               (i < before.size() && longest[(i + 1) * width + j] >= longest[i * width + j + 1])) {
      marked.push_back({'-', before[i++]});
    } else {
      marked.push_back({'+', after[j++]});
    }
  }
  return marked;
}

bool near_a_change(const std::vector<Marked>& marked, std::size_t at) {
  const std::size_t first = at > kContext ? at - kContext : 0;
  const std::size_t last = std::min(marked.size(), at + kContext + 1);
  return std::any_of(marked.begin() + static_cast<std::ptrdiff_t>(first),
                     marked.begin() + static_cast<std::ptrdiff_t>(last),
                     [](const Marked& line) { return line.mark != ' '; });
}

}  // namespace

std::string difference(std::string_view before, std::string_view after) {
  if (before == after) return "";
  const Lines old_lines = lines_of(before);
  const Lines new_lines = lines_of(after);
  std::vector<Marked> marked;
  if (old_lines.size() * new_lines.size() <= kMostCells) {
    marked = mark(old_lines, new_lines);
  } else {
    for (const auto line : old_lines) marked.push_back({'-', line});
    for (const auto line : new_lines) marked.push_back({'+', line});
  }
  std::string text;
  for (std::size_t i = 0; i < marked.size(); ++i) {
    if (!near_a_change(marked, i)) continue;
    text += marked[i].mark;
    text += std::string(marked[i].line) + "\n";
  }
  return text;
}

}  // namespace mortise::cli
