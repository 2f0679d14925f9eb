#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace mortise {

void broken_invariant(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "broken invariant: %s at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace mortise
