#include "cli/duration.h"

#include <fmt/format.h>

#include <charconv>

namespace mortise::cli {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

double unit_seconds(std::string_view unit) {
  if (unit == "ms") return 0.001;
  if (unit == "s") return 1;
  if (unit == "m") return 60;
  if (unit == "h") return 3600;
  return 0;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const double scale = unit.empty() && number == 0 ? 1 : unit_seconds(unit);
  // A day is more patience than any command needs, and far from overflow.
  if (error != std::errc() || scale == 0 || !(number >= 0) || number * scale > 86400) {
    return fail(
        Code::invalid,
        fmt::format("\"{}\" is not a time: write a number with ms, s, m or h, as in 10s", text));
  }
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(number * scale));
}

std::string words_of(Duration duration) {
  const auto ms = duration_cast<milliseconds>(duration).count();
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (ms < 60'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  return fmt::format("{} min {} s", ms / 60'000, ms / 1000 % 60);
}

std::string info_line(Duration elapsed, std::string_view text) {
  return fmt::format("INFO[{:04}] {}\n", duration_cast<seconds>(elapsed).count(), text);
}

}  // namespace mortise::cli
