// io/epoll_loop.h — the loop of a real program: one thread, the kernel's epoll and clocks.
#pragma once

#include <sys/epoll.h>

#include <mutex>
#include <vector>

#include "base/result.h"
#include "io/descriptor.h"
#include "io/loop.h"
#include "io/task.h"

namespace mortise::io {

// Told by the loop what the kernel said about one descriptor.
class EpollClient {
 public:
  virtual ~EpollClient() = default;
  // Opens gates and nothing else: coroutines run later in the turn.
  virtual void on_events(std::uint32_t events) = 0;  // EPOLLIN, EPOLLOUT, ...
};

class EpollLoop final : public Loop {
 public:
  explicit EpollLoop(std::uint64_t seed);
  ~EpollLoop() override;

  void post(std::move_only_function<void()> work) override;
  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] WallTime wall() const override { return std::chrono::system_clock::now(); }

  // Turns until stop(). stop() may be called from a coroutine or posted work on this loop.
  void run();
  void stop() { stopping_ = true; }
  // Turns until the task is done, for programs and tests that wait for one thing.
  template <class T>
  T run_until_done(Task<T> task);

  // Edge-triggered. The loop borrows the client: remove it before it is destroyed.
  Result<void> add(int descriptor, std::uint32_t events, EpollClient& client);
  void remove(int descriptor);

 private:
  void turn();
  void run_posted();
  [[nodiscard]] int wait_milliseconds() const;

  Descriptor epoll_;
  Descriptor wake_;
  TimePoint now_;
  bool stopping_ = false;
  std::vector<epoll_event> events_;
  std::mutex posted_mutex_;
  std::vector<std::move_only_function<void()>> posted_;
};

template <class T>
T EpollLoop::run_until_done(Task<T> task) {
  task.start();
  while (!task.done()) turn();
  return task.take();
}

}  // namespace mortise::io
