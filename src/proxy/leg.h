// proxy/leg.h — a leg: one connection to one workload port under one own identity, one
// expected identity and one TLS choice. What is sent travels in streams opened on it.
#pragma once

#include <memory>

#include "io/stream.h"

namespace mortise::proxy {

// One exchange's hold on a leg. Dropping it without reuse() ends what was going on.
class LegStream {
 public:
  virtual ~LegStream() = default;
  virtual io::Stream& bytes() = 0;
  // Says that the exchange ended at a message boundary in both directions, with nothing unread.
  virtual void reuse() = 0;
};

class Leg {
 public:
  virtual ~Leg() = default;
  // Whether a stream can be opened now. False as soon as the far side has closed.
  [[nodiscard]] virtual bool can_open_stream() = 0;
  // Nothing can be opened any more, now or later.
  [[nodiscard]] virtual bool closed() const = 0;
  // Null where can_open_stream() does not hold. The stream must not outlive the leg.
  virtual std::unique_ptr<LegStream> open_stream() = 0;
  [[nodiscard]] virtual const io::TlsFacts* tls() const = 0;
};

// One exchange at a time, one after the other: for every peer that speaks plain HTTP/1.1 or TCP
// over the connection.
std::unique_ptr<Leg> make_exclusive_leg(std::unique_ptr<io::Stream> connection);

}  // namespace mortise::proxy
