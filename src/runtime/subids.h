// runtime/subids.h — the ranges of ids that an ordinary user may give to user namespaces, from the
// lines NAME:FIRST:COUNT of /etc/subuid and /etc/subgid (subuid(5)). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mortise::runtime {

struct IdRange {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  friend bool operator==(const IdRange&, const IdRange&) = default;
};

// Those of the user, named or numbered, in the file's order. Lines that make no sense are nobody's.
std::vector<IdRange> ranges_of(std::string_view text, const std::string& user, std::uint32_t uid);
// The same, cut so that they hold at most `limit` ids together.
std::vector<IdRange> cut_to(std::vector<IdRange> ranges, std::uint32_t limit);
std::uint32_t total_of(const std::vector<IdRange>& ranges);
// Where a range could begin that is nobody's, as usermod(8) chooses it.
std::uint32_t first_free(std::string_view text);

}  // namespace mortise::runtime
