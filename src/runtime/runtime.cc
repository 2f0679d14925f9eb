#include "runtime/runtime.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "runtime/files.h"
#include "runtime/find.h"
#include "runtime/image_store.h"
#include "runtime/layout.h"
#include "runtime/lock.h"
#include "runtime/process/launch.h"

namespace mortise::runtime {

Result<Binaries> Binaries::beside(const std::string& mortise) {
  std::string found = "/proc/self/exe";
  if (!mortise.empty()) {
    const char* const path = std::getenv("PATH");
    TRY(found, find_program(mortise, path != nullptr ? path : ""));
  }
  std::error_code error;
  const auto self = std::filesystem::canonical(found, error);
  if (error) return fail_errno(found, error.value());
  const auto folder = self.parent_path();
  return Binaries{.mortise = self.string(),
                  .proxy = (folder / "mortise-proxy").string(),
                  .demo = (folder / "mortise-demo").string()};
}

std::string default_data_dir() {
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::string(value != nullptr ? value : "");
  };
  if (auto dir = variable("MORTISE_DATA_DIR"); !dir.empty()) return dir;
  if (::geteuid() == 0) return "/var/lib/mortise";
  if (auto dir = variable("XDG_STATE_HOME"); !dir.empty()) return dir + "/mortise";
  return variable("HOME") + "/.local/state/mortise";
}

std::string control_socket(const std::string& data_dir) {
  const auto layout = Layout::of(data_dir);
  // A path that is no data directory has no control plane; dialling it says so.
  return layout ? layout->control_socket() : data_dir + "/control.sock";
}

std::optional<int> supervisor_pid(const std::string& data_dir) {
  const auto layout = Layout::of(data_dir);
  return layout ? lock_owner(*layout) : std::nullopt;
}

bool is_rootless(const std::string& data_dir) {
  const auto layout = Layout::of(data_dir);
  return layout && layout->rootless();
}

Result<void> remember_images(const std::string& data_dir, const std::vector<Image>& images) {
  TRY(const auto layout, Layout::of(data_dir));
  return add_images(layout, images);
}

Result<void> check_program(const Options& options, const model::Container& container) {
  TRY(const auto layout, Layout::of(options.data_dir));
  NoLog log;
  const auto images = load_images(layout, log);
  TRY(const auto command, images.command_of(container));
  const ProgramSpec program{.container = container.name,
                            .argv = command,
                            .env = container.env,
                            .working_dir = {},
                            .uid = {},
                            .problem = {}};
  const auto env = environment_of({}, program);
  const auto found = locate(options.binaries, expand(command.front(), env), env);
  if (!found)
    return fail(found.error().code(), found.error().what() +
                                          "; install it or change the "
                                          "container's command");
  if (container.run_as_user) return layout.check_program_uid(*container.run_as_user);
  return {};
}

Result<LogFiles> log_files(const std::string& data_dir, const std::string& namespace_name,
                           const std::string& workload) {
  TRY(const auto layout, Layout::of(data_dir));
  TRY(const auto instance, find_instance(layout, namespace_name, workload));
  const auto& spec = instance.spec;
  LogFiles files{.program = layout.program_log(spec.namespace_name, spec.name), .sidecar = {}};
  if (spec.has_sidecar) files.sidecar = layout.sidecar_log(spec.namespace_name, spec.name);
  return files;
}

}  // namespace mortise::runtime
