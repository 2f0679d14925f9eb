// runtime/process/procfs.h — processes as /proc shows them.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/layout.h"
#include "runtime/state.h"

namespace mortise::runtime {

// Field 22 of /proc/PID/stat; nothing if there is no such process or it is a zombie.
std::optional<std::uint64_t> start_time_of(int pid);
// The same from the file's text; for tests.
std::optional<std::uint64_t> start_time_in(std::string_view stat);
bool is_alive(const ProcessId& process);

// Every process in the named network namespace, or those of one uid. Never this process itself.
std::vector<int> processes_in(const std::string& netns, std::optional<uid_t> uid);
// Every process of these users, wherever it hides: a program can leave its network namespace for
// one of its own, and takes its uid along.
std::vector<int> processes_of(UidRange users);
// Processes of this user whose command line contains these words one after the other.
std::vector<ProcessId> processes_named(const std::vector<std::string>& words);
// Processes in other user namespaces that have something mounted at the path.
std::vector<int> processes_with_mount(const std::string& path);

}  // namespace mortise::runtime
