// io/sim/seeds.h — which seeds a simulation tries: a few in every run of its test, many at night,
// and one alone when a failure is to be seen again. MORTISE_SIM_SEEDS=FIRST-LAST or =SEED says so.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mortise::io::sim {

// What MORTISE_SIM_SEEDS says; without it 1 to `usual`.
std::vector<std::uint64_t> seeds(std::uint64_t usual);

// For SCOPED_TRACE: how to run this seed alone. Of many seeds, each is also named on standard error
// before it runs, because a crash or a run without an end prints no trace.
std::string announce(std::uint64_t seed);

Result<std::vector<std::uint64_t>> parse_seeds(std::string_view text);

}  // namespace mortise::io::sim
