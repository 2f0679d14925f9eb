// base/result.h — how this code base says "it failed": a value or an Error, never an exception.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace mortise {

// What the caller should do about a failure.
enum class Code : std::uint8_t {
  invalid,      // the input is wrong: say so, do not retry
  not_found,    // the named thing does not exist
  denied,       // not allowed, whoever asks again
  conflict,     // contradicts something that is there already
  unavailable,  // try again later
  timed_out,    // the deadline passed
  exhausted,    // a limit was reached
  bug,          // our own mistake
};

class [[nodiscard]] Error {
 public:
  Error(Code code, std::string what) : code_(code), what_(std::move(what)) {}

  [[nodiscard]] Code code() const { return code_; }
  [[nodiscard]] const std::string& what() const { return what_; }

  // Says what the caller was doing, so a log line reads from the outside in.
  Error& during(std::string_view step) {
    what_.insert(0, std::string(step) + ": ");
    return *this;
  }

  friend bool operator==(const Error&, const Error&) = default;

 private:
  Code code_;
  std::string what_;
};

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Code code, std::string what) {
  return std::unexpected<Error>(Error(code, std::move(what)));
}

// The error of a failed system call: "STEP: No such file or directory". Reads errno.
std::unexpected<Error> fail_errno(std::string_view step);
std::unexpected<Error> fail_errno(std::string_view step, int error_number);

}  // namespace mortise

// TRY(auto x, expr): binds the value, or returns the error. CO_TRY is its twin in coroutines.
// CHECK_OK(expr) and CO_CHECK_OK(expr) do the same where there is no value.
// They are statements, not expressions, so that a reader sees where a function may leave.
#define MORTISE_CAT_(a, b) a##b
#define MORTISE_CAT(a, b) MORTISE_CAT_(a, b)
#define MORTISE_TRY_(leave, tmp, lhs, ...)                                     \
  auto tmp = (__VA_ARGS__);                                                    \
  if (!tmp) leave ::std::unexpected<::mortise::Error>(std::move(tmp).error()); \
  lhs = *std::move(tmp)
#define MORTISE_OK_(leave, tmp, ...)  \
  if (auto tmp = (__VA_ARGS__); !tmp) \
  leave ::std::unexpected<::mortise::Error>(std::move(tmp).error())
#define TRY(lhs, ...) MORTISE_TRY_(return, MORTISE_CAT(try_, __LINE__), lhs, __VA_ARGS__)
#define CO_TRY(lhs, ...) MORTISE_TRY_(co_return, MORTISE_CAT(try_, __LINE__), lhs, __VA_ARGS__)
#define CHECK_OK(...) MORTISE_OK_(return, MORTISE_CAT(try_, __LINE__), __VA_ARGS__)
#define CO_CHECK_OK(...) MORTISE_OK_(co_return, MORTISE_CAT(try_, __LINE__), __VA_ARGS__)
