// base/log.h — what a program tells its operator: one line per event, on stderr or wherever the
// program connected it. Arrives by constructor; never holds secrets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mortise {

enum class Level : std::uint8_t { debug, info, warning, error };

class Log {
 public:
  virtual ~Log() = default;
  virtual void write(Level level, std::string_view text) = 0;

  void debug(std::string_view text) { write(Level::debug, text); }
  void info(std::string_view text) { write(Level::info, text); }
  void warning(std::string_view text) { write(Level::warning, text); }
  void error(std::string_view text) { write(Level::error, text); }
};

// Lines on stderr with UTC time, level and the program's name. Safe from several threads.
std::unique_ptr<Log> make_stderr_log(std::string program, Level least);

// Drops everything: for tests and for commands whose output is the answer itself.
class NoLog final : public Log {
 public:
  void write(Level, std::string_view) override {}
};

}  // namespace mortise
