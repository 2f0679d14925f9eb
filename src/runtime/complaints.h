// runtime/complaints.h — a trouble that lasts is logged when it begins and then now and then: what
// is tried again many times a second must not fill the disk with the reason why it fails.
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "base/log.h"

namespace mortise::runtime {

class Complaints {
 public:
  explicit Complaints(Log& log) : log_(log) {}

  // `about` is whose trouble it is; another sentence about it is another trouble.
  void warn(TimePoint now, const std::string& about, const std::string& text);
  // The next trouble is a new one.
  void settle(const std::string& about) { last_.erase(about); }

 private:
  struct Said {
    std::string text;
    TimePoint at;
  };
  Log& log_;
  std::map<std::string, Said> last_;
};

}  // namespace mortise::runtime
