// The supervisor's process: how it begins, in the foreground and in the background.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "io/race.h"
#include "io/scope.h"
#include "io/signals.h"
#include "runtime/data_dir.h"
#include "runtime/files.h"
#include "runtime/lock.h"
#include "runtime/process/procfs.h"
#include "runtime/process/spawn.h"
#include "runtime/runtime.h"
#include "runtime/supervisor.h"
#include "runtime/upgrade.h"

namespace mortise::runtime {

namespace {

constexpr Duration kPoll = std::chrono::milliseconds(20);

// One that an earlier supervisor started and could not write down holds the store.
void end_unknown_control_planes(const Layout& layout, const State& state, Log& log) {
  for (const auto& process : processes_named({"control", "--data-dir", layout.data_dir()})) {
    if (process == state.control) continue;
    log.warning(fmt::format("ends control plane {}, which nobody remembers", process.pid));
    ::kill(process.pid, SIGKILL);
  }
}

// An ordinary end: the supervisor's loop finds it and starts the one that is installed now.
void end_outdated_control_plane(const State& state, const Options& options, Log& log) {
  if (!is_outdated(state.control, options.binaries.mortise)) return;
  log.info("replaces the control plane by the version that is installed now");
  ::kill(state.control.pid, SIGTERM);
}

io::Task<int> supervise_until_signal(io::EpollLoop& loop, Supervisor& supervisor,
                                     io::Signals& signals) {
  io::Scope tasks(loop);
  tasks.spawn(supervisor.run());
  co_return co_await signals.next();
}

io::Task<bool> answers(client::Client& client) {
  const auto status = co_await client.status();
  co_return status.has_value();
}

bool is_supervised(const Layout& layout) {
  const auto owner = lock_owner(layout);
  return owner && start_time_of(*owner);  // the lock may outlive a killed one for a moment
}

bool control_plane_runs(const Layout& layout) {
  const auto state = load_state(layout.state_file());
  return state && state->control.valid() && is_alive(state->control);
}

// An answer alone proves little: control planes outlive supervisors. One has to be there as well.
io::Task<bool> answers_within(io::EpollLoop& loop, client::Client& client, const Layout& layout,
                              const Binaries& binaries, ProcessId started, Duration limit) {
  const auto deadline = loop.now() + limit;
  while (loop.now() < deadline) {
    // Looked at before it is asked: one that ends meanwhile may have given its last answer.
    const bool outdated = control_plane_is_outdated(layout, binaries);
    const auto answered = co_await io::before(loop, deadline, answers(client));
    const bool supervised = is_supervised(layout);
    if (answered && *answered && supervised && !outdated) co_return true;
    if (started.valid() ? !is_alive(started) : !supervised) co_return false;
    co_await loop.sleep_for(kPoll);
  }
  co_return false;
}

Launch supervisor_launch(const Layout& layout, const Options& options) {
  Launch launch{.program = options.binaries.mortise,
                .argv = {options.binaries.mortise, "supervise", "--data-dir", layout.data_dir()},
                .env = {},
                .sandbox = std::nullopt,
                .descriptors = {},
                .log_file = layout.logs_dir() + "/supervisor.log"};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view pair = *entry;
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos)
      launch.env.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return launch;
}

}  // namespace

Result<void> supervise(const Options& options) {
  TRY(const auto layout, Layout::of(options.data_dir));
  CHECK_OK(preflight(options));
  CHECK_OK(prepare_data_dir(layout));
  TRY(const auto lock, SupervisorLock::take(layout));
  const auto log = make_stderr_log("supervisor", options.log_level);
  ::signal(SIGPIPE, SIG_IGN);  // a child that dies before it is told to start
  ::signal(SIGHUP, SIG_IGN);   // the terminal of the `up` that started us
  auto state = load_state(layout.state_file());
  if (!state) {
    log->error(state.error().what() + "; what is running is found and replaced");
    state = State{};
  }
  end_unknown_control_planes(layout, *state, *log);
  end_outdated_control_plane(*state, options, *log);
  io::EpollLoop loop(Random::from_system().next());
  TRY(const auto signals, io::Signals::watch(loop, {SIGTERM, SIGINT}));
  Supervisor supervisor(loop, layout, options, *log, *state);
  log->info("supervises " + layout.data_dir());
  loop.run_until_done(supervise_until_signal(loop, supervisor, *signals));
  log->info("leaves; everything else keeps running");
  return {};
}

Result<Started> start_supervisor(const Options& options, std::chrono::milliseconds limit) {
  TRY(const auto layout, Layout::of(options.data_dir));
  io::EpollLoop loop(Random::from_system().next());
  io::OsNetwork network(loop);
  client::Client client(loop, network, layout.control_socket());
  const auto answers = [&](const ProcessId& process) {
    return loop.run_until_done(
        answers_within(loop, client, layout, options.binaries, process, limit));
  };
  Started result;
  TRY(result.replaced_supervisor, end_outdated_supervisor(layout, options.binaries));
  result.replaced_control_plane =
      result.replaced_supervisor && control_plane_is_outdated(layout, options.binaries);
  ProcessId started;
  if (is_supervised(layout) && answers(started)) return result;
  // None, or one that was ending just then.
  if (!is_supervised(layout)) {
    result.control_plane_ran =
        control_plane_runs(layout) && !control_plane_is_outdated(layout, options.binaries);
    CHECK_OK(preflight(options));
    CHECK_OK(prepare_data_dir(layout));
    TRY(started,
        spawn(supervisor_launch(layout, options), [](const ProcessId&) { return Result<void>(); }));
    result.supervisor = !result.replaced_supervisor;
    if (answers(started)) return result;
  }
  // Two `up` at once: the other one's supervisor won, and that is fine.
  if (started.valid()) ::waitpid(started.pid, nullptr, WNOHANG);
  const bool lost = started.valid() && !is_alive(started) && lock_owner(layout);
  result.supervisor = false;
  if (lost && answers({})) return result;
  const auto said = last_line(layout.logs_dir() + "/supervisor.log");
  const bool died = started.valid() ? !is_alive(started) : !lock_owner(layout);
  return fail(Code::unavailable,
              fmt::format("{}: {} (see {}/supervisor.log and control.log beside it)",
                          died ? "the supervisor ended before the mesh was up"
                               : "the control plane did not come up",
                          said.empty() ? "no answer in time" : said, layout.logs_dir()));
}

}  // namespace mortise::runtime
