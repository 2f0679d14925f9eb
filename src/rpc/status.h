// rpc/status.h — how a gRPC call ended: the standard codes and a sentence.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace mortise::rpc {

enum class StatusCode : std::uint8_t {
  ok = 0,
  cancelled = 1,
  unknown = 2,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  aborted = 10,
  out_of_range = 11,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
  data_loss = 15,
  unauthenticated = 16,
};

struct Status {
  StatusCode code = StatusCode::ok;
  std::string message;
  [[nodiscard]] bool ok() const { return code == StatusCode::ok; }
  friend bool operator==(const Status&, const Status&) = default;
};

Status to_status(const Error& error);
Error to_error(const Status& status);

}  // namespace mortise::rpc
