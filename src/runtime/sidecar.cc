#include "runtime/sidecar.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "runtime/files.h"
#include "runtime/net/rules.h"

namespace mortise::runtime {

namespace {

// New connections wait this long for a sidecar that is away, then they are refused.
constexpr Duration kBacklogPatience = std::chrono::seconds(5);
// For a process that an earlier supervisor told to finish, and we do not know when.
constexpr Duration kDefaultGrace = std::chrono::seconds(30);
// From SIGTERM on, which a sidecar that finishes answers within a second.
constexpr Duration kLastGrace = std::chrono::seconds(5);
// Each has connections to the control plane, which takes a limited number of them.
constexpr std::size_t kMostLeaving = 6;

std::uint64_t size_of(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

std::string in_milliseconds(Duration time) {
  return fmt::format("{} ms", time / std::chrono::milliseconds(1));
}

}  // namespace

Sidecar::Sidecar(const Parts& parts, InstanceRecord& record)
    : parts_(parts),
      record_(record),
      runner_(parts.processes, record.sidecar, record.sidecar_restarts, parts.save),
      was_in_force_(record.ready && record.sidecar.valid()) {
  // At once: until somebody else has its sockets, the end of this sidecar would close them, with
  // the connections that wait there. If it has ended already, it gets new ones.
  for (const auto& process : {record_.sidecar, record_.successor}) {
    auto taken = parts_.processes.take_sockets(process);
    if (!taken) continue;
    sockets_ = *std::move(taken);
    break;
  }
  // A handover that an earlier supervisor did not live to see the end of begins anew, if somebody
  // still waits for it: whether its successor serves already, it alone knows.
  if (record_.successor.valid()) record_.draining.push_back(std::exchange(record_.successor, {}));
  for (const auto& process : record_.draining)
    leaving_.push_back({.process = process, .grace = kDefaultGrace});
}

Result<void> Sidecar::step(TimePoint now, bool may_start) {
  note_end(now);
  step_handover(now);
  step_leaving(now);
  CHECK_OK(prepare_sockets(now));
  if (may_start && runner_.due(now)) start(now);
  return {};
}

TimePoint Sidecar::next_step(TimePoint now) const {
  auto next = TimePoint::max();
  if (!running() && runner_.start_at() > now) next = runner_.start_at();
  if (handover_) next = std::min(next, handover_->began + handover_->asked.limit);
  for (const auto& leaving : leaving_) {
    const auto grace = leaving.hurried ? leaving.grace + kLastGrace : leaving.grace;
    next = std::min(next, leaving.since.value_or(now) + grace);
  }
  return next;
}

bool Sidecar::serves(TimePoint now) const {
  return was_in_force_ && (!missing_since_ || now - *missing_since_ < kBacklogPatience);
}

void Sidecar::set_in_force() {
  if (!running()) return;
  was_in_force_ = true;
  missing_since_.reset();
  runner_.proven();
}

void Sidecar::note_end(TimePoint now) {
  const auto ending = runner_.check(now);
  if (!ending) return;
  if (!missing_since_) missing_since_ = now;
  parts_.log.warning(fmt::format("{}: sidecar {}", record_.spec.key(), ending->to_string()));
  if (!record_.successor.valid()) return;
  record_.sidecar = std::exchange(record_.successor, {});
  runner_.succeeded(now);
  save();
}

// The sockets outlive sidecars: ours, or those of a sidecar that an earlier supervisor started.
Result<void> Sidecar::prepare_sockets(TimePoint now) {
  if (running()) {
    if (sockets_.outbound.valid()) return {};
    TRY(sockets_, parts_.processes.take_sockets(record_.sidecar));
    return {};
  }
  if (!runner_.due(now)) {
    if (!serves(now)) sockets_ = {};
    return {};
  }
  if (sockets_.outbound.valid()) return {};
  auto made = parts_.network.listen({record_.netns, record_.slot});
  if (!made && made.error().code() == Code::conflict) return make_way(made.error());
  TRY(sockets_, std::move(made));
  return {};
}

// Somebody else has one of the sidecar's ports.
std::unexpected<Error> Sidecar::make_way(const Error& taken) {
  const auto uid = parts_.layout.sidecar_uid(record_.slot);
  if (parts_.processes.signal_inside(record_.netns, uid, SIGKILL) > 0)
    return fail(Code::unavailable,
                "Starting: an earlier sidecar, of which there is no record, ends");
  return fail(Code::conflict,
              fmt::format("{}: a program of this workload has it, but {} and {} are the sidecar's; "
                          "give the program another port",
                          taken.what(), kOutboundPort, kInboundPort));
}

void Sidecar::start(TimePoint now) {
  // What the last one left behind; one that finishes what is going on is let.
  if (leaving_.empty())
    parts_.processes.signal_inside(record_.netns, parts_.layout.sidecar_uid(record_.slot), SIGKILL);
  runner_.start(now, sidecar_launch(parts_.layout, parts_.binaries, record_, sockets_,
                                    parts_.sidecar_log_level));
}

void Sidecar::hand_over(const client::Restart& asked, TimePoint now) {
  if (asked.id == last_asked_) return;
  last_asked_ = asked.id;
  end_successor();  // nobody waits for it any more
  handover_ = {.asked = asked, .began = now};
}

std::optional<client::RestartEnd> Sidecar::handed_over() {
  return std::exchange(outcome_, std::nullopt);
}

void Sidecar::step_handover(TimePoint now) {
  if (!handover_) return;
  if (handover_->under_way) return look_at_successor(now);
  if (!running())
    return end_handover(now, "it does not run (" + trouble() + ") and is started again by itself");
  if (leaving_.size() >= kMostLeaving)
    return end_handover(now, fmt::format("{} earlier processes of it still finish what is going "
                                         "on: try again when their grace is over",
                                         leaving_.size()));
  if (sockets_.outbound.valid()) start_successor(now);
}

void Sidecar::start_successor(TimePoint now) {
  const auto& spec = record_.spec;
  handover_->log_size = size_of(parts_.layout.sidecar_log(spec.namespace_name, spec.name));
  auto launch =
      sidecar_launch(parts_.layout, parts_.binaries, record_, sockets_, parts_.sidecar_log_level);
  let_announce(launch);
  const auto started = parts_.processes.start(launch, [this](const ProcessId& process) {
    record_.successor = process;
    return parts_.save();
  });
  handover_->under_way = true;
  if (started) return;
  record_.successor = {};
  end_handover(now, started.error().what());
}

void Sidecar::look_at_successor(TimePoint now) {
  // It serves already where the one before it ended meanwhile.
  const bool is_successor = record_.successor.valid();
  const auto process = is_successor ? record_.successor : record_.sidecar;
  if (parts_.processes.announced(process)) {
    if (is_successor) promote(now);
    return end_handover(now, {});
  }
  const auto limit = handover_->asked.limit;
  if (const auto ending = parts_.processes.ended(process)) {
    record_.successor = {};
    save();
    return end_handover(now, "the new process " + ending->to_string() + last_words());
  }
  if (now - handover_->began < limit) return;
  end_successor();
  end_handover(now, fmt::format("the new process was not in force within {}{}",
                                in_milliseconds(limit), last_words()));
}

// Written down before the old one is told: after a death in between, the next supervisor tells it.
void Sidecar::promote(TimePoint now) {
  let_go(record_.sidecar, handover_->asked.grace);
  record_.sidecar = std::exchange(record_.successor, {});
  runner_.succeeded(now);
  was_in_force_ = true;
  missing_since_.reset();
  save();
}

void Sidecar::end_handover(TimePoint now, std::string problem) {
  const auto took = now - handover_->began;
  const auto& key = record_.spec.key();
  if (problem.empty()) {
    parts_.log.info(
        fmt::format("{}: another sidecar is in force after {}", key, in_milliseconds(took)));
  } else {
    parts_.log.warning(fmt::format("{}: no handover: {}", key, problem));
  }
  outcome_ = client::RestartEnd{.id = handover_->asked.id, .problem = std::move(problem)};
  handover_.reset();
}

// What the successor said last, unless nothing was said since it was started.
std::string Sidecar::last_words() const {
  const auto& spec = record_.spec;
  const auto path = parts_.layout.sidecar_log(spec.namespace_name, spec.name);
  if (size_of(path) <= handover_->log_size) return {};
  return fmt::format(" (\"{}\")", last_line(path));
}

// Before it is in force it accepts nothing, so nothing is lost with it.
void Sidecar::end_successor() {
  if (!record_.successor.valid()) return;
  let_go(std::exchange(record_.successor, {}), Duration::zero());
  save();
}

void Sidecar::let_go(ProcessId process, Duration grace) {
  record_.draining.push_back(process);
  leaving_.push_back({.process = process, .grace = grace});
}

// SIGUSR1: finish; when the grace is over SIGTERM: close what is open; and at last SIGKILL.
void Sidecar::step_leaving(TimePoint now) {
  const auto gone = std::erase_if(leaving_, [&](const Leaving& leaving) {
    if (!parts_.processes.ended(leaving.process)) return false;
    std::erase(record_.draining, leaving.process);
    return true;
  });
  if (gone > 0) save();
  for (auto& [process, grace, since, hurried] : leaving_) {
    if (!since) {
      since = now;
      parts_.processes.signal(process, SIGUSR1);
    }
    const auto waited = now - *since;
    if (waited >= grace + kLastGrace) {
      parts_.processes.signal(process, SIGKILL);
    } else if (waited >= grace) {
      if (!std::exchange(hurried, true)) parts_.processes.signal(process, SIGTERM);
    }
  }
}

void Sidecar::retire(TimePoint now) {
  collect(now);
  end_successor();
  step_leaving(now);
  if (running()) parts_.processes.signal(record_.sidecar, SIGTERM);
}

void Sidecar::collect(TimePoint now) {
  if (handover_) end_handover(now, "the workload is ending");
  runner_.check(now);
  if (record_.successor.valid()) parts_.processes.ended(record_.successor);
  for (const auto& leaving : leaving_) parts_.processes.ended(leaving.process);
}

void Sidecar::save() {
  if (const auto saved = parts_.save(); !saved) parts_.log.error(saved.error().what());
}

}  // namespace mortise::runtime
