#include "io/epoll_loop.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace mortise::io {
namespace {

constexpr std::size_t kEventsPerTurn = 256;

}  // namespace

EpollLoop::EpollLoop(std::uint64_t seed)
    : Loop(seed),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      now_(std::chrono::steady_clock::now()),
      events_(kEventsPerTurn) {
  MORTISE_CHECK(epoll_.valid() && wake_.valid());
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  MORTISE_CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) == 0);
}

EpollLoop::~EpollLoop() = default;

void EpollLoop::post(std::move_only_function<void()> work) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(work));
  }
  const std::uint64_t one = 1;
  // The counter cannot overflow, so a failed write is a wake-up that is already pending.
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void EpollLoop::run() {
  stopping_ = false;
  while (!stopping_) turn();
}

void EpollLoop::turn() {
  const int count = epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()),
                               wait_milliseconds());
  now_ = std::chrono::steady_clock::now();
  bool woken = false;
  // Clients only open gates here: no coroutine runs, so none of them can go away meanwhile.
  for (int i = 0; i < count; ++i) {
    const auto& event = events_[static_cast<std::size_t>(i)];
    if (event.data.ptr == nullptr) {
      woken = true;
    } else {
      static_cast<EpollClient*>(event.data.ptr)->on_events(event.events);
    }
  }
  if (woken) run_posted();
  timers_.expire(now_, ready_);
  run_ready();
}

void EpollLoop::run_posted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto drained = ::read(wake_.get(), &count, sizeof count);
  std::vector<std::move_only_function<void()>> work;
  {
    const std::lock_guard lock(posted_mutex_);
    work.swap(posted_);
  }
  for (auto& step : work) step();
}

int EpollLoop::wait_milliseconds() const {
  if (!ready_.empty()) return 0;
  if (timers_.empty()) return -1;
  const auto left = timers_.earliest() - std::chrono::steady_clock::now();
  if (left <= Duration::zero()) return 0;
  // Rounded up, so that the timer is due when we wake.
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::min<std::int64_t>(whole, std::numeric_limits<int>::max()));
}

Result<void> EpollLoop::add(int descriptor, std::uint32_t events, EpollClient& client) {
  epoll_event event{.events = events | EPOLLET, .data = {.ptr = &client}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
    return fail_errno("watch a descriptor");
  }
  return {};
}

void EpollLoop::remove(int descriptor) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
}

}  // namespace mortise::io
