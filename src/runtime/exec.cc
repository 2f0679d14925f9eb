// `mortise exec`: a command in a workload's place, with the standard streams of the caller.
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "runtime/find.h"
#include "runtime/process/launch.h"
#include "runtime/process/terminal.h"
#include "runtime/runtime.h"

namespace mortise::runtime {

namespace {

constexpr const char* kSidecarContainer = "istio-proxy";
constexpr int kCannotExecute = 126;
constexpr int kNotFound = 127;

Result<const ProgramSpec*> container_of(const WorkloadSpec& spec, const std::string& name) {
  static const ProgramSpec kNothing;
  if (name.empty()) return spec.programs.empty() ? &kNothing : &spec.programs.front();
  std::string names;
  for (const auto& program : spec.programs) {
    if (program.container == name) return &program;
    names += (names.empty() ? "" : ", ") + program.container;
  }
  if (spec.has_sidecar) names += (names.empty() ? "" : ", ") + std::string(kSidecarContainer);
  return fail(Code::not_found,
              fmt::format("{} has no container \"{}\" (it has: {})", spec.key(), name, names));
}

Result<Launch> exec_launch(const Layout& layout, const InstanceRecord& instance, const Exec& what) {
  const auto& spec = instance.spec;
  const bool as_sidecar = what.container == kSidecarContainer;
  if (as_sidecar && !spec.has_sidecar) return fail(Code::not_found, spec.key() + " has no sidecar");
  TRY(const auto* const program, container_of(spec, as_sidecar ? "" : what.container));
  Launch launch;
  launch.argv = what.command;
  launch.env = environment_of(spec, *program);
  if (const char* const terminal = std::getenv("TERM")) launch.env.emplace_back("TERM", terminal);
  launch.sandbox =
      as_sidecar ? sidecar_sandbox(layout, instance) : program_sandbox(layout, instance, *program);
  if (as_sidecar) launch.sandbox->working_dir.clear();
  // Who types it may look at the program and signal it, as the program itself could.
  launch.sandbox->shares_uid = false;
  return launch;
}

[[noreturn]] void complain(const std::string& sentence, int status) {
  std::fprintf(stderr, "mortise: %s\n", sentence.c_str());
  ::_exit(status);
}

[[noreturn]] void run_child(Launch& launch, int parent) {
  // Looked up with our rights, so that a program below a private folder can be run as well.
  std::string path;
  for (const auto& [name, value] : launch.env)
    if (name == "PATH") path = value;
  const auto program = find_program(launch.argv.front(), path);
  if (!program) {
    const bool is_there = program.error().code() == Code::denied;
    complain(program.error().what(), is_there ? kCannotExecute : kNotFound);
  }
  launch.program = *program;
  bool is_script = false;
  const auto file = open_program(launch.program, is_script);
  if (!file) complain(file.error().what(), kCannotExecute);
  if (const auto entered = enter(*launch.sandbox); !entered)
    complain(entered.error().what(), kCannotExecute);
  if (const auto forbidden = forbid_typing(); !forbidden)
    complain(forbidden.error().what(), kCannotExecute);
  // After the change of uid, which clears it: a command does not outlive its caller.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kCannotExecute);
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  for (const int number : {SIGINT, SIGQUIT, SIGPIPE}) ::signal(number, SIG_DFL);
  execute(file->get(), is_script, launch);
  const auto reason = std::string(std::strerror(errno));
  complain(launch.program + ": " + reason, kCannotExecute);
}

}  // namespace

Result<int> exec(const std::string& data_dir, const Exec& what) {
  if (what.command.empty()) return fail(Code::invalid, "there is no command to run");
  TRY(const auto layout, Layout::of(data_dir));
  if (::geteuid() != 0 && layout.rootless())
    return fail(Code::not_found, "nothing of this mesh is running");
  TRY(const auto instance, find_instance(layout, what.namespace_name, what.workload));
  if (::geteuid() != 0)
    return fail(Code::denied, "entering a workload needs root: run it with sudo");
  TRY(auto launch, exec_launch(layout, instance, what));
  // Ctrl-C is for the command, which is in the same process group; we report how it ended.
  auto* const interrupt = ::signal(SIGINT, SIG_IGN);
  auto* const quit = ::signal(SIGQUIT, SIG_IGN);
  const int self = ::getpid();
  std::fflush(nullptr);
  const int child = ::fork();
  if (child < 0) return fail_errno("fork");
  if (child == 0) run_child(launch, self);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)  // as long as the command takes
    if (errno != EINTR) return fail_errno("wait for the command");
  ::signal(SIGINT, interrupt);
  ::signal(SIGQUIT, quit);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace mortise::runtime
