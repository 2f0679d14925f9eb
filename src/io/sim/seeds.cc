#include "io/sim/seeds.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "base/check.h"

namespace mortise::io::sim {
namespace {

constexpr const char* kVariable = "MORTISE_SIM_SEEDS";
constexpr std::uint64_t kMost = 1'000'000;  // more in one run is a slip of the fingers

Result<std::uint64_t> parse_seed(std::string_view text) {
  std::uint64_t seed = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (problem != std::errc{} || end != text.data() + text.size())
    return fail(Code::invalid, "\"" + std::string(text) + "\" is not a seed");
  return seed;
}

}  // namespace

Result<std::vector<std::uint64_t>> parse_seeds(std::string_view text) {
  const auto dash = text.find('-');
  TRY(const auto first, parse_seed(text.substr(0, dash)));
  if (dash == std::string_view::npos) return std::vector{first};
  TRY(const auto last, parse_seed(text.substr(dash + 1)));
  if (last < first || last - first >= kMost)
    return fail(Code::invalid, std::string(text) + " is not a range of up to a million seeds");
  std::vector<std::uint64_t> seeds(last - first + 1);
  std::iota(seeds.begin(), seeds.end(), first);
  return seeds;
}

std::vector<std::uint64_t> seeds(std::uint64_t usual) {
  const char* said = std::getenv(kVariable);
  const auto chosen = parse_seeds(said ? said : "1-" + std::to_string(usual));
  if (!chosen) std::fprintf(stderr, "%s: %s\n", kVariable, chosen.error().what().c_str());
  MORTISE_CHECK(chosen);  // running none, or others, would look like a success
  return *chosen;
}

std::string announce(std::uint64_t seed) {
  auto how = std::string(kVariable) + "=" + std::to_string(seed);
  if (std::getenv(kVariable)) std::fprintf(stderr, "%s\n", how.c_str());
  return how + " runs it again";
}

}  // namespace mortise::io::sim
