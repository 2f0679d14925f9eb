#include "base/process_limits.h"

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace mortise {

Result<void> forbid_core_dumps() {
  // The hard limit too, so that nobody raises it again from within.
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) return fail_errno("forbid core files");
  // A core_pattern that is a pipe ignores the limit (core(5)), but not this.
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return fail_errno("forbid core dumps");
  return {};
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void return_free_memory() { malloc_trim(0); }

}  // namespace mortise
