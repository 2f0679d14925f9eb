#include "runtime/complaints.h"

namespace mortise::runtime {

namespace {

constexpr Duration kAgain = std::chrono::seconds(30);

}  // namespace

void Complaints::warn(TimePoint now, const std::string& about, const std::string& text) {
  const auto known = last_.find(about);
  if (known != last_.end() && known->second.text == text && now - known->second.at < kAgain) return;
  last_[about] = {text, now};
  log_.warning(about + ": " + text);
}

}  // namespace mortise::runtime
