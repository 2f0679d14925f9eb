// control/run.h — the control plane as a program: everything in control/ built and connected on
// one data directory, until it is told to stop.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/result.h"

namespace mortise::control {

struct Options {
  std::string data_dir;
  Level log_level = Level::info;
  // Meshes of at most this many services are known to every proxy in advance; 0: never. Without
  // it MORTISE_DISCOVERY_SET_SIZE decides, else 1000.
  std::optional<std::size_t> discovery_set_size;
};

// Serves DATA_DIR/control.sock and the sockets of the sidecars until SIGTERM or SIGINT. An Error
// before that says why it cannot: another control plane on the same directory, an unreadable store.
Result<void> run(const Options& options);

}  // namespace mortise::control
