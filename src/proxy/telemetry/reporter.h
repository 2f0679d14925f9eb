// proxy/telemetry/reporter.h — pushes what the worker counted to the control plane each second,
// numbered, so that a gap is seen as a gap. An empty report is a heartbeat.
#pragma once

#include <functional>

#include "api/telemetry.pb.h"
#include "base/log.h"
#include "io/network.h"
#include "proxy/config/backoff.h"
#include "proxy/worker.h"
#include "rpc/client.h"

namespace mortise::proxy {

class Reporter {
 public:
  // What a report says beside the edges.
  struct Standing {
    std::uint64_t revision = 0;
    std::int64_t certificate_not_after = 0;
    std::string certificate_trouble;
  };
  struct Parts {
    io::Loop& loop;  // control
    io::Network& network;
    Log& log;
    Worker& worker;
    std::string socket;
    std::uint64_t instance = 0;
    std::function<Standing()> standing;
    Duration every = std::chrono::seconds(1);
  };
  explicit Reporter(Parts parts)
      : parts_(std::move(parts)),
        collected_(parts_.loop),
        hurry_(parts_.loop),
        confirmed_again_(parts_.loop) {}

  // For the life of the process.
  io::Task<void> run();
  // Until a report that was collected from now on has been confirmed, without waiting for its time.
  // The caller has the deadline.
  io::Task<bool> report_last();

 private:
  io::Task<Result<void>> report_on_one_connection();
  io::Task<void> collect();

  Parts parts_;
  Backoff backoff_{std::chrono::milliseconds(200), std::chrono::seconds(5)};
  std::uint64_t sequence_ = 0;
  // Built and not yet confirmed: sent again under the same number, so that it counts once.
  std::optional<telemetry::v1::ReportRequest> unconfirmed_;
  TimePoint last_collected_;
  io::Gate collected_;
  std::uint64_t confirmed_ = 0;  // sequence of the last one
  io::Gate hurry_;               // open: nothing is waited for any more
  io::Gate confirmed_again_;
};

}  // namespace mortise::proxy
