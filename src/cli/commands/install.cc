#include "cli/commands/verbs.h"

namespace mortise::cli {
namespace {

// Reserved words: they say what to type instead until Kubernetes is supported.
class LaterVerb final : public Verb {
 public:
  LaterVerb(Words words, std::string instead) : words_(words), instead_(std::move(instead)) {}
  [[nodiscard]] Words words() const override { return words_; }
  void describe(Command&) override {}
  Result<int> run(Context& context) override {
    context.say(std::string("error: ") + words_.path +
                " belongs to Kubernetes, which Mortise does not support yet");
    context.say("hint: on one host, " + instead_);
    return kFailed;
  }

 private:
  const Words words_;
  const std::string instead_;
};

}  // namespace

std::unique_ptr<Verb> make_install() {
  return std::make_unique<LaterVerb>(
      Verb::Words{"install", "For Kubernetes, to come; on one host: mortise up", "mortise up"},
      "sudo mortise up starts a mesh");
}

std::unique_ptr<Verb> make_uninstall() {
  return std::make_unique<LaterVerb>(
      Verb::Words{"uninstall", "For Kubernetes, to come; on one host: mortise down --purge",
                  "mortise down --purge"},
      "sudo mortise down --purge leaves nothing behind");
}

}  // namespace mortise::cli
