#include <fmt/format.h>

#include <algorithm>

#include "cli/bring_up.h"
#include "cli/change.h"
#include "cli/commands/verbs.h"
#include "cli/duration.h"
#include "cli/host.h"
#include "cli/lab.h"
#include "cli/lab_files.h"
#include "cli/lab_strangers.h"
#include "cli/table.h"
#include "client/blocking.h"

namespace mortise::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kCallLimit(15'000);

struct Mistake {
  std::string cell;  // "STRICT, legacy to full"
  std::string expected;
  std::string seen;
};

class DemoLabVerb final : public Verb {
 public:
  [[nodiscard]] Words words() const override {
    return {"demo lab", "The automatic mutual TLS lab: three namespaces, four phases, real calls",
            "sudo mortise demo lab\nsudo mortise demo lab --calls 5"};
  }
  void describe(Command& command) override {
    command.option("--calls", calls_, "calls per cell; default: 20");
    command.repeated("--image", images_, "NAME=COMMAND", "the host program for a container image");
    command.duration("--timeout", limit_, "until every workload is ready; default: 60s");
  }
  [[nodiscard]] runtime::HostSide host_side() const override { return runtime::HostSide::start; }

  Result<int> run(Context& context) override {
    if (calls_ < 1 || calls_ > 1000) return context.wrong_usage("--calls takes 1 to 1000");
    auto images = parse_images(images_);
    if (!images) return context.wrong_usage(images.error().what());

    const Interrupt interrupt;
    const bool ran_before = context.host.running();
    if (ran_before) {
      TRY(const int usable, refuse_other_mesh(context));
      if (usable != kDone) return usable;
    }
    const auto exit_code = walk(context, *images, interrupt);
    if (interrupt.raised()) {
      context.say("interrupted");
      if (ran_before) return leave_permissive(context);
      CHECK_OK(context.host.down(false));
      context.say("the lab is stopped");
      return kFailed;
    }
    return exit_code;
  }

 private:
  // The lab changes the mesh's policy: it touches no mesh that holds anything else.
  static Result<int> refuse_other_mesh(Context& context) {
    TRY(const auto stored, context.mesh.objects({}));
    const auto others = strangers_to_lab(stored);
    if (others.empty()) return kDone;
    const std::size_t shown = std::min<std::size_t>(others.size(), 5);
    const auto names = fmt::join(others.begin(), others.begin() + static_cast<long>(shown), ", ");
    context.say(fmt::format(
        "error: the mesh in {} is not only the lab's; it holds {}{}", context.shared.data_dir,
        fmt::to_string(names),
        others.size() > shown ? fmt::format(" and {} more", others.size() - shown) : ""));
    context.say(fmt::format(
        "hint: nothing was changed; mortise demo lab --data-dir DIR makes a mesh of its own, and "
        "mortise --data-dir {} down --purge deletes this one with its objects and its CA",
        context.shared.data_dir));
    return kFailed;
  }

  Result<int> walk(Context& context, const std::vector<runtime::Image>& images,
                   const Interrupt& interrupt) {
    const auto before = context.clock.now();
    model::Container curl;
    curl.command = {"curl"};
    CHECK_OK(context.host.check_program(curl));
    TRY(const auto brought, bring_up(context, lab(images), interrupt));
    if (brought.exit_code != kDone) return brought.exit_code;
    TRY(const int cleared, leave_permissive(context));
    if (cleared != kDone) return cleared;

    Table table(head(), 3);
    std::vector<Mistake> mistakes;
    for (const Phase& phase : lab_phases()) {
      TRY(const int exit_code, enter(context, phase));
      if (exit_code != kDone) return exit_code;
      TRY(auto row, call_all(context, phase, interrupt, mistakes));
      if (interrupt.raised()) return kFailed;
      table.add(std::move(row));
    }
    TRY(const int left, leave_permissive(context));
    context.terminal.out("\n" + table.to_string() + "\n");
    return left == kDone ? conclude(context, mistakes, before) : left;
  }

  [[nodiscard]] BringUp lab(const std::vector<runtime::Image>& images) const {
    BringUp what;
    for (const auto* name : {"full.yaml", "partial.yaml", "legacy.yaml"}) {
      what.files.push_back({fmt::format("lab/{}", name), std::string(lab_file(name))});
    }
    what.images = images;
    what.check_stored = refuse_other_mesh;  // also of a mesh that was stopped
    what.limit = std::chrono::duration_cast<milliseconds>(limit_);
    return what;
  }

  static std::vector<std::string> head() {
    std::vector<std::string> cells{"PHASE"};
    for (const Pair& pair : kPairs) cells.push_back(fmt::format("{} to {}", pair.from, pair.to));
    return cells;
  }

  static Result<int> enter(Context& context, const Phase& phase) {
    client::Apply apply;
    apply.files = {{phase.file, std::string(lab_file(phase.file))}};
    if (*phase.namespace_name != '\0') {
      apply.namespace_name = phase.namespace_name;
      apply.namespace_given = true;
    }
    TRY(const auto change, context.mesh.apply(std::move(apply)));
    if (!change.refused.empty()) return report_change(context, change);
    context.say(phase.name + std::string(": ") + receipt_line(change.revision, change.receipt));
    if (change.receipt && !change.receipt->lagging.empty()) {
      return report_receipt(context, change.revision, change.receipt);
    }
    return kDone;
  }

  Result<std::vector<std::string>> call_all(Context& context, const Phase& phase,
                                            const Interrupt& interrupt,
                                            std::vector<Mistake>& mistakes) const {
    std::vector<std::string> row{phase.name};
    for (std::size_t i = 0; i < kPairs.size(); ++i) {
      const auto before = context.clock.now();
      std::vector<Call> calls;
      for (int call = 0; call < calls_ && !interrupt.raised(); ++call) {
        TRY(const auto made, call_once(context, kPairs[i]));
        calls.push_back(made);
      }
      if (interrupt.raised()) return row;  // a cell cut short says nothing
      row.push_back(cell_text(calls));
      const auto name = fmt::format("{} to {}", kPairs[i].from, kPairs[i].to);
      context.say(fmt::format("  {:<20} {:<24} {:>8}", name, row.back(),
                              words_of(context.clock.now() - before)));
      const auto expected = cell_mistake(phase.cells[i], calls);
      if (!expected.empty()) {
        mistakes.push_back({fmt::format("{}, {}", phase.name, name), expected, row.back()});
      }
    }
    return row;
  }

  static Result<Call> call_once(Context& context, const Pair& pair) {
    const auto url = fmt::format("http://httpbin.{}:8000/headers", pair.to);
    runtime::Exec exec{
        pair.from, "sleep", "", {"curl", "-s", "--max-time", "10", "-w", kStatusFormat, url}};
    TRY(const auto captured, context.host.exec_captured(exec, kCallLimit));
    return read_call(captured.exit_status, captured.out, pair.from);
  }

  // The state the lab starts from and is left in: no policy but the mesh's own.
  static Result<int> leave_permissive(Context& context) {
    for (const auto& [kind, name] :
         {std::pair{"Policy", "httpbin"}, std::pair{"DestinationRule", "httpbin-full-mtls"}}) {
      const auto removed = context.mesh.remove({{}, kind, name, "full", "", milliseconds(10'000)});
      if (!removed && removed.error().code() != Code::not_found) {
        return std::unexpected(removed.error());
      }
      if (removed && removed->receipt && !removed->receipt->lagging.empty()) {
        return report_receipt(context, removed->revision, removed->receipt);
      }
    }
    return kDone;
  }

  static int conclude(Context& context, const std::vector<Mistake>& mistakes, TimePoint before) {
    const auto paint = Paint::choose(context.shared.color, context.terminal.err_is_terminal());
    for (const Mistake& mistake : mistakes) {
      context.say(fmt::format("{} {}: expected {}, saw {}", paint.red("wrong:"), mistake.cell,
                              mistake.expected, mistake.seen));
    }
    const auto cells = lab_phases().size() * kPairs.size();
    const auto time = words_of(context.clock.now() - before);
    if (!mistakes.empty()) {
      context.say(
          fmt::format("error: {} of {} cells are wrong ({})", mistakes.size(), cells, time));
    } else {
      context.say(paint.green(fmt::format("all {} cells are as they must be", cells)) +
                  fmt::format(" ({})", time));
    }
    const auto mortise = context.shared.is_usual_data_dir
                             ? "mortise"
                             : "mortise --data-dir " + context.shared.data_dir;
    context.say(
        fmt::format("\nThe lab is up, with the mesh PERMISSIVE. Try next:\n"
                    "  {0} exec -n full sleep -- curl -s http://httpbin.full:8000/headers\n"
                    "  {0} mtls require full/httpbin\n"
                    "  {0} status\n"
                    "  {0} down",
                    mortise));
    return mistakes.empty() ? kDone : kFailed;
  }

  int calls_ = 20;
  std::vector<std::string> images_;
  Duration limit_ = std::chrono::seconds(60);
};

}  // namespace

std::unique_ptr<Verb> make_demo_lab() { return std::make_unique<DemoLabVerb>(); }

}  // namespace mortise::cli
