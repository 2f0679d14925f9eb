// cli/run.h — the program a person types: arguments in, an exit code out. Everything a command
// does goes through the same API and runtime as for any other user.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"

namespace mortise::cli {

// What `mortise` starts but the command line may not include; src/bin connects it.
struct Programs {
  std::function<Result<void>(const std::string& data_dir)> control;
};

int run(int argc, char** argv, const Programs& programs);

}  // namespace mortise::cli
