#include <fmt/format.h>

#include "cli/commands/verbs.h"

namespace mortise::cli {
namespace {

// "mtls get" and "mtls" as the words typed so far -> what may follow, separated by spaces.
std::string words_after(const std::vector<Shape>& all, const std::string& typed) {
  std::string words;
  std::string last;
  for (const Shape& shape : all) {
    const auto path = " " + shape.path;
    const auto prefix = typed.empty() ? " " : " " + typed + " ";
    if (!path.starts_with(prefix)) continue;
    const auto rest = path.substr(prefix.size());
    const auto word = rest.substr(0, rest.find(' '));
    if (word == last) continue;  // the verbs of one group stand together
    words += (words.empty() ? "" : " ") + word;
    last = word;
  }
  return words;
}

std::string bash_script(const std::vector<Shape>& all) {
  std::string text =
      "# bash completion for mortise: source <(mortise completion bash)\n"
      "_mortise() {\n"
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" typed=\"${COMP_WORDS[*]:1:COMP_CWORD-1}\"\n"
      "  local words\n"
      "  case \"$typed\" in\n";
  for (const Shape& shape : all) {
    text += fmt::format("    '{0}'|'{0} '*) words='{1}' ;;\n", shape.path,
                        fmt::join(shape.options, " "));
  }
  for (const auto* group : {"create", "demo", "mtls"}) {
    text += fmt::format("    '{}') words='{}' ;;\n", group, words_after(all, group));
  }
  text += fmt::format("    '') words='{}' ;;\n", words_after(all, ""));
  return text +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "}\n"
         "complete -o default -F _mortise mortise\n";
}

std::string fish_script(const std::vector<Shape>& all) {
  std::string text = "# fish completion for mortise: mortise completion fish | source\n";
  for (const Shape& shape : all) {
    const auto space = shape.path.find(' ');
    const auto first = shape.path.substr(0, space);
    if (space == std::string::npos) {
      text += fmt::format("complete -c mortise -n __fish_use_subcommand -a {} -d '{}'\n", first,
                          shape.summary);
    } else {
      text += fmt::format("complete -c mortise -n __fish_use_subcommand -a {}\n", first);
      text += fmt::format("complete -c mortise -n '__fish_seen_subcommand_from {}' -a {} -d '{}'\n",
                          first, shape.path.substr(space + 1), shape.summary);
    }
    for (const auto& option : shape.options) {
      text += fmt::format("complete -c mortise -n '__fish_seen_subcommand_from {}' -l {}\n", first,
                          option.substr(2));
    }
  }
  return text;
}

class CompletionVerb final : public Verb {
 public:
  [[nodiscard]] Words words() const override {
    return {"completion", "A script for your shell that completes commands and options",
            "source <(mortise completion bash)\nmortise completion fish | source"};
  }
  void describe(Command& command) override {
    command.positional("SHELL", shell_, Command::Presence::required, "bash, zsh or fish");
  }

  Result<int> run(Context& context) override {
    const Verbs verbs = all_verbs();
    if (shell_ == "fish") {
      context.terminal.out(fish_script(shapes(verbs)));
    } else if (shell_ == "zsh") {
      context.terminal.out("autoload -U +X bashcompinit && bashcompinit\n" +
                           bash_script(shapes(verbs)));
    } else if (shell_ == "bash") {
      context.terminal.out(bash_script(shapes(verbs)));
    } else {
      return context.wrong_usage(
          fmt::format("completion knows bash, zsh and fish, not {}", shell_));
    }
    return kDone;
  }

 private:
  std::string shell_;
};

}  // namespace

std::unique_ptr<Verb> make_completion() { return std::make_unique<CompletionVerb>(); }

}  // namespace mortise::cli
