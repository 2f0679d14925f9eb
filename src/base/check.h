// base/check.h — MORTISE_CHECK ends the process on a broken invariant, in release too.
// Input from outside never reaches one: it gets an Error.
#pragma once

namespace mortise {
[[noreturn]] void broken_invariant(const char* expression, const char* file, int line);
}  // namespace mortise

#define MORTISE_CHECK(expression) \
  ((expression) ? (void)0 : ::mortise::broken_invariant(#expression, __FILE__, __LINE__))
