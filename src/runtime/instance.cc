#include "runtime/instance.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "runtime/files.h"
#include "runtime/net/rules.h"

namespace mortise::runtime {

namespace {

constexpr Duration kRetry = std::chrono::seconds(1);
constexpr Duration kLook = std::chrono::milliseconds(50);
constexpr Duration kLookRarely = std::chrono::seconds(2);
// How long after a change something is likely to happen soon.
constexpr Duration kCloseWatch = std::chrono::seconds(15);
// How soon is noticed what somebody else did to our namespaces, rules and folders.
constexpr Duration kLookAtHome = std::chrono::seconds(1);
constexpr Duration kDeregistration = std::chrono::seconds(2);
constexpr Duration kGrace = std::chrono::seconds(5);

}  // namespace

Instance::Instance(const Parts& parts, InstanceRecord& record)
    : parts_(parts),
      record_(record),
      sidecar_(parts, record),
      state_(record.ready ? "Running" : "Starting") {
  for (auto& program : record.programs)
    programs_.emplace_back(parts.processes, program.process, program.restarts, parts.save);
  last_ends_.resize(programs_.size());
}

void Instance::step(TimePoint now, const std::string& service_rules) {
  if (watch_closely_until_ == TimePoint()) watch_closely_until_ = now + kCloseWatch;
  if (record_.removing) return leave(now);
  if (now < build_at_) return;
  look_at_home(now);
  if (const auto made = build(service_rules); !made) {
    trouble_ = made.error().what();
    parts_.log.warning(fmt::format("{}: {}", record_.spec.key(), trouble_));
    build_at_ = now + kRetry;
  } else {
    trouble_.clear();
    run_sidecar(now);
    run_programs(now);
  }
  look_at_readiness(now);
}

// Somebody else may have removed or changed what we made.
void Instance::look_at_home(TimePoint now) {
  if (!built_ || now - looked_at_home_ < kLookAtHome) return;
  looked_at_home_ = now;
  const auto& spec = record_.spec;
  const auto folder = parts_.layout.sidecar_dir(spec.namespace_name, spec.name);
  if (!parts_.network.is_intact(home(), inhabitant())) {
    parts_.log.warning(spec.key() + ": its network was removed or changed: it is made again");
    built_ = false;
    return;
  }
  const auto generation = parts_.capture.generation(record_.netns);
  if (!generation && generation.error().code() == Code::exhausted) return;  // nobody can tell
  if (!generation || *generation != rules_generation_) {
    parts_.log.warning(spec.key() + ": its rules were changed by somebody else: they are restored");
    capture_in_force_.clear();
    services_in_force_.clear();
  }
  if (spec.has_sidecar && !parts_.processes.works_in(record_.sidecar, folder)) {
    // The sidecar's own is the one that was removed, where no socket can appear any more; whatever
    // else was repaired meanwhile may have made another of that name.
    parts_.log.warning(spec.key() + ": " + folder + " was removed: the sidecar starts anew");
    parts_.processes.signal(record_.sidecar, SIGKILL);
    registered_.reset();
    built_ = false;
  }
}

ProcessId Instance::inhabitant() const {
  if (record_.sidecar.valid()) return record_.sidecar;
  for (const auto& program : record_.programs)
    if (program.process.valid()) return program.process;
  return {};
}

// A namespace that lost its name lives on with its processes. An empty one is lost, and with it the
// sockets and rules that were in it.
Result<void> Instance::reclaim_or_leave_home() {
  TRY(const bool same, parts_.network.reclaim(home(), inhabitant()));
  if (!same && !sidecar_.running()) sidecar_.close();
  capture_in_force_.clear();
  services_in_force_.clear();
  return {};
}

Result<void> Instance::build(const std::string& service_rules) {
  const auto& spec = record_.spec;
  if (!built_) {
    CHECK_OK(reclaim_or_leave_home());
    CHECK_OK(parts_.network.ensure(home()));
    CHECK_OK(make_dir(parts_.layout.logs_dir() + "/" + spec.namespace_name, 0700));
    if (spec.has_sidecar)
      CHECK_OK(parts_.make_sidecar_dir(parts_.layout.sidecar_dir(spec.namespace_name, spec.name),
                                       parts_.layout.sidecar_uid(record_.slot)));
    built_ = true;
  }
  std::optional<std::uint32_t> sidecar_uid;
  if (spec.has_sidecar) sidecar_uid = parts_.layout.sidecar_uid(record_.slot);
  CHECK_OK(
      apply_rules(capture_in_force_, capture_rules(Layout::address(record_.slot), sidecar_uid)));
  // A new supervisor that has heard nothing yet leaves the rules of the last one in force.
  if (service_rules.empty()) return {};
  return apply_rules(services_in_force_, service_rules);
}

Result<void> Instance::apply_rules(std::string& in_force, const std::string& wanted) {
  if (in_force == wanted) return {};
  CHECK_OK(parts_.capture.apply(record_.netns, wanted));
  TRY(rules_generation_, parts_.capture.generation(record_.netns));
  in_force = wanted;
  return {};
}

void Instance::run_sidecar(TimePoint now) {
  if (!record_.spec.has_sidecar) return;
  // A finished Job needs no sidecar any more.
  if (completed()) return sidecar_.retire(now);
  const bool ran = sidecar_.running();
  // Who is not registered has no socket to ask for an identity yet.
  if (const auto stepped = sidecar_.step(now, registered_.has_value()); !stepped) {
    trouble_ = stepped.error().what();
    build_at_ = now + kRetry;
  }
  if (ran && !sidecar_.running()) watch_closely_until_ = now + kCloseWatch;
}

void Instance::run_programs(TimePoint now) {
  for (std::size_t i = 0; i < programs_.size(); ++i) {
    const auto& program = record_.spec.programs[i];
    auto& runner = programs_[i];
    if (const auto ending = runner.check(now)) {
      watch_closely_until_ = now + kCloseWatch;
      parts_.log.info(
          fmt::format("{}: {} {}", record_.spec.key(), program.container, ending->to_string()));
      last_ends_[i] = fmt::format("{} {}", program.container, ending->to_string());
      const auto& spec = record_.spec;
      if (ending->status == 0 && !spec.runs_once)
        last_ends_[i] += ", but must stay in the foreground";
      const auto said = last_line(parts_.layout.program_log(spec.namespace_name, spec.name));
      if (!said.empty()) last_ends_[i] += fmt::format(" (\"{}\")", said);
      record_.programs[i].completed = record_.spec.runs_once && ending->status == 0;
    }
    const bool is_place = program.argv.empty() && program.problem.empty();
    if (is_place || record_.programs[i].completed || !runner.due(now)) continue;
    // What the last run left behind would hold its ports. Containers of one workload share a uid.
    if (programs_.size() == 1)
      parts_.processes.signal_inside(record_.netns, uid_of(parts_.layout, record_, program),
                                     SIGKILL);
    runner.start(now, program_launch(parts_.layout, parts_.binaries, record_, program));
    if (!runner.running()) last_ends_[i].clear();  // why it cannot start is the newer reason
  }
}

bool Instance::completed() const {
  return record_.spec.runs_once && !record_.programs.empty() &&
         std::ranges::all_of(record_.programs, &ProgramRecord::completed);
}

// The sentence for a person who asks why it is not ready; empty if nothing is missing.
std::string Instance::what_is_missing(TimePoint now) {
  if (!trouble_.empty()) return trouble_;
  for (const auto& port : record_.spec.ports)
    if (record_.spec.has_sidecar && (port.port == kOutboundPort || port.port == kInboundPort))
      return fmt::format("port {} is the sidecar's: give the program another containerPort",
                         port.port);
  for (std::size_t i = 0; i < programs_.size(); ++i) {
    const auto& program = record_.spec.programs[i];
    if (programs_[i].running() || record_.programs[i].completed) continue;
    if (!last_ends_[i].empty()) return "Restarting: " + last_ends_[i];
    if (!programs_[i].trouble().empty()) return programs_[i].trouble();
    if (!program.argv.empty()) return "Starting";
  }
  if (record_.spec.has_sidecar && !sidecar_.serves(now)) {
    if (sidecar_.running() || sidecar_.trouble().empty())
      return "Starting: waiting for the sidecar";
    return "Restarting: sidecar " + sidecar_.trouble();
  }
  if (record_.spec.ports.empty()) return {};
  const auto listening = parts_.network.listening_ports(home());
  // For want of descriptors nobody can tell: it is as it was.
  if (!listening && listening.error().code() == Code::exhausted && record_.ready) return {};
  if (!listening) return listening.error().what();
  for (const auto& port : record_.spec.ports) {
    if (listening->contains(port.port)) continue;
    for (std::size_t i = 0; i < programs_.size(); ++i)
      if (!last_ends_[i].empty() && !record_.programs[i].completed)
        return fmt::format("Restarted: {}; nothing listens on port {} yet", last_ends_[i],
                           port.port);
    return fmt::format("Starting: nothing listens on port {} yet", port.port);
  }
  for (auto& end : last_ends_) end.clear();  // it serves again: its past is no reason any more
  return {};
}

void Instance::look_at_readiness(TimePoint now) {
  const bool was_ready = record_.ready;
  if (completed()) {
    state_ = "Completed";
    record_.ready = false;
  } else {
    state_ = what_is_missing(now);
    record_.ready = state_.empty();
    if (record_.ready) state_ = "Running";
  }
  if (was_ready != record_.ready) watch_closely_until_ = now + kCloseWatch;
}

TimePoint Instance::next_step(TimePoint now) const {
  auto next = now + (now < watch_closely_until_ && !record_.ready ? kLook : kLookRarely);
  if (build_at_ > now) next = std::min(next, build_at_);
  if (record_.removing) next = std::min(next, now + kLook);
  for (const auto& program : programs_)
    if (!program.running() && program.start_at() > now) next = std::min(next, program.start_at());
  return std::min(next, sidecar_.next_step(now));
}

void Instance::set_sidecar(const client::SidecarStatus& status) {
  // Once it was in force it serves, also while the control plane is away.
  if (status.connected && status.synced) sidecar_.set_in_force();
}

bool Instance::awaits_sidecar() const {
  return record_.spec.has_sidecar && !record_.removing && !completed() && sidecar_.awaited();
}

model::Workload Instance::workload() const {
  const auto& spec = record_.spec;
  // The sidecar of what is finished is gone, and nobody shall wait for its word.
  const bool has_sidecar = spec.has_sidecar && !completed();
  return {.namespace_name = spec.namespace_name,
          .name = spec.name,
          .owner = spec.owner,
          .owner_kind = spec.owner_kind,
          .service_account = spec.service_account,
          .labels = spec.labels,
          .address = Layout::address(record_.slot),
          .ports = spec.ports,
          .has_sidecar = has_sidecar,
          .tls_mode = spec.tls_mode,
          .sidecar_uid = has_sidecar ? parts_.layout.sidecar_uid(record_.slot) : 0,
          .ready = record_.ready && !record_.removing};
}

std::optional<client::Registration> Instance::unregistered() const {
  // Its folder must be there before the control plane puts a socket into it.
  if (record_.removing || !built_) return std::nullopt;
  int restarts = record_.sidecar_restarts;
  for (const auto& program : record_.programs) restarts += program.restarts;
  client::Registration wanted{.workload = workload(), .state = state_, .restarts = restarts};
  if (registered_ == wanted) return std::nullopt;
  return wanted;
}

// Callers first, then the processes, then the place: nobody is sent to what is going away.
void Instance::leave(TimePoint now) {
  record_.ready = false;
  if (!leaving_since_) leaving_since_ = now;
  // What lost its name would not be found, and would live on.
  if (const auto named = parts_.network.reclaim(home(), inhabitant()); !named)
    parts_.log.warning(fmt::format("{}: {}", record_.spec.key(), named.error().what()));
  const auto waited = now - *leaving_since_;
  if (!deregistered_ && waited < kDeregistration) return;
  const int number = waited < kDeregistration + kGrace ? SIGTERM : SIGKILL;
  // Collects those that ended, so that none stays a zombie.
  sidecar_.collect(now);
  for (auto& program : programs_) program.check(now);
  if (parts_.processes.signal_inside(record_.netns, std::nullopt, number) > 0) return;
  // Who left the namespace would meet the next owner of its uid.
  if (parts_.processes.signal_users(parts_.layout.uids_of(record_.slot), number) > 0) return;
  if (const auto removed = demolish(); !removed) {
    parts_.log.warning(fmt::format("{}: {}", record_.spec.key(), removed.error().what()));
    return;
  }
  gone_ = true;
}

Result<void> Instance::demolish() {
  sidecar_.close();
  CHECK_OK(parts_.network.remove(home()));
  return remove_all(parts_.layout.sidecar_dir(record_.spec.namespace_name, record_.spec.name));
}

}  // namespace mortise::runtime
