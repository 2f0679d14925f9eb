#include "runtime/supervisor.h"

#include <algorithm>

#include "io/race.h"
#include "io/scope.h"
#include "runtime/files.h"
#include "runtime/image_store.h"
#include "runtime/inventory.h"
#include "runtime/log_files.h"

namespace mortise::runtime {

namespace {

constexpr std::chrono::milliseconds kLongPoll{20'000};
constexpr Duration kRetry = std::chrono::milliseconds(100);
constexpr Duration kSidecarPoll = std::chrono::milliseconds(50);
// After the control plane refused something, for a full disk for example.
constexpr Duration kTellAgain = std::chrono::milliseconds(500);
constexpr Duration kLogsPoll = std::chrono::seconds(2);

io::Task<bool> opened(io::Gate& gate) {
  co_await gate.opened();
  co_return true;
}

}  // namespace

Supervisor::Supervisor(io::EpollLoop& loop, const Layout& layout, const Options& options, Log& log,
                       State& state)
    : loop_(loop),
      layout_(layout),
      options_(options),
      log_(log),
      complaints_(log),
      state_(state),
      os_network_(loop),
      client_(loop, os_network_, layout.control_socket()),
      wake_(loop),
      processes_(loop, [this] { wake_.open(); }),
      network_(layout),
      parts_{.layout = layout,
             .binaries = options.binaries,
             .network = network_,
             .capture = capture_,
             .processes = processes_,
             .log = log,
             .save = [this] { return save(); },
             .make_sidecar_dir = [](const std::string& path,
                                    std::uint32_t uid) { return make_dir(path, 0700, uid); },
             .sidecar_log_level = options.log_level},
      control_(processes_, state.control, control_restarts_, parts_.save),
      reconciler_(parts_, state, loop.random()) {}

io::Task<void> Supervisor::run() {
  io::Scope tasks(loop_);
  tasks.spawn(watch_revision());
  tasks.spawn(keep_logs_short());
  co_await follow_mesh();
}

// Wakes the other task whenever the mesh changed, or the control plane came back.
io::Task<void> Supervisor::watch_revision() {
  for (;;) {
    // While it was away: whether it is back, at once.
    const auto wait = control_answers_ ? kLongPoll : std::chrono::milliseconds(0);
    const auto heard = co_await client_.news(heard_, wait);
    if (!heard) {
      control_answers_ = false;
      co_await loop_.sleep_for(kRetry);
      continue;
    }
    const bool came_back = !std::exchange(control_answers_, true);
    control_.proven();
    if (came_back) reconciler_.forget_registrations();
    mesh_changed_ |= came_back || heard->revision != heard_.revision;
    restart_was_asked_ |= came_back || heard->restarts != heard_.restarts;
    heard_ = *heard;
    if (mesh_changed_ || restart_was_asked_) wake_.open();
  }
}

io::Task<void> Supervisor::follow_mesh() {
  for (;;) {
    wake_.close();
    if (unsaved_) static_cast<void>(save());  // what is wrong was said
    keep_control_running();
    const bool heard = co_await learn();
    co_await take_restarts();
    reconciler_.set_images(load_images(layout_, log_));
    auto next = reconciler_.step(loop_.now());
    const bool told = control_answers_ && loop_.now() >= tell_at_ && co_await tell();
    co_await look_at_sidecars();
    co_await answer_restarts();
    // What was told may allow the next step at once; a failure must not make a busy loop.
    if (told) next = loop_.now();
    if (!heard || (control_answers_ && reconciler_.awaits_sidecars()))
      next = std::min(next, loop_.now() + kSidecarPoll);
    if (tell_at_ > loop_.now()) next = std::min(next, tell_at_);
    if (!control_.running()) next = std::min(next, control_.start_at());
    if (next > loop_.now()) co_await io::before(loop_, next, opened(wake_));
    // Even if there is always something to do, others get their turn.
    co_await io::Yield(loop_);
  }
}

void Supervisor::keep_control_running() {
  const auto now = loop_.now();
  if (const auto ending = control_.check(now)) {
    log_.error("the control plane " + ending->to_string() + "; it is started again");
    control_answers_ = false;
  }
  if (!control_.due(now)) return;
  control_.start(now, control_launch(layout_, options_.binaries));
  if (!control_.running()) log_.error("the control plane: " + control_.trouble());
}

// A full disk ends no workload: what changes is kept in memory until there is room. A supervisor
// that starts meanwhile finds the processes by their namespaces.
Result<void> Supervisor::save() {
  state_.made_netns_mount |= network_.makes_netns_mount();
  auto saved = save_state(layout_.state_file(), state_);
  const bool full = !saved && saved.error().code() == Code::exhausted;
  if (full) complaints_.warn(loop_.now(), "the state is kept in memory", saved.error().what());
  if (saved && unsaved_) log_.info("there is room again: the state is written down");
  unsaved_ = full;
  if (full) return {};
  return saved;
}

io::Task<void> Supervisor::keep_logs_short() {
  const auto limit = log_limit();
  for (;;) {
    cut_long_logs(layout_.logs_dir(), limit, log_);
    co_await loop_.sleep_for(kLogsPoll);
  }
}

// Asks what shall be. False: nobody answered, and what is known stays in force.
io::Task<bool> Supervisor::learn() {
  if (!mesh_changed_) co_return true;
  if (!control_answers_) co_return false;
  mesh_changed_ = false;
  const auto objects = co_await client_.objects({});
  const auto workloads = co_await client_.workloads("");
  if (!objects || !workloads) {
    mesh_changed_ = true;
    log_.warning(objects ? workloads.error().what() : objects.error().what());
    co_return false;
  }
  reconciler_.set_inventory(read_inventory(*objects, log_));
  reconciler_.set_workloads(*workloads);
  co_return true;
}

// Tells what is. True: something was told.
io::Task<bool> Supervisor::tell() {
  auto unregistered = reconciler_.unregistered();
  if (unregistered.size() > client::Client::kMostTogether)  // the others follow at once
    unregistered.resize(client::Client::kMostTogether);
  bool told = co_await register_all(std::move(unregistered));
  auto leaving = reconciler_.departing();
  leaving.insert(leaving.end(), reconciler_.strangers().begin(), reconciler_.strangers().end());
  for (const auto& key : leaving) {
    const auto slash = key.find('/');
    const auto done = co_await client_.delete_workload(key.substr(0, slash), key.substr(slash + 1));
    if (!done) {
      complaints_.warn(loop_.now(), key, done.error().what());
      tell_at_ = loop_.now() + kTellAgain;
      continue;
    }
    reconciler_.departed(key);
    told = true;
  }
  co_return told;
}

// Together, which is one change of the mesh; if that is refused one by one, so that what is wrong
// with one does not keep the others out.
io::Task<bool> Supervisor::register_all(std::vector<client::Registration> wanted) {
  if (wanted.empty()) co_return false;
  const auto done = co_await client_.put_workloads(wanted);
  if (done) {
    for (const auto& registration : wanted) reconciler_.registered(registration);
    co_return true;
  }
  const auto code = done.error().code();
  const bool refused = code != Code::unavailable && code != Code::timed_out;
  bool told = false;
  if (wanted.size() > 1 && refused) {
    for (auto& registration : wanted) told |= co_await register_all({std::move(registration)});
    co_return told;
  }
  complaints_.warn(loop_.now(), wanted.front().workload.key(), done.error().what());
  tell_at_ = loop_.now() + kTellAgain;
  co_return told;
}

io::Task<void> Supervisor::take_restarts() {
  if (!restart_was_asked_ || !control_answers_) co_return;
  restart_was_asked_ = false;
  const auto asked = co_await client_.restarts();
  if (!asked) {
    log_.warning("restarts: " + asked.error().what());
    co_return;
  }
  reconciler_.hand_over(*asked, loop_.now());
}

// Whoever waits has a deadline and asks again; an answer that does not arrive is not repeated.
io::Task<void> Supervisor::answer_restarts() {
  for (auto& end : reconciler_.handed_over()) {
    const auto told = co_await client_.end_restart(std::move(end));
    if (!told) log_.warning("a restart that nobody waits for any more: " + told.error().what());
  }
}

io::Task<void> Supervisor::look_at_sidecars() {
  if (!control_answers_ || !reconciler_.awaits_sidecars()) co_return;
  const auto workloads = co_await client_.workloads("");
  if (workloads) reconciler_.set_workloads(*workloads);
}

}  // namespace mortise::runtime
