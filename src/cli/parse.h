// cli/parse.h — arguments into the verb they name with its members filled, or into the text that
// answers --help, --version and mistakes.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "cli/verb.h"

namespace mortise::cli {

// The verb to run; borrowed from the list given to parse().
struct Chosen {
  Verb* verb = nullptr;
  std::vector<std::string> program;  // the words after `--`
};

// Nothing to run: what to print and the exit code.
struct Answered {
  int exit_code = 0;
  std::string out;
  std::string err;
};

using Verbs = std::vector<std::unique_ptr<Verb>>;

// `arguments` without the program's own name.
std::variant<Chosen, Answered> parse(std::vector<std::string> arguments, const Verbs& verbs,
                                     Shared& shared);

// For shell completion: each command's path and its option names.
struct Shape {
  std::string path;
  std::string summary;
  std::vector<std::string> options;
};
std::vector<Shape> shapes(const Verbs& verbs);

}  // namespace mortise::cli
