#include "cli/parse.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "cli/help.h"
#include "cli/version.h"
#include "manifest/kinds.h"

namespace mortise::cli {
namespace {

constexpr const char* kSummary =
    "Automatic mutual TLS between the services of a host, and the truth about it.";

const std::map<std::string, const char*> kGroups = {
    {"create", "Create a namespace"},
    {"demo", "Example applications that prove themselves"},
    {"mtls", "Who must encrypt: see it and change it"},
    {"proxy", "The sidecars: replace one by a new process"},
};

// A tree of CLI11 commands made from the verbs.
class Tree {
 public:
  Tree(const Verbs& verbs, Shared& shared) : app_(kSummary, "mortise"), root_(app_, shared) {
    app_.set_help_flag("-h,--help", "what there is to type");
    app_.set_version_flag("--version", "mortise " + std::string(version()),
                          "which Mortise this is");
    app_.add_option("--data-dir", shared.data_dir, "which mesh; MORTISE_DATA_DIR says the same")
        ->type_name("DIR");
    app_.add_option("--color", shared.color, "auto, always or never; NO_COLOR is heeded")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->type_name("WHEN");
    root_.takes_namespace();
    root_.takes_all_namespaces();
    root_.takes_output();
    app_.fallthrough();
    app_.require_subcommand(1, 1);
    app_.footer("Start here:\n  sudo mortise demo lab\n  mortise COMMAND --help");
    for (const auto& verb : verbs) add(*verb, shared);
  }

  CLI::App& app() { return app_; }

  struct Leaf {
    CLI::App* app;
    Verb* verb;
    std::unique_ptr<Command> command;
  };
  [[nodiscard]] const std::vector<Leaf>& leaves() const { return leaves_; }
  // Of the arguments parsed last; null if they name no whole command.
  [[nodiscard]] const Leaf* chosen() const {
    for (const Leaf& leaf : leaves_) {
      if (leaf.app->parsed()) return &leaf;
    }
    return nullptr;
  }
  // The innermost command that was named, for its help.
  CLI::App& innermost() {
    CLI::App* at = &app_;
    while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
    return *at;
  }

 private:
  void add(Verb& verb, Shared& shared) {
    const Verb::Words words = verb.words();
    std::string name = words.path;
    CLI::App* parent = &app_;
    if (const auto space = name.find(' '); space != std::string::npos) {
      parent = group(name.substr(0, space));
      name = name.substr(space + 1);
    }
    CLI::App* app = parent->add_subcommand(name, words.summary);
    app->fallthrough();
    app->footer(fmt::format("Example:\n{}", indented(words.example)));
    if (words.hidden) app->group("");
    if (words.alias != nullptr) app->alias(words.alias);
    auto command = std::make_unique<Command>(*app, shared);
    verb.describe(*command);
    leaves_.push_back({app, &verb, std::move(command)});
  }

  CLI::App* group(const std::string& name) {
    CLI::App*& made = groups_[name];
    if (made != nullptr) return made;
    made = app_.add_subcommand(name, kGroups.at(name));
    made->require_subcommand(1, 1);
    made->footer(fmt::format("Example:\n  mortise {} COMMAND --help", name));
    made->fallthrough();
    return made;
  }

  static std::string indented(const std::string& lines) {
    std::string text;
    for (const auto& line : CLI::detail::split(lines, '\n')) text += "  " + line + "\n";
    return text;
  }

