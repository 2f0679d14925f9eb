// cli/difference.h — what changes between two texts, line by line, as `diff -u` marks it.
#pragma once

#include <string>
#include <string_view>

namespace mortise::cli {

// Lines that go start with "-", lines that come with "+", lines around them (two) with a space.
// Empty where nothing differs.
std::string difference(std::string_view before, std::string_view after);

}  // namespace mortise::cli
