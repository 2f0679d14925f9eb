#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace mortise {
namespace {

Code code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
      return Code::not_found;
    case EACCES:
    case EPERM:
      return Code::denied;
    case EEXIST:
    case EADDRINUSE:
      return Code::conflict;
    case ETIMEDOUT:
      return Code::timed_out;
    case ENOSPC:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
      return Code::exhausted;
    case EINVAL:
      return Code::invalid;
    default:
      return Code::unavailable;
  }
}

}  // namespace

std::unexpected<Error> fail_errno(std::string_view step, int error_number) {
  return fail(code_of(error_number), std::string(step) + ": " + std::strerror(error_number));
}

std::unexpected<Error> fail_errno(std::string_view step) { return fail_errno(step, errno); }

}  // namespace mortise
