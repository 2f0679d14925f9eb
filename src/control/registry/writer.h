// control/registry/writer.h — the one place where the mesh changes: plans run one after the other
// against the newest registry, are committed to the store, and only then take effect.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "base/log.h"
#include "control/registry/registry.h"
#include "control/store/store.h"
#include "io/gate.h"
#include "io/loop.h"

namespace mortise::control::registry {

class Writer {
 public:
  using Planner = std::move_only_function<Planned(const Registry&)>;
  using Observer = std::function<void(const Touched&)>;
  struct Done {
    std::uint64_t revision = 0;
    bool changed = false;
    std::vector<ObjectAction> objects;
    std::vector<std::string> notes;
  };
  using Outcome = std::expected<Done, Refusal>;

  // All borrowed for the Writer's life.
  Writer(io::Loop& loop, Registry& registry, store::Store& store, Log& log);

  // Called after every change, in the order of adding. Before the first change.
  void observe(Observer observer) { observers_.push_back(std::move(observer)); }

  // A plan that changes nothing is done at once. A caller that is cancelled does not stop the
  // change that it asked for: store and registry never differ.
  io::Task<Outcome> change(Planner planner);

  // Waits until the revision is greater than `after`, or the time is up; yields the revision.
  // `enough` may end the wait, too: it is asked again at every wake().
  io::Task<std::uint64_t> passed(
      std::uint64_t after, Duration limit, std::function<bool()> enough = [] { return false; });
  void wake() { revised_.pulse(); }

 private:
  static constexpr std::size_t kLargestQueue = 1000;

  struct Request;
  // The caller's side; lives in its coroutine and tells the request when it goes away.
  struct Waiting {
    explicit Waiting(io::Loop& loop) : finished(loop) {}
    ~Waiting();
    Request* request = nullptr;
    Outcome outcome = std::unexpected(Refusal{Code::bug, "no outcome", {}});
    io::Gate finished;
  };
  struct Request {
    Planner planner;
    Waiting* waiting = nullptr;
  };

  io::Task<void> work();
  io::Task<Outcome> perform(Planner& planner);

  io::Loop& loop_;
  Registry& registry_;
  store::Store& store_;
  Log& log_;
  std::vector<Observer> observers_;
  std::deque<std::unique_ptr<Request>> queue_;
  io::Gate arrived_;
  io::Gate revised_;
  io::Task<void> worker_;
};

}  // namespace mortise::control::registry
