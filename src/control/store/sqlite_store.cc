#include "control/store/sqlite_store.h"

#include "control/store/schema.h"

namespace mortise::control::store {

// Where a waiting coroutine finds its answer; lives in that coroutine's frame.
template <class T>
struct SqliteStore::Answer final : Slot {
  Answer(SqliteStore& store, std::uint64_t ticket)
      : waiting(store.waiting_), number(ticket), arrived(store.loop_) {
    waiting.emplace(number, this);
  }
  ~Answer() override { waiting.erase(number); }

  std::unordered_map<std::uint64_t, Slot*>& waiting;
  std::uint64_t number;
  Result<T> value = fail(Code::bug, "store: no answer");
  io::Gate arrived;
};

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(io::Loop& loop, const std::string& path) {
  TRY(auto database, Database::open(path));
  // WAL with FULL: a commit that was answered survives a crash of the process and of the machine.
  CHECK_OK(database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"));
  CHECK_OK(bring_up_to_date(database));
  return std::unique_ptr<SqliteStore>(new SqliteStore(loop, std::move(database)));
}

SqliteStore::SqliteStore(io::Loop& loop, Database database)
    : loop_(loop), database_(std::move(database)), thread_([this] { work_until_stopped(); }) {}

SqliteStore::~SqliteStore() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void SqliteStore::work_until_stopped() {
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work(database_);
  }
}

bool SqliteStore::enqueue(std::move_only_function<void(Database&)> work) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= kLargestQueue) return false;
    queue_.push_back(std::move(work));
  }
  changed_.notify_one();
  return true;
}

template <class T>
io::Task<Result<T>> SqliteStore::ask(Job<T> job) {
  Answer<T> answer(*this, next_ticket_++);
  auto work = [this, ticket = answer.number, job = std::move(job),
               alive = std::weak_ptr<const bool>(alive_)](Database& database) mutable {
    auto result = job(database);
    loop_.post([this, ticket, alive, result = std::move(result)]() mutable {
      if (alive.expired()) return;
      const auto found = waiting_.find(ticket);
      if (found == waiting_.end()) return;
      auto& slot = static_cast<Answer<T>&>(*found->second);
      slot.value = std::move(result);
      slot.arrived.open();
    });
  };
  if (!enqueue(std::move(work))) co_return fail(Code::exhausted, "store: too many changes wait");
  // No deadline: the thread answers every job, with an Error if the disk fails.
  co_await answer.arrived.opened();
  co_return std::move(answer.value);
}

io::Task<Result<Contents>> SqliteStore::load() {
  co_return co_await ask<Contents>([](Database& database) { return read_contents(database); });
}

io::Task<Result<std::uint64_t>> SqliteStore::commit(Change change) {
  co_return co_await ask<std::uint64_t>(
      [change = std::move(change)](Database& database) { return write_change(database, change); });
}

io::Task<Result<std::vector<Revision>>> SqliteStore::history(std::uint64_t before,
                                                             std::size_t limit) {
  co_return co_await ask<std::vector<Revision>>(
      [before, limit](Database& database) { return read_history(database, before, limit); });
}

}  // namespace mortise::control::store
