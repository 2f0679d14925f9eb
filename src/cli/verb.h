// cli/verb.h — what every command has in common: it describes its arguments to a Command, then
// runs in a Context. One file per command; verbs.h lists them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/run.h"
#include "cli/terminal.h"
#include "runtime/runtime.h"

namespace mortise::client {
class BlockingClient;
}  // namespace mortise::client

namespace mortise::cli {

class Host;

// What a command runs with, after the arguments were understood.
struct Context {
  Terminal& terminal;
  const Clock& clock;
  const Programs& programs;
  client::BlockingClient& mesh;
  Host& host;
  TimePoint started;  // of this process, for elapsed times
  Shared shared;
  // The words after `--`.
  std::vector<std::string> program;

  // Says "error: TEXT" and answers the exit code for it.
  int wrong_usage(const std::string& text) const;
  int failed(const Error& error) const;
  // An error that "nothing is here" would hide: no mesh is running.
  Error unless_running(const Error& error) const;
  // A line of progress or a hint.
  void say(const std::string& line) const { terminal.err(line + "\n"); }
};

class Verb {
 public:
  virtual ~Verb() = default;

  struct Words {
    const char* path;     // "mtls get"
    const char* summary;  // one line, without a full stop
    const char* example;  // whole command lines
    bool hidden = false;  // left out of --help
    const char* alias = nullptr;
  };
  [[nodiscard]] virtual Words words() const = 0;
  virtual void describe(Command& command) = 0;
  // What it needs of this machine beside the control plane.
  [[nodiscard]] virtual runtime::HostSide host_side() const { return runtime::HostSide::none; }
  // The exit code, or an Error that run() prints and turns into one.
  virtual Result<int> run(Context& context) = 0;
};

}  // namespace mortise::cli
