#include "cli/change.h"
#include "cli/commands/verbs.h"
#include "cli/duration.h"
#include "cli/listing.h"
#include "cli/render.h"
#include "cli/resource.h"
#include "cli/waiting.h"
#include "client/blocking.h"

namespace mortise::cli {
namespace {

constexpr const char* kResourceHelp = "mesh, NS, NS/SERVICE or NS/SERVICE:PORT";

Result<void> print_rule(const Context& context, const Resource& resource,
                        const client::MtlsRule& rule) {
  const auto& format = context.shared.output;
  if (format == "table" || format == "wide") {
    context.terminal.out(mtls_table(resource, rule, format == "wide"));
    return {};
  }
  TRY(const auto text, render(mtls_json(rule), format));
  context.terminal.out(text);
  return {};
}

class GetVerb final : public Verb {
 public:
  [[nodiscard]] Words words() const override {
    return {"mtls get", "The policy in effect for a resource, inherited or its own",
            "mortise mtls get mesh\nmortise mtls get shop/cart:8080 -o wide"};
  }
  void describe(Command& command) override {
    command.positional("RESOURCE", resource_, Command::Presence::required, kResourceHelp);
    command.takes_output();
  }
  Result<int> run(Context& context) override {
    const auto resource = parse_resource(resource_);
    if (!resource) return context.wrong_usage(resource.error().what());
    const auto rule = context.mesh.mtls(resource_);
    if (!rule) return std::unexpected(Error(rule.error()).during(resource_));
    CHECK_OK(print_rule(context, *resource, *rule));
    return kDone;
  }

 private:
  std::string resource_;
};

// allow, require, disable and unset: one path, different words.
class SetVerb final : public Verb {
 public:
  SetVerb(const char* action, Words words) : action_(action), words_(words) {}

  [[nodiscard]] Words words() const override { return words_; }
  void describe(Command& command) override {
    command.positional("RESOURCE", resource_, Command::Presence::required, kResourceHelp);
    command.option("--reason", reason_, "TEXT", "why; kept with the change");
    command.takes_output();
    waiting_.describe(command);
  }

  Result<int> run(Context& context) override {
    const auto resource = parse_resource(resource_);
    if (!resource) return context.wrong_usage(resource.error().what());
    const bool whole_mesh = resource->scope == Resource::Scope::mesh;
    if (whole_mesh && action_ == "disable") {
      return context.wrong_usage(
          "the mesh as a whole cannot be disabled: every workload would lose its encryption at "
          "once; disable a namespace or a service, or allow the mesh");
    }
    if (whole_mesh && action_ == "unset") {
      return context.wrong_usage(
          "the mesh has no wider scope to fall back to; mortise mtls allow mesh is its default");
    }
    const auto rule = context.mesh.set_mtls({resource_, action_, reason_, waiting_.milliseconds()});
    if (!rule) return std::unexpected(Error(rule.error()).during(resource_));
    context.terminal.err(info_line(context.clock.now() - context.started, rule->message));
    // For the mesh the tutorials print the INFO line alone; `mtls get mesh` shows the rule.
    const bool is_table = context.shared.output == "table";
    if (!whole_mesh || !is_table) {
      if (is_table || context.shared.output == "wide") context.terminal.err("\n");
      CHECK_OK(print_rule(context, *resource, *rule));
    }
    for (const auto& note : rule->notes) context.say("note: " + note);
    return report_receipt(context, rule->revision, rule->receipt);
  }

 private:
  const std::string action_;
  const Words words_;
  std::string resource_;
  std::string reason_;
  Waiting waiting_;
};

}  // namespace

std::unique_ptr<Verb> make_mtls_get() { return std::make_unique<GetVerb>(); }

std::unique_ptr<Verb> make_mtls_allow() {
  return std::make_unique<SetVerb>(
      "allow", Verb::Words{"mtls allow", "PERMISSIVE: accept mutual TLS and plain text",
                           "mortise mtls allow mesh\nmortise mtls allow shop/cart:8080"});
}

std::unique_ptr<Verb> make_mtls_require() {
  return std::make_unique<SetVerb>("require",
                                   Verb::Words{"mtls require", "STRICT: accept mutual TLS only",
                                               "mortise mtls require shop --reason \"audit\""});
}

std::unique_ptr<Verb> make_mtls_disable() {
  return std::make_unique<SetVerb>(
      "disable", Verb::Words{"mtls disable", "DISABLED: plain text only; not for the whole mesh",
                             "mortise mtls disable shop/cart"});
}

std::unique_ptr<Verb> make_mtls_unset() {
  return std::make_unique<SetVerb>(
      "unset", Verb::Words{"mtls unset", "Remove the rule, so that the wider scope applies again",
                           "mortise mtls unset shop/cart:8080"});
}

}  // namespace mortise::cli
