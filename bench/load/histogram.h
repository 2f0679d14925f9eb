// bench/load/histogram.h — counts of latencies in nanoseconds, exact to 1.6 %, in fixed memory.
#pragma once

#include <array>
#include <cstdint>

namespace mortise::bench {

class Histogram {
 public:
  void add(std::uint64_t value);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  [[nodiscard]] double mean() const;
  // The value that this share of all values (0 to 1) does not exceed, rounded up to the end of its
  // bucket, never above max(). 0 when empty.
  [[nodiscard]] std::uint64_t quantile(double share) const;

 private:
  // 64 buckets for each power of two: a value below 128 has a bucket of its own.
  static constexpr unsigned kBits = 6;
  static constexpr std::size_t kPerPower = std::size_t{1} << kBits;
  static constexpr std::size_t kBuckets = kPerPower * (64 - kBits + 1);

  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t last_of(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace mortise::bench
