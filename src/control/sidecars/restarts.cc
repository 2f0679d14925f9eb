#include "control/sidecars/restarts.h"

#include <algorithm>
#include <optional>

#include "io/race.h"

namespace mortise::control::sidecars {

// Lives in the coroutine of who asked, and leaves the list with it.
struct Restarts::Waiting {
  Waiting(Restarts& in, Asked what) : restarts(in), asked(std::move(what)) {
    restarts.waiting_.push_back(this);
  }
  ~Waiting() { std::erase(restarts.waiting_, this); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  Restarts& restarts;
  Asked asked;
  std::optional<std::string> problem;  // once it has ended
};

io::Task<Result<void>> Restarts::restart(Asked wanted) {
  const auto& workload = wanted.workload;
  if (std::ranges::any_of(waiting_,
                          [&](const auto* one) { return one->asked.workload == workload; })) {
    co_return fail(Code::conflict, "its sidecar is being restarted already");
  }
  wanted.id = ++last_;
  const auto limit = wanted.limit;
  Waiting waiting(*this, std::move(wanted));
  told_();
  const auto begin = loop_.now();
  while (!waiting.problem) {
    const auto deadline = begin + (waiting.asked.seen ? limit + kAnswer : kUntilSeen);
    if (loop_.now() >= deadline) break;
    static_cast<void>(co_await io::OpenOrTimeout(loop_, changed_, deadline));
  }
  if (!waiting.problem && !waiting.asked.seen) {
    co_return fail(Code::timed_out,
                   "no supervisor takes care of this mesh: `mortise up` starts one; the sidecar "
                   "serves as before");
  }
  if (!waiting.problem) co_return fail(Code::timed_out, "the supervisor has not answered in time");
  if (waiting.problem->empty()) co_return Result<void>();
  co_return fail(Code::unavailable, *waiting.problem + "; the process before it serves on");
}

std::vector<Restarts::Asked> Restarts::take() {
  std::vector<Asked> taken;
  for (auto* one : waiting_) {
    one->asked.seen = true;
    taken.push_back(one->asked);
  }
  changed_.pulse();
  return taken;
}

Result<void> Restarts::end(std::uint64_t id, std::string problem) {
  const auto found = std::ranges::find(waiting_, id, [](const auto* one) { return one->asked.id; });
  if (found == waiting_.end()) return fail(Code::not_found, "nobody waits for this restart");
  (*found)->problem = std::move(problem);
  changed_.pulse();
  return {};
}

}  // namespace mortise::control::sidecars
