// cli/command.h — how a verb says which arguments it takes. Hides the parsing library, which costs
// five seconds of compile time in every file that sees it.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace CLI {
class App;
}  // namespace CLI

namespace mortise::cli {

// Options that several verbs share.
struct Shared {
  std::string data_dir;
  bool is_usual_data_dir = false;  // it need not be typed
  std::string namespace_name = "default";
  bool namespace_given = false;
  bool all_namespaces = false;
  std::string output = "table";  // table, wide, json or yaml
  std::string color = "auto";
};

inline constexpr const char* kNamesOnly = "jsonpath={.items..metadata.name}";

class Command {
 public:
  enum class Presence { required, optional };

  Command(CLI::App& app, Shared& shared) : app_(app), shared_(shared) {}

  // `names` as the library takes them: "-f,--file". What is not given stays as it is.
  void flag(const std::string& names, bool& into, const std::string& help);
  // `value` is how --help calls it: "FILE".
  void option(const std::string& names, std::string& into, const std::string& value,
              const std::string& help);
  void option(const std::string& names, int& into, const std::string& help);
  void repeated(const std::string& names, std::vector<std::string>& into, const std::string& value,
                const std::string& help);
  // "10s", "500ms", "2m"
  void duration(const std::string& names, Duration& into, const std::string& help);
  void positional(const std::string& name, std::string& into, Presence presence,
                  const std::string& help);
  void positionals(const std::string& name, std::vector<std::string>& into,
                   const std::string& help);
  // Everything after `--` is a program to run: Context::program.
  void takes_program(Presence presence) {
    takes_program_ = true;
    program_required_ = presence == Presence::required;
  }

  void takes_namespace();
  void takes_all_namespaces();
  void takes_output();
  // Also kNamesOnly, as the tutorials ask for the name of a pod.
  void takes_output_or_names();

  [[nodiscard]] bool has_program() const { return takes_program_; }
  [[nodiscard]] bool needs_program() const { return program_required_; }
  [[nodiscard]] bool has_namespace() const { return takes_namespace_; }
  [[nodiscard]] bool has_all_namespaces() const { return takes_all_namespaces_; }
  [[nodiscard]] bool has_output() const { return takes_output_; }

 private:
  CLI::App& app_;
  Shared& shared_;
  bool takes_program_ = false;
  bool program_required_ = false;
  bool takes_namespace_ = false;
  bool takes_all_namespaces_ = false;
  bool takes_output_ = false;
};

}  // namespace mortise::cli
