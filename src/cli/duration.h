// cli/duration.h — spans of time as people type and read them: "10s", "500ms", "1.5 s".
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace mortise::cli {

// A number with ms, s, m or h; "1h30m" is not understood, "0" is.
Result<Duration> parse_duration(std::string_view text);
// For progress lines: "12 ms", "1.4 s", "2 min 5 s".
std::string words_of(Duration duration);
// The elapsed whole seconds of an INFO line: "INFO[0001]", as the tutorials' tools print them.
std::string info_line(Duration elapsed, std::string_view text);

}  // namespace mortise::cli
