#include "cli/watch.h"

#include <fmt/format.h>

#include <map>

#include "cli/host.h"
#include "client/blocking.h"

namespace mortise::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLookEvery(500);

// By workload: what its line says.
using Picture = std::map<std::string, std::string>;

Picture picture_of(const std::vector<client::WorkloadStatus>& workloads) {
  Picture picture;
  for (const auto& status : workloads) {
    const auto& workload = status.registered.workload;
    std::string words = status.registered.state;
    words += workload.ready ? ", ready" : ", not ready";
    if (workload.has_sidecar) {
      words += status.sidecar && status.sidecar->connected ? ", sidecar connected"
                                                           : ", sidecar not connected";
    }
    if (status.registered.restarts > 0) {
      words += fmt::format(", {} restarts", status.registered.restarts);
    }
    picture[workload.key()] = words;
  }
  return picture;
}

void say_changes(const Context& context, const Picture& before, const Picture& now) {
  for (const auto& [who, words] : now) {
    const auto known = before.find(who);
    if (known == before.end() || known->second != words) context.say(who + ": " + words);
  }
  for (const auto& [who, words] : before) {
    if (!now.contains(who)) context.say(who + ": gone");
  }
}

}  // namespace

Result<int> watch_until_interrupted(const Context& context, const Interrupt& interrupt) {
  Picture picture;
  std::string trouble;
  std::uint64_t revision = 0;
  // Without deadline: a mesh in the foreground lasts until its person ends it.
  while (!interrupt.raised()) {
    const auto workloads = context.mesh.workloads("");
    if (!workloads) {
      if (!context.host.running()) {
        context.say("the mesh was stopped");
        return kDone;
      }
      if (trouble != workloads.error().what()) context.say(workloads.error().what());
      trouble = workloads.error().what();
      if (interrupt.raised_within(kLookEvery)) break;
      continue;
    }
    if (!trouble.empty()) context.say("the control plane answers again");
    trouble.clear();
    const auto now = picture_of(*workloads);
    say_changes(context, picture, now);
    picture = now;
    // A new revision ends the wait early; without one readiness may still have changed.
    revision = context.mesh.revision(revision, kLookEvery).value_or(revision);
  }
  return kDone;
}

}  // namespace mortise::cli
