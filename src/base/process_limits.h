// base/process_limits.h — what a long-lived process asks of the kernel for itself.
#pragma once

#include "base/result.h"

namespace mortise {

// No core file, and no memory that others of the same uid can read: for whoever holds private keys
// (security invariant 2). What root may do, like taking over a descriptor, stays.
Result<void> forbid_core_dumps();

// As many descriptors as the system lets us have: each connection needs one or two, and without
// them accept waits for room earlier.
void raise_descriptor_limit();

// Gives free pages back, also from between what is in use: the allocator by itself gives back only
// those at the end of its heap. For after a burst; takes up to a millisecond.
void return_free_memory();

}  // namespace mortise
