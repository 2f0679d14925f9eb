#include "base/ids.h"

namespace mortise {
namespace {

constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";

}  // namespace

std::string random_suffix(Random& random, int length) {
  std::string suffix;
  for (int i = 0; i < length; ++i) suffix += kAlphabet[random.below(kAlphabet.size())];
  return suffix;
}

std::string hashed_suffix(std::string_view text, int length) {
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
  Random random(hash);
  return random_suffix(random, length);
}

}  // namespace mortise
