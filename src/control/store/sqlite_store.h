// control/store/sqlite_store.h — the embedded store: one SQLite file, written by a thread of its
// own, so that waiting for the disk never delays the control plane's loop.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "control/store/database.h"
#include "control/store/store.h"
#include "io/gate.h"
#include "io/loop.h"

namespace mortise::control::store {

class SqliteStore final : public Store {
 public:
  // Opens, or creates with the newest layout, and brings older layouts up to date. Blocks.
  static Result<std::unique_ptr<SqliteStore>> open(io::Loop& loop, const std::string& path);
  // Finishes what was begun.
  ~SqliteStore() override;

  io::Task<Result<Contents>> load() override;
  io::Task<Result<std::uint64_t>> commit(Change change) override;
  io::Task<Result<std::vector<Revision>>> history(std::uint64_t before, std::size_t limit) override;

 private:
  static constexpr std::size_t kLargestQueue = 1024;

  struct Slot {
    virtual ~Slot() = default;
  };
  template <class T>
  struct Answer;
  template <class T>
  using Job = std::move_only_function<Result<T>(Database&)>;

  SqliteStore(io::Loop& loop, Database database);
  template <class T>
  io::Task<Result<T>> ask(Job<T> job);
  bool enqueue(std::move_only_function<void(Database&)> work);
  void work_until_stopped();

  io::Loop& loop_;
  Database database_;  // the thread's
  // Coroutines that wait, by ticket: one that was cancelled is not here any more.
  std::unordered_map<std::uint64_t, Slot*> waiting_;
  std::uint64_t next_ticket_ = 1;
  // Answers that were posted but not delivered when the store went away see it expired.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::move_only_function<void(Database&)>> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace mortise::control::store
