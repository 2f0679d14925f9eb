#include "cli/run.h"

#include "cli/commands/verbs.h"
#include "cli/host.h"
#include "client/blocking.h"

namespace mortise::cli {

int run(int argc, char** argv, const Programs& programs) {
  const SystemClock clock;
  const TimePoint started = clock.now();
  ProcessTerminal terminal;
  Shared shared;
  const Verbs verbs = all_verbs();
  auto parsed = parse({argv + 1, argv + argc}, verbs, shared);
  if (const auto* answered = std::get_if<Answered>(&parsed)) {
    terminal.out(answered->out);
    terminal.err(answered->err);
    return answered->exit_code;
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
  return exit_code ? *exit_code : context.failed(exit_code.error());
}

}  // namespace mortise::cli
