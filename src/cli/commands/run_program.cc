#include <fmt/format.h>

#include <algorithm>

#include "cli/bring_up.h"
#include "cli/change.h"
#include "cli/commands/verbs.h"
#include "cli/host.h"
#include "cli/resource.h"
#include "client/blocking.h"

namespace mortise::cli {
namespace {

// A word inside a YAML flow sequence: JSON strings are YAML.
std::string quoted(std::string_view word) {
  std::string text = "\"";
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      text += fmt::format("\\u{:04x}", byte);
    } else {
      text += c;
    }
  }
  return text + "\"";
}

std::string pod_text(const std::string& name, const std::string& image,
                     const std::vector<std::string>& command) {
  std::string words;
  for (const auto& word : command) words += (words.empty() ? "" : ", ") + quoted(word);
  return fmt::format(
      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {0}\n  labels:\n    run: {0}\n"
      "spec:\n  containers:\n  - name: {0}\n    image: {1}\n    command: [{2}]\n",
      quoted(name), quoted(image), words);
}

// A namesake that ends, or an instance that the supervisor has yet to find.
constexpr std::chrono::milliseconds kGoneLimit(10'000);
constexpr std::chrono::milliseconds kLookEvery(200);

class RunVerb final : public Verb {
 public:
  [[nodiscard]] Words words() const override {
    return {"run", "A one-off workload: runs a program in it, then removes it",
            "mortise run probe -n full -- curl -s http://httpbin.full:8000/headers\n"
            "mortise run shell -n legacy -it --rm\n"
            "mortise run server -n full --detach -- python3 -m http.server 8080"};
  }
  void describe(Command& command) override {
    command.positional("NAME", name_, Command::Presence::required, "of the workload");
    command.takes_namespace();
    command.option("--image", image_, "NAME", "noted in the workload; the program is the host's");
    command.flag("-d,--detach", detach_,
                 "the program becomes the workload's own, and both stay until deleted");
    command.flag("--rm", remove_, "always so, except with --detach");
    command.flag("-i,--stdin", interactive_, "a shell, if no program is given");
    command.flag("-t,--tty", interactive_, "the same");
    command.duration("--timeout", limit_, "how long its start may take; default: 30s");
    command.takes_program(Command::Presence::optional);
  }
  [[nodiscard]] runtime::HostSide host_side() const override { return runtime::HostSide::join; }

  Result<int> run(Context& context) override {
    if (!is_object_name(name_)) {
      return context.wrong_usage(fmt::format(
          "\"{}\" is no name: lower-case letters, digits and -, at most 63 of them", name_));
    }
    auto program = context.program;
    if (program.empty() && interactive_ && !detach_) program = {"sh"};
    if (program.empty()) return context.wrong_usage("run needs the program to run after --");
    const auto& where = context.shared.namespace_name;
    auto known = context.mesh.objects({"Pod", where, name_});
    if (!known && known.error().code() != Code::not_found) return std::unexpected(known.error());
    if (known && !known->empty()) {
      return fail(Code::conflict, fmt::format("pod \"{}\" already exists in namespace {}; mortise "
                                              "delete pod {} -n {} removes it",
                                              name_, where, name_, where));
    }
    client::Apply apply;
    // Attached, the pod only holds its network and sidecar: its own program sleeps.
    const std::vector<std::string> holder{"sleep", "infinity"};
    apply.files = {{"pod " + name_, pod_text(name_, image_, detach_ ? program : holder)}};
    apply.namespace_name = where;
    apply.wait = {};
    const auto problems = problems_before_sending(context, apply);
    if (!problems.empty()) return report_problems(context, problems);
    CHECK_OK(wait_until_gone(context));  // a namesake of just now
    return detach_ ? start(context, std::move(apply)) : attach(context, std::move(apply), program);
  }

 private:
  Result<int> start(Context& context, client::Apply apply) {
    const Interrupt interrupt;
    TRY(const auto change, context.mesh.apply(std::move(apply)));
    if (!change.refused.empty()) return refused(context, change);
    const int reported = report_change(context, change);
    return reported == kDone ? wait(context, interrupt) : reported;
  }

  // From its creation on Ctrl-C is the program's, and the workload is removed whatever happens.
  Result<int> attach(Context& context, client::Apply apply,
                     const std::vector<std::string>& program) {
    const auto& where = context.shared.namespace_name;
    const Interrupt interrupt;
    TRY(const auto change, context.mesh.apply(std::move(apply)));
    if (!change.refused.empty()) return refused(context, change);
    auto status = wait(context, interrupt);
    if (status && *status == kDone) status = execute(context, program, interrupt);
    const auto removed = context.mesh.remove({{}, "Pod", name_, where, "", {}});
    if (!removed) return status ? std::unexpected(removed.error()) : status;
    const auto gone = wait_until_gone(context);
    if (status && !gone) return std::unexpected(gone.error());
    return status;
  }

  // The supervisor may see the pod later than the control plane does.
  Result<int> execute(Context& context, const std::vector<std::string>& program,
                      const Interrupt& interrupt) const {
    const auto deadline = context.clock.now() + kGoneLimit;
    for (;;) {
      auto status = context.host.exec({context.shared.namespace_name, name_, "", program});
      if (status) return status;
      const auto code = status.error().code();
      const bool may_come = code == Code::not_found || code == Code::unavailable;
      if (!may_come || interrupt.raised() || context.clock.now() >= deadline) return status;
      CHECK_OK(look_again(context));
    }
  }

  // So that the name can be used again at once.
  Result<void> wait_until_gone(Context& context) const {
    const auto deadline = context.clock.now() + kGoneLimit;
    for (;;) {
      TRY(const auto workloads, context.mesh.workloads(context.shared.namespace_name));
      const bool there = std::any_of(
          workloads.begin(), workloads.end(),
          [this](const auto& status) { return status.registered.workload.name == name_; });
      if (!there) return {};
      if (context.clock.now() >= deadline) {
        return fail(
            Code::timed_out,
            fmt::format("pod \"{}\" in namespace {} is still ending; mortise get pods -n {} "
                        "shows when it is gone",
                        name_, context.shared.namespace_name, context.shared.namespace_name));
      }
      CHECK_OK(look_again(context));
    }
  }

  // Workloads come and go without a new revision, so the wait is short.
  static Result<void> look_again(Context& context) {
    TRY(const auto revision, context.mesh.revision(0, std::chrono::milliseconds(0)));
    CHECK_OK(context.mesh.revision(revision, kLookEvery));
    return {};
  }

  // There are no files here that the reader could mend.
  Result<int> refused(Context& context, const client::Change& change) const {
    const auto& where = context.shared.namespace_name;
    const auto known = context.mesh.objects({"Namespace", {}, where});
    if (!known && known.error().code() == Code::not_found) {
      return fail(Code::not_found,
                  fmt::format("there is no namespace \"{}\"; mortise create namespace {} makes it",
                              where, where));
    }
    return report_change(context, change);
  }

  Result<int> wait(Context& context, const Interrupt& interrupt) const {
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(limit_);
    return wait_until_ready(context, {"Pod", context.shared.namespace_name, name_}, limit,
                            interrupt);
  }

  std::string name_;
  std::string image_ = "none";
  bool detach_ = false;
  bool remove_ = true;
  bool interactive_ = false;
  Duration limit_ = std::chrono::seconds(30);
};

}  // namespace

std::unique_ptr<Verb> make_run() { return std::make_unique<RunVerb>(); }

}  // namespace mortise::cli
