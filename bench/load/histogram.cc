#include "bench/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mortise::bench {

std::size_t Histogram::bucket_of(std::uint64_t value) {
  if (value < 2 * kPerPower) return value;
  const auto power = static_cast<unsigned>(std::bit_width(value)) - 1 - kBits;
  return power * kPerPower + (value >> power);
}

std::uint64_t Histogram::last_of(std::size_t bucket) {
  if (bucket < 2 * kPerPower) return bucket;
  const auto power = bucket / kPerPower - 1;
  const auto first = (kPerPower + bucket % kPerPower) << power;
  return first + ((std::uint64_t{1} << power) - 1);
}

void Histogram::add(std::uint64_t value) {
  ++buckets_[bucket_of(value)];
  ++count_;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
}

double Histogram::mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

std::uint64_t Histogram::quantile(double share) const {
  const auto wanted = static_cast<std::uint64_t>(
      std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += buckets_[bucket];
    if (seen >= wanted && seen > 0) return std::min(last_of(bucket), max_);
  }
  return max_;
}

}  // namespace mortise::bench
