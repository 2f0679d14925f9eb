#include "cli/bring_up.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "cli/change.h"
#include "cli/duration.h"
#include "cli/host.h"
#include "cli/readiness.h"
#include "cli/restart.h"
#include "client/blocking.h"
#include "manifest/kinds.h"
#include "model/names.h"

namespace mortise::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSupervisorLimit(15'000);
constexpr milliseconds kLookEvery(500);
constexpr milliseconds kSettle(300);
constexpr milliseconds kPatience(5'000);
constexpr std::size_t kMostReasons = 10;
constexpr std::array<std::string_view, 4> kSettings = {"global.mtls.auto", "global.mtls.enabled",
                                                       "global.trustDomain", "pki.workloadTTL"};

// Empty, or what the value must be. The control plane checks again when it is up.
std::string wrong_value(const std::string& key, const std::string& value) {
  if (key == "global.trustDomain") {
    std::string domain = value;
    std::transform(domain.begin(), domain.end(), domain.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return model::is_dns_subdomain(domain) ? "" : "write a domain, such as cluster.local";
  }
  if (key == "pki.workloadTTL") {
    const bool digits_and_units =
        !value.empty() && value.find_first_not_of("0123456789hms") == value.npos &&
        value.find_first_of("123456789") != value.npos && value.front() <= '9' &&
        value.back() > '9' && value.find("hm") == value.npos;
    return digits_and_units ? "" : "write a duration, such as 24h or 1h30m";
  }
  return value == "true" || value == "false" ? "" : "write true or false";
}

// Says each step with the time it took.
class Steps {
 public:
  explicit Steps(const Context& context) : context_(context), last_(context.clock.now()) {}
  void done(const std::string& what) {
    const auto now = context_.clock.now();
    context_.say(fmt::format("{:<52} {:>8}", what, words_of(now - last_)));
    last_ = now;
  }

 private:
  const Context& context_;
  TimePoint last_;
};

// Says what is waited for once that takes longer than usual, each reason once: some of them will
// not pass by themselves.
class Waiting {
 public:
  explicit Waiting(const Context& context) : context_(context), patient_until_(in(kPatience)) {}
  void for_these(const std::vector<Unready>& missing) {
    if (context_.clock.now() < patient_until_) return;
    for (const auto& one : missing) {
      if (said_.size() >= kMostReasons || !said_.insert(one.who + ": " + one.why).second) continue;
      context_.say(fmt::format("still waiting for {}: {}", one.who, one.why));
    }
  }

 private:
  [[nodiscard]] TimePoint in(Duration time) const { return context_.clock.now() + time; }

  const Context& context_;
  TimePoint patient_until_;
  std::set<std::string> said_;
};

std::string plural(std::size_t count, const std::string& noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

Result<int> apply_files(Context& context, const BringUp& what, Steps& steps) {
  client::Apply apply;
  apply.files = what.files;
  apply.wait = {};  // the proxies that this concerns are about to start
  TRY(const auto change, context.mesh.apply(std::move(apply)));
  if (!change.refused.empty()) return report_change(context, change);
  for (const auto& note : change.notes) context.say("note: " + note);
  steps.done(fmt::format("applied {}, revision {}", plural(change.objects.size(), "object"),
                         change.revision));
  return kDone;
}

const char* what_started(const runtime::Started& started) {
  if (started.replaced_control_plane) return "replaced the supervisor and the control plane";
  if (started.replaced_supervisor) return "replaced the supervisor";
  if (!started.supervisor) return "the control plane runs already";
  return started.control_plane_ran ? "started the supervisor" : "started the control plane";
}

}  // namespace

Result<Brought> bring_up(Context& context, const BringUp& what, const Interrupt& interrupt) {
  Steps steps(context);
  CHECK_OK(context.host.preflight());
  if (context.host.rootless()) {
    context.say(fmt::format("note: rootless, for development: {}", kNotSeparated));
  }
  if (!what.images.empty()) CHECK_OK(context.host.remember_images(what.images));
  client::Apply checked;
  checked.files = what.files;
  const auto problems = problems_before_sending(context, checked);
  if (!problems.empty()) return Brought{report_problems(context, problems)};
  steps.done("checked this machine and the files");

  Brought brought;
  TRY(const auto started, context.host.start(kSupervisorLimit));
  brought.started_now = started.supervisor;
  steps.done(what_started(started));
  if (what.check_stored) {
    const auto checked_out = what.check_stored(context);
    const bool usable = checked_out && *checked_out == kDone;
    if (!usable && brought.started_now) CHECK_OK(context.host.down(false));
    TRY(brought.exit_code, checked_out);
    if (brought.exit_code != kDone) return brought;
  }
  if (!what.settings.empty()) {
    TRY(const auto changed, context.mesh.put_settings(what.settings));
    steps.done(fmt::format("stored {}, revision {}", plural(what.settings.size(), "setting"),
                           changed.revision));
  }
  if (!what.files.empty()) {
    TRY(brought.exit_code, apply_files(context, what, steps));
    if (brought.exit_code != kDone) return brought;
  }
  // Twice: a program that ends at once was there at the first look.
  for (const auto settle : {milliseconds(0), kSettle}) {
    if (interrupt.raised_within(settle)) return fail(Code::unavailable, "interrupted");
    TRY(brought.exit_code, wait_until_ready(context, {}, what.limit, interrupt));
    if (brought.exit_code != kDone) return brought;
  }
  TRY(const auto workloads, context.mesh.workloads(""));
  steps.done(fmt::format("{} ready", plural(workloads.size(), "workload")));
  TRY(const auto outdated, context.host.outdated_sidecars());
  CHECK_OK(restart_sidecars(context, outdated, {}, interrupt));
  return brought;
}

Result<int> wait_until_ready(Context& context, client::Query objects, milliseconds limit,
                             const Interrupt& interrupt) {
  const auto deadline = context.clock.now() + limit;
  Waiting waiting(context);
  for (;;) {
    TRY(const auto revision, context.mesh.revision(0, milliseconds(0)));
    TRY(const auto declared, context.mesh.objects(objects));
    TRY(const auto workloads, context.mesh.workloads(objects.namespace_name.value_or("")));
    const auto missing = unready(declared, workloads);
    if (missing.empty()) return kDone;
    if (interrupt.raised()) return fail(Code::unavailable, "interrupted");
    if (!context.host.running()) {
      return fail(Code::unavailable,
                  "the supervisor has ended, so nothing will get ready: its log is "
                  "logs/supervisor.log in the data directory, and mortise up starts it again");
    }
    if (context.clock.now() >= deadline) {
      for (const auto& one : missing) context.say(fmt::format("{}: {}", one.who, one.why));
      context.say(fmt::format("error: not ready within {}: {}", words_of(limit),
                              plural(missing.size(), "workload")));
      context.say("hint: mortise logs -n NAMESPACE WORKLOAD shows what it said");
      return kFailed;
    }
    waiting.for_these(missing);
    // Readiness may change without a new revision, so the wait is short.
    CHECK_OK(context.mesh.revision(revision, kLookEvery));
  }
}

Result<std::map<std::string, std::string>> parse_settings(const std::vector<std::string>& texts) {
  std::map<std::string, std::string> settings;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) {
      return fail(Code::invalid, fmt::format("--set {}: write KEY=VALUE", text));
    }
    std::string key = text.substr(0, equals);
    // As the tutorials' installer spells them.
    if (key.starts_with("values.")) key.erase(0, std::string_view("values.").size());
    if (std::find(kSettings.begin(), kSettings.end(), key) == kSettings.end()) {
      const auto near = manifest::nearest(key, kSettings);
      return fail(Code::invalid, fmt::format("--set {}: no such setting{}; there are {}", key,
                                             near.empty() ? "" : ", did you mean " + near,
                                             fmt::join(kSettings, ", ")));
    }
    const auto value = text.substr(equals + 1);
    if (const auto remedy = wrong_value(key, value); !remedy.empty()) {
      return fail(Code::invalid, fmt::format("--set {}: {}", text, remedy));
    }
    settings[key] = value;
  }
  return settings;
}

Result<std::vector<runtime::Image>> parse_images(const std::vector<std::string>& texts) {
  std::vector<runtime::Image> images;
  for (const auto& text : texts) {
    TRY(auto image, runtime::parse_image(text));
    images.push_back(std::move(image));
  }
  return images;
}

}  // namespace mortise::cli
