#include "control/registry/writer.h"

#include "control/registry/codec.h"
#include "io/race.h"

namespace mortise::control::registry {

Writer::Waiting::~Waiting() {
  if (request) request->waiting = nullptr;
}

Writer::Writer(io::Loop& loop, Registry& registry, store::Store& store, Log& log)
    : loop_(loop),
      registry_(registry),
      store_(store),
      log_(log),
      arrived_(loop),
      revised_(loop),
      worker_(work()) {
  worker_.start();
}

io::Task<Writer::Outcome> Writer::change(Planner planner) {
  if (queue_.size() >= kLargestQueue) {
    co_return refuse(Code::exhausted, "too many changes wait already: try again later");
  }
  Waiting waiting(loop_);
  queue_.push_back(std::make_unique<Request>(std::move(planner), &waiting));
  waiting.request = queue_.back().get();
  arrived_.open();
  // No deadline: the worker answers every request, and the store every commit.
  co_await waiting.finished.opened();
  co_return std::move(waiting.outcome);
}

io::Task<void> Writer::work() {
  for (;;) {
    if (queue_.empty()) {
      arrived_.close();
      co_await arrived_.opened();  // no deadline: as long as nobody wants a change
    }
    const auto request = std::move(queue_.front());
    queue_.pop_front();
    auto outcome = co_await perform(request->planner);
    if (!request->waiting) continue;
    request->waiting->outcome = std::move(outcome);
    request->waiting->request = nullptr;
    request->waiting->finished.open();
  }
}

io::Task<Writer::Outcome> Writer::perform(Planner& planner) {
  auto planned = planner(registry_);
  if (!planned) co_return std::unexpected(std::move(planned.error()));
  Done done{registry_.revision(), false, std::move(planned->objects), std::move(planned->notes)};
  auto& change = planned->change;
  if (change.empty()) co_return done;

  const auto revision = co_await store_.commit(to_stored(change, registry_));
  if (!revision) {
    log_.error("a change was not stored: " + revision.error().what());
    co_return refuse(revision.error().code(), "nothing was changed: " + revision.error().what());
  }
  const auto touched = registry_.apply(std::move(change), *revision);
  done.revision = *revision;
  done.changed = true;
  for (const auto& observer : observers_) observer(touched);
  revised_.pulse();
  co_return done;
}

io::Task<std::uint64_t> Writer::passed(std::uint64_t after, Duration limit,
                                       std::function<bool()> enough) {
  const auto deadline = loop_.now() + limit;
  while (registry_.revision() <= after && !enough() && loop_.now() < deadline) {
    static_cast<void>(co_await io::OpenOrTimeout(loop_, revised_, deadline));
  }
  co_return registry_.revision();
}

}  // namespace mortise::control::registry
