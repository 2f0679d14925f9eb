// runtime/lock.h — one supervisor per data directory: flock(2) on supervisor.lock, which also
// holds the owner's process id.
#pragma once

#include <optional>

#include "base/clock.h"
#include "io/descriptor.h"
#include "runtime/layout.h"

namespace mortise::runtime {

class SupervisorLock {
 public:
  // conflict: somebody else has it; the sentence names the process. Waits up to 3 s while its owner
  // is dead and it is only not free yet.
  static Result<SupervisorLock> take(const Layout& layout);
  // Removes the file before it is released; nobody can have locked another one in between.
  void remove(const Layout& layout);

 private:
  explicit SupervisorLock(io::Descriptor file) : file_(std::move(file)) {}
  io::Descriptor file_;
};

// Who has the lock; nothing if nobody has.
std::optional<int> lock_owner(const Layout& layout);

}  // namespace mortise::runtime
