// proxy/relay.h — bytes carried between two connections, without looking at them.
#pragma once

#include <cstdint>

#include "io/loop.h"
#include "proxy/inbox.h"

namespace mortise::proxy {

// Copies what `from` holds and then what arrives to `to` until `from` ends, then half-closes
// `to`. Adds to `copied` as it goes. Holds no buffer while nothing moves.
io::Task<Result<void>> relay(io::Loop& loop, Inbox& from, io::Stream& to, std::uint64_t& copied);

// Both directions, each with its own end. When either fails, both connections are aborted, so
// that a reset on one side is a reset on the other.
io::Task<Result<void>> relay_both(io::Loop& loop, Inbox& left, Inbox& right,
                                  std::uint64_t& left_to_right, std::uint64_t& right_to_left);

}  // namespace mortise::proxy
