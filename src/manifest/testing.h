// manifest/testing.h — short ways to parse a text in the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "manifest/manifest.h"

namespace mortise::manifest::testing {

inline Parsed parse_text(std::string text, const Options& options = {}) {
  const std::vector<File> files = {{"a.yaml", std::move(text)}};
  return parse(files, options);
}

// Every problem on a line of its own: "a.yaml:3: spec.peers: MESSAGE".
inline std::string problems_of(const Parsed& parsed) {
  std::string result;
  for (const auto& problem : parsed.problems) result += problem.to_string() + "\n";
  return result;
}

inline std::string problems_of(std::string text) {
  return problems_of(parse_text(std::move(text)));
}

// The only object of a text without problems.
template <class Kind>
Kind the_only(std::string text, const Options& options = {}) {
  const auto parsed = parse_text(std::move(text), options);
  EXPECT_EQ(problems_of(parsed), "");
  if (parsed.objects.size() == 1) {
    if (const auto* const value = std::get_if<Kind>(&parsed.objects[0].value)) return *value;
  }
  ADD_FAILURE() << "not one object of that kind, but " << parsed.objects.size();
  return {};
}

}  // namespace mortise::manifest::testing
