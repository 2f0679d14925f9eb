// io/spare.h — descriptors kept for what must go on when all others are in use: the kernel gives
// the lowest free number, so a high number says that hardly any is left.
#pragma once

namespace mortise::io {

// Whether this descriptor is one of the last `spare` that this process may have.
bool is_spare(int descriptor, int spare);

}  // namespace mortise::io
