// base/random.h — randomness as an argument, so that a simulation can replay it from its seed.
// Not for keys: those come from OpenSSL.
#pragma once

#include <cstdint>
#include <random>

namespace mortise {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  static Random from_system() {
    return Random(std::random_device{}() | std::uint64_t{std::random_device{}()} << 32);
  }

  std::uint64_t next() { return engine_(); }
  // Uniform in [0, bound); bound must be at least 1.
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  // Uniform in [0, 1).
  double fraction() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace mortise
