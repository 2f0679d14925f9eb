#include "io/spare.h"

#include <sys/resource.h>

namespace mortise::io {

bool is_spare(int descriptor, int spare) {
  if (spare == 0) return false;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return false;
  return static_cast<rlim_t>(descriptor) + static_cast<rlim_t>(spare) >= limit.rlim_cur;
}

}  // namespace mortise::io
