// runtime/process/terminal.h — for commands that are given a person's terminal.
#pragma once

#include "base/result.h"

namespace mortise::runtime {

// From here on, this process and its children cannot type: put words into a terminal's input as if
// the person there had, whose shell would run them after we end. Needs no_new_privs. A kernel
// without seccomp filters forbids nothing, without error.
Result<void> forbid_typing();

}  // namespace mortise::runtime
