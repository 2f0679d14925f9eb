#include "cli/run.h"

#include <cerrno>
#include <cstring>

#include "cli/commands/verbs.h"
#include "cli/exit_code.h"
#include "cli/host.h"
#include "client/blocking.h"

namespace mortise::cli {

namespace {

// What was asked for did not arrive. A reader that has seen enough (`| head`) is no failure.
int after_writing(Terminal& terminal, int exit_code) {
  const int problem = terminal.out_failure();
  if (problem == 0 || problem == EPIPE || exit_code != kDone) return exit_code;
  terminal.err(std::string("error: writing to standard output: ") + std::strerror(problem) + "\n");
  return kFailed;
}

}  // namespace

int run(int argc, char** argv, const Programs& programs) {
  occupy_standard_streams();
  const SystemClock clock;
  const TimePoint started = clock.now();
  ProcessTerminal terminal;
  Shared shared;
  const Verbs verbs = all_verbs();
  auto parsed = parse({argv + 1, argv + argc}, verbs, shared);
  if (const auto* answered = std::get_if<Answered>(&parsed)) {
    terminal.out(answered->out);
    terminal.err(answered->err);
    return after_writing(terminal, answered->exit_code);
  }

  const auto usual = runtime::default_data_dir();
  if (shared.data_dir.empty()) shared.data_dir = usual;
  shared.is_usual_data_dir = shared.data_dir == usual;
  auto& chosen = std::get<Chosen>(parsed);
  const auto entered = runtime::enter_host_side(shared.data_dir, chosen.verb->host_side());
  const auto mesh = client::make_blocking_client(runtime::control_socket(shared.data_dir));
  const auto host = make_linux_host(shared.data_dir, clock);
  Context context{terminal, clock,   programs, *mesh,
                  *host,    started, shared,   std::move(chosen.program)};
  if (!entered) return context.failed(entered.error());
  const auto exit_code = chosen.verb->run(context);
  return after_writing(terminal, exit_code ? *exit_code : context.failed(exit_code.error()));
}

}  // namespace mortise::cli
