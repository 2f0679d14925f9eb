#include "proxy/relay.h"

#include "proxy/first_of.h"

namespace mortise::proxy {
namespace {

// One bulk stream must not keep a worker to itself: after this many chunks the others go first.
constexpr int kChunksPerTurn = 16;

}  // namespace

io::Task<Result<void>> relay(io::Loop& loop, Inbox& from, io::Stream& to, std::uint64_t& copied) {
  for (int chunks = 1;; ++chunks) {
    if (from.empty()) {
      // Waits without deadline: only the two ends know how long a connection may be silent.
      CO_TRY(const std::size_t got, co_await from.fill());
      if (got == 0) break;
    }
    CO_CHECK_OK(co_await io::write_all(to, from.bytes()));
    copied += from.bytes().size();
    from.consume(from.bytes().size());
    if (chunks % kChunksPerTurn == 0) co_await io::Yield(loop);
  }
  to.finish_writing();
  co_return Result<void>();
}

io::Task<Result<void>> relay_both(io::Loop& loop, Inbox& left, Inbox& right,
                                  std::uint64_t& left_to_right, std::uint64_t& right_to_left) {
  std::optional<Result<void>> forward;
  std::optional<Result<void>> backward;
  io::Gate changed(loop);
  auto send = report(relay(loop, left, right.stream(), left_to_right), forward, changed);
  auto receive = report(relay(loop, right, left.stream(), right_to_left), backward, changed);
  send.start();
  receive.start();
  for (;;) {
    for (const auto* ended : {&forward, &backward}) {
      if (!*ended || (*ended)->has_value()) continue;
      left.stream().abort();
      right.stream().abort();
      co_return **ended;
    }
    if (forward && backward) co_return Result<void>();
    // A half-closed connection may stay so for as long as its ends like: no deadline.
    co_await changed.opened();
    changed.close();
  }
}

}  // namespace mortise::proxy
