// cli/bring_up.h — starting a mesh step by step, for `up` and `demo lab`: each step is said with
// its time, and what is refused is refused before anything starts.
#pragma once

#include <functional>
#include <map>

#include "cli/interrupt.h"
#include "cli/verb.h"
#include "client/client.h"
#include "runtime/images.h"

namespace mortise::cli {

struct BringUp {
  std::vector<client::SourceFile> files;
  std::map<std::string, std::string> settings;
  std::vector<runtime::Image> images;
  std::chrono::milliseconds limit{60'000};  // until every workload is ready
  // Looks at what the mesh holds before anything is changed; not kDone: nothing is.
  std::function<Result<int>(Context&)> check_stored;
};

struct Brought {
  int exit_code = kDone;
  bool started_now = false;  // the supervisor: whoever gives up takes it down again
};

Result<Brought> bring_up(Context& context, const BringUp& what, const Interrupt& interrupt);

// Waits until nothing of `objects` is unready, or says what is and answers kFailed.
Result<int> wait_until_ready(Context& context, client::Query objects,
                             std::chrono::milliseconds limit, const Interrupt& interrupt);

// "--set KEY=VALUE" and "--image NAME=COMMAND" as typed. Code::invalid: wrong usage.
Result<std::map<std::string, std::string>> parse_settings(const std::vector<std::string>& texts);
Result<std::vector<runtime::Image>> parse_images(const std::vector<std::string>& texts);

}  // namespace mortise::cli
