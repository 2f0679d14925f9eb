#include "io/sim/sim_stream.h"

#include <algorithm>

namespace mortise::io::sim {
namespace {

// A segment on its way: bytes, or the writer's end.
Task<void> arrive(Connection& connection, Pipe& pipe, TimePoint when, std::string bytes,
                  bool last) {
  co_await connection.loop.sleep_until(when);
  if (pipe.reset) co_return;
  pipe.arrived += bytes;
  if (last) pipe.finished = true;
  pipe.readable.open();
}

Task<void> arrive_reset(Connection& connection, TimePoint when) {
  co_await connection.loop.sleep_until(when);
  connection.reset();
}

}  // namespace

void Connection::reset() {
  for (Pipe* pipe : {&forward, &backward}) {
    pipe->reset = true;
    pipe->readable.open();
    pipe->writable.open();
  }
}

SimStream::SimStream(SimWorld& world, Connection& connection, bool client)
    : world_(world),
      connection_(connection),
      in_(client ? connection_.backward : connection_.forward),
      out_(client ? connection_.forward : connection_.backward) {}

SimStream::~SimStream() {
  // As the kernel does: unread bytes turn the close into a reset.
  if (!in_.arrived.empty()) {
    abort();
  } else {
    in_.reader_gone = true;
    if (!finished_) finish_writing();
  }
  if (--connection_.ends == 0) world_.forget(connection_);
}

std::size_t SimStream::chance_of_less(std::size_t size) {
  if (size < 2 || connection_.loop.random().fraction() >= world_.faults.short_io) return size;
  return 1 + connection_.loop.random().below(std::min<std::size_t>(size, 7));
}

Result<Progress> SimStream::try_read(std::span<char> into) {
  if (in_.reset) return fail(Code::unavailable, "read: Connection reset by peer");
  if (in_.arrived.empty()) {
    if (in_.finished) return Progress{Progress::closed, 0};
    in_.readable.close();
    return Progress{};
  }
  const auto count = chance_of_less(std::min(into.size(), in_.arrived.size()));
  std::copy_n(in_.arrived.begin(), count, into.begin());
  in_.arrived.erase(0, count);
  in_.in_flight -= count;
  in_.writable.open();
  return Progress::of(count);
}

Result<Progress> SimStream::try_write(std::span<const char> from) {
  if (out_.reset) return fail(Code::unavailable, "write: Connection reset by peer");
  if (finished_) return fail(Code::bug, "write after finish_writing");
  if (out_.reader_gone || connection_.loop.random().fraction() < world_.faults.reset) {
    abort();
    return fail(Code::unavailable, "write: Connection reset by peer");
  }
  if (out_.in_flight >= world_.faults.buffer_bytes) {
    out_.writable.close();
    return Progress{};
  }
  const auto room = world_.faults.buffer_bytes - out_.in_flight;
  const auto count = chance_of_less(std::min(from.size(), room));
  send(std::string(from.data(), count), false);
  return Progress::of(count);
}

void SimStream::send(std::string bytes, bool last) {
  auto& loop = connection_.loop;
  const auto& faults = world_.faults;
  auto delay = faults.least_delay;
  if (faults.most_delay > faults.least_delay) {
    const auto spread = (faults.most_delay - faults.least_delay).count();
    delay += Duration(loop.random().below(static_cast<std::uint64_t>(spread) + 1));
  }
  out_.last_arrival = std::max(out_.last_arrival, loop.now() + delay);
  out_.in_flight += bytes.size();
  if (world_.wiretap != nullptr && out_.from.ip != out_.to.ip) {
    world_.wiretap->on_bytes(out_.from, out_.to, bytes);
  }
  connection_.scope.spawn(arrive(connection_, out_, out_.last_arrival, std::move(bytes), last));
}

void SimStream::finish_writing() {
  if (finished_ || out_.reset) return;
  finished_ = true;
  send({}, true);
}

void SimStream::abort() {
  finished_ = true;
  if (out_.reset) return;
  in_.arrived.clear();
  connection_.scope.spawn(
      arrive_reset(connection_, connection_.loop.now() + world_.faults.least_delay));
}

}  // namespace mortise::io::sim
