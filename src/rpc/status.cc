#include "rpc/status.h"

namespace mortise::rpc {

Status to_status(const Error& error) {
  switch (error.code()) {
    case Code::invalid:
      return {StatusCode::invalid_argument, error.what()};
    case Code::not_found:
      return {StatusCode::not_found, error.what()};
    case Code::denied:
      return {StatusCode::permission_denied, error.what()};
    case Code::conflict:
      return {StatusCode::already_exists, error.what()};
    case Code::unavailable:
      return {StatusCode::unavailable, error.what()};
    case Code::timed_out:
      return {StatusCode::deadline_exceeded, error.what()};
    case Code::exhausted:
      return {StatusCode::resource_exhausted, error.what()};
    case Code::bug:
      return {StatusCode::internal, error.what()};
  }
  return {StatusCode::internal, error.what()};
}

namespace {

Code to_code(StatusCode code) {
  switch (code) {
    case StatusCode::invalid_argument:
    case StatusCode::out_of_range:
    case StatusCode::unimplemented:
      return Code::invalid;
    case StatusCode::not_found:
      return Code::not_found;
    case StatusCode::permission_denied:
    case StatusCode::unauthenticated:
      return Code::denied;
    case StatusCode::already_exists:
    case StatusCode::aborted:
    case StatusCode::failed_precondition:
      return Code::conflict;
    case StatusCode::cancelled:
    case StatusCode::unavailable:
      return Code::unavailable;
    case StatusCode::deadline_exceeded:
      return Code::timed_out;
    case StatusCode::resource_exhausted:
      return Code::exhausted;
    case StatusCode::ok:  // nobody asks for the error of a success
    case StatusCode::unknown:
    case StatusCode::internal:
    case StatusCode::data_loss:
      return Code::bug;
  }
  return Code::bug;
}

}  // namespace

Error to_error(const Status& status) { return {to_code(status.code), status.message}; }

}  // namespace mortise::rpc
