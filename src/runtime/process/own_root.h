// runtime/process/own_root.h — for programs that ask for uid 0: a user namespace in which root is
// an ordinary user of the host.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace mortise::runtime {

// Moves this process, which must be root, into a new user namespace where uid and gid 0 stand for
// `uid` outside, and nobody else exists. It has every capability there, and none elsewhere.
Result<void> enter_user_namespace(std::uint32_t uid);

}  // namespace mortise::runtime