  CLI::App app_;
  Command root_;
  std::vector<Leaf> leaves_;
  std::map<std::string, CLI::App*> groups_;
};

std::string path_of(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return parent == nullptr ? app.get_name() : path_of(*parent) + " " + app.get_name();
}

Answered mistake(Tree& tree, std::string text) {
  return {kWrongUsage, "",
          fmt::format("error: {}\nhint: {} --help shows what it takes\n", text,
                      path_of(tree.innermost()))};
}

Answered unknown_word(const CLI::App& at, const std::string& word) {
  std::vector<std::string> names;
  for (const auto* command : at.get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  const auto close =
      manifest::nearest(word, std::vector<std::string_view>(names.begin(), names.end()));
  const auto path = path_of(at);
  return {
      kWrongUsage, "",
      fmt::format("error: {} has no command \"{}\"{}\nhint: {} --help shows what it takes\n", path,
                  word, close.empty() ? "" : fmt::format("; did you mean {}?", close), path)};
}

// The library's own words, except where it would leave the reader guessing.
Answered explain(Tree& tree, const CLI::ParseError& error, const std::vector<std::string>& left) {
  CLI::App& at = tree.innermost();
  const bool wants_command = tree.chosen() == nullptr;
  if (wants_command && left.empty() && error.get_name() == "RequiredError") {
    return {kWrongUsage, "", help_text(at, path_of(at), nullptr)};
  }
  // What is not known comes before what is missing.
  const auto option = std::find_if(left.begin(), left.end(), [](const std::string& argument) {
    return argument.starts_with('-');
  });
  if (option != left.end()) {
    return mistake(tree, fmt::format("{} has no option {}", path_of(at), *option));
  }
  const bool too_many = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  if (too_many && !left.empty()) {
    return mistake(tree, fmt::format("unexpected argument \"{}\"", left.front()));
  }
  return mistake(tree, error.what());
}

// The words docs/spec/cli.md keeps for commands that are still to come.
constexpr std::array<std::string_view, 16> kReserved = {
    "edges",          "tap",          "describe",  "proxy status", "proxy config", "check",
    "docs",           "graph",        "cert",      "analyze",      "ca",           "dashboard",
    "mtls effective", "mtls history", "mtls undo", "demo load"};

// Whether the value of this option is the next word.
bool takes_next_word(const std::string& option) {
  constexpr std::array<std::string_view, 6> kNames = {"--data-dir",  "--color", "-n",
                                                      "--namespace", "-o",      "--output"};
  return std::find(kNames.begin(), kNames.end(), option) != kNames.end();
}

// The words that shall name a command, before the library looks: it would take `status` out of
// "proxy status". Nothing if they do name one, or if none was typed.
std::optional<Answered> unknown_command(Tree& tree, const std::vector<std::string>& arguments) {
  const CLI::App* at = &tree.app();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& word = arguments[i];
    if (word.starts_with('-')) {
      if (takes_next_word(word)) ++i;
      continue;
    }
    const auto commands = at->get_subcommands([](const CLI::App*) { return true; });
    if (commands.empty()) return std::nullopt;
    const auto named = std::find_if(commands.begin(), commands.end(),
                                    [&](const auto* app) { return app->check_name(word); });
    if (named != commands.end()) {
      at = *named;
      continue;
    }
    const auto path = at == &tree.app() ? word : at->get_name() + " " + word;
    if (std::find(kReserved.begin(), kReserved.end(), path) != kReserved.end()) {
      return Answered{kWrongUsage, "",
                      fmt::format("error: this version has no mortise {} yet; mortise --help shows "
                                  "what it has\n",
                                  path)};
    }
    return unknown_word(*at, word);
  }
  return std::nullopt;
}

// A shared option that was typed, but means nothing to this verb, is a mistake and not ignored.
std::string misplaced(const Command& command, const Shared& shared) {
  if (shared.namespace_given && !command.has_namespace()) return "-n";
  if (shared.all_namespaces && !command.has_all_namespaces()) return "-A";
  if (shared.output != "table" && !command.has_output()) return "-o";
  return "";
}

std::variant<Chosen, Answered> choose(Tree& tree, std::vector<std::string> program,
                                      bool program_given, const Shared& shared) {
  const Tree::Leaf& leaf = *tree.chosen();
  const auto path = path_of(*leaf.app);
  if (const auto option = misplaced(*leaf.command, shared); !option.empty()) {
    return mistake(tree, fmt::format("{} takes no {}", path, option));
  }
  if (!leaf.command->has_program() && program_given) {
    return mistake(tree, fmt::format("{} runs no program: nothing may follow --", path));
  }
  if (leaf.command->needs_program() && program.empty()) {
    return mistake(tree, fmt::format("{} needs the program to run after --", path));
  }
  return Chosen{leaf.verb, std::move(program)};
}

}  // namespace

std::variant<Chosen, Answered> parse(std::vector<std::string> arguments, const Verbs& verbs,
                                     Shared& shared) {
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  const bool program_given = dashes != arguments.end();
  std::vector<std::string> program;
  if (program_given) program.assign(dashes + 1, arguments.end());
  arguments.erase(dashes, arguments.end());
  // "-n=full", as kubectl takes it.
  for (auto& argument : arguments) {
    const bool short_with_equals =
        argument.size() > 2 && argument[0] == '-' && argument[1] != '-' && argument[2] == '=';
    if (short_with_equals) argument.erase(2, 1);
  }
  Tree tree(verbs, shared);
  if (auto answered = unknown_command(tree, arguments)) return *std::move(answered);
  std::reverse(arguments.begin(), arguments.end());  // as the library wants them
  try {
    tree.app().parse(arguments);
  } catch (const CLI::CallForHelp&) {
    const auto* leaf = tree.chosen();
    const auto& at = tree.innermost();
    return Answered{kDone, help_text(at, path_of(at), leaf ? leaf->command.get() : nullptr), ""};
  } catch (const CLI::CallForVersion& wanted) {
    return Answered{kDone, std::string(wanted.what()) + "\n", ""};
  } catch (const CLI::ParseError& error) {
    return explain(tree, error, tree.app().remaining(true));
  }
  return choose(tree, std::move(program), program_given, shared);
}

std::vector<Shape> shapes(const Verbs& verbs) {
  Shared shared;
  Tree tree(verbs, shared);
  std::vector<Shape> found;
  for (const auto& leaf : tree.leaves()) {
    const auto words = leaf.verb->words();
    if (words.hidden) continue;
    Shape shape{words.path, words.summary, {}};
    for (const auto* option : leaf.app->get_options()) {
      for (const auto& name : option->get_lnames()) shape.options.push_back("--" + name);
    }
    found.push_back(std::move(shape));
  }
  return found;
}

}  // namespace mortise::cli
