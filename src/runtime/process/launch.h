// runtime/process/launch.h — how the processes of a workload are started: arguments, environment,
// sandbox.
#pragma once

#include "runtime/layout.h"
#include "runtime/process/process.h"
#include "runtime/runtime.h"

namespace mortise::runtime {

// As whom a program runs on the host: its runAsUser if that is a user there. Root is not: who asks
// for it gets the workload's own uid, and sees it as 0.
std::uint32_t uid_of(const Layout& layout, const InstanceRecord& instance,
                     const ProgramSpec& program);

// What this workload's processes see: its network, its names, not the data directory.
Sandbox program_sandbox(const Layout& layout, const InstanceRecord& instance,
                        const ProgramSpec& program);
Sandbox sidecar_sandbox(const Layout& layout, const InstanceRecord& instance);

// The container's variables on top of PATH, HOME and HOSTNAME; $(NAME) in values is replaced.
std::vector<std::pair<std::string, std::string>> environment_of(const WorkloadSpec& workload,
                                                                const ProgramSpec& program);
// $(NAME) by its value, $$(NAME) by $(NAME); an unknown name stays as it is written.
std::string expand(const std::string& text,
                   const std::vector<std::pair<std::string, std::string>>& env);

// not_found: the program does not exist, with a sentence for the workload's state.
Result<std::string> locate(const Binaries& binaries, const std::string& program,
                           const std::vector<std::pair<std::string, std::string>>& env);

Result<Launch> program_launch(const Layout& layout, const Binaries& binaries,
                              const InstanceRecord& instance, const ProgramSpec& program);
Launch sidecar_launch(const Layout& layout, const Binaries& binaries,
                      const InstanceRecord& instance, const CaptureSockets& sockets, Level level);
// For a sidecar beside another one: it says when it serves, and does not before it can.
void let_announce(Launch& launch);
Launch control_launch(const Layout& layout, const Binaries& binaries);

}  // namespace mortise::runtime
