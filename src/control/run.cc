#include "control/run.h"

#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdlib>

#include "base/process_limits.h"
#include "control/api/server.h"
#include "control/data_dir.h"
#include "control/registry/addresses.h"
#include "control/registry/mesh_settings.h"
#include "control/store/sqlite_store.h"
#include "io/epoll_loop.h"
#include "io/os_network.h"
#include "io/scope.h"
#include "io/signals.h"

namespace mortise::control {
namespace {

constexpr std::size_t kDefaultSetSize = 1000;
constexpr Duration kLookForFile = std::chrono::seconds(2);
constexpr Duration kSettle = std::chrono::seconds(5);  // after a change
constexpr Duration kLongestQuiet = std::chrono::hours(1);

Result<std::size_t> set_size_of(const Options& options) {
  if (options.discovery_set_size) return *options.discovery_set_size;
  const char* text = std::getenv("MORTISE_DISCOVERY_SET_SIZE");
  if (!text) return kDefaultSetSize;
  const std::string_view written(text);
  std::size_t size = 0;
  const auto [stop, error] = std::from_chars(written.begin(), written.end(), size);
  if (error != std::errc() || stop != written.end()) {
    return fail(Code::invalid, "MORTISE_DISCOVERY_SET_SIZE is not a number");
  }
  return size;
}

discovery::Hub::Options hub_options(const pki::Certificate& root, std::size_t set_size) {
  discovery::Hub::Options options;
  options.catalog.roots_der = {root.der()};
  options.catalog.mesh_ranges = {std::string(registry::kServiceRange),
                                 std::string(registry::kWorkloadRange)};
  options.catalog.set_size = set_size;
  return options;
}

// The parts of the control plane, connected. What a part borrows is declared before it.
class ControlPlane {
 public:
  struct Foundation {
    io::EpollLoop& loop;
    io::Network& network;
    store::Store& store;
    registry::Registry& registry;
    pki::Root root;
    std::size_t set_size;
    const DataDir& data_dir;
    Log& log;
  };

  explicit ControlPlane(Foundation on)
      : loop_(on.loop),
        network_(on.network),
        registry_(on.registry),
        data_dir_(on.data_dir),
        log_(on.log),
        ca_(pki::make_signer(std::move(on.root)), on.loop),
        writer_(on.loop, on.registry, on.store, on.log),
        hub_(on.loop, on.registry, hub_options(ca_.root(), on.set_size), on.log),
        edges_([this](const std::string& address) { return name_of(address); }),
        services_({on.loop, on.registry, hub_, ca_, edges_, on.log}),
        sockets_({on.loop, on.network, on.registry, services_, on.data_dir.sidecars(), on.log}),
        restarts_(on.loop, [this] { writer_.wake(); }),
        api_({on.loop, on.registry, writer_, hub_, edges_, sockets_, restarts_, ca_,
              on.loop.now()}) {
    writer_.observe([this](const registry::Touched& touched) { hub_.on_change(touched); });
    writer_.observe([this](const registry::Touched& touched) { sockets_.on_change(touched); });
  }

  // What a mesh begins with; nothing if it has begun before.
  io::Task<Result<void>> begin() {
    if (registry_.revision() != 0) co_return Result<void>();
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(loop_.wall().time_since_epoch());
    const auto outcome =
        co_await writer_.change([seconds = now.count()](const registry::Registry& registry) {
          return registry::plan_first_start(registry, {seconds, "mortise", "first start", false});
        });
    if (!outcome) co_return fail(outcome.error().code, outcome.error().sentence);
    co_return Result<void>();
  }

  // Answers until a signal comes.
  io::Task<Result<void>> serve(io::Signals& signals) {
    sockets_.open_all();
    CO_TRY(auto listener, network_.listen_unix(data_dir_.socket(), 0600, std::nullopt));
    io::Scope tasks(loop_);
    tasks.spawn(keep_answering(std::move(listener)));
    tasks.spawn(sockets_.keep());
    tasks.spawn(keep_small());
    log_.info("control plane ready on " + data_dir_.socket() + ", revision " +
              std::to_string(registry_.revision()));
    const int number = co_await signals.next();
    log_.info("stopping: signal " + std::to_string(number));
    ::unlink(data_dir_.socket().c_str());
    co_return Result<void>();
  }

 private:
  // On another socket if somebody removes the one we had: without it nobody can say anything to us.
  io::Task<void> keep_answering(std::unique_ptr<io::Listener> listener) {
    const http::Handler handler = [this](http::Request request) {
      return api_.answer(std::move(request));
    };
    for (;;) {
      auto serving = http::serve(loop_, *listener, handler, {}, &log_);
      serving.start();
      while (::access(data_dir_.socket().c_str(), F_OK) == 0)
        co_await loop_.sleep_for(kLookForFile);
      log_.warning(data_dir_.socket() + " was removed: it is made again");
      auto next = network_.listen_unix(data_dir_.socket(), 0600, std::nullopt);
      if (next) {
        listener = std::move(*next);
      } else {
        log_.error(next.error().what());
        co_await loop_.sleep_for(kLookForFile);
      }
    }
  }

  // A start of many sidecars takes much memory for a moment.
  io::Task<void> keep_small() {
    for (auto seen = registry_.revision();;) {
      seen = co_await writer_.passed(seen, kLongestQuiet);
      co_await loop_.sleep_for(kSettle);
      return_free_memory();
    }
  }

  std::string name_of(const std::string& address) const {
    const auto parsed = IpAddress::parse(address);
    return parsed ? registry_.workload_at(*parsed) : std::string();
  }

  io::EpollLoop& loop_;
  io::Network& network_;
  registry::Registry& registry_;
  const DataDir& data_dir_;
  Log& log_;
  ca::Ca ca_;
  registry::Writer writer_;
  discovery::Hub hub_;
  telemetry::Edges edges_;
  sidecars::Services services_;
  sidecars::Sockets sockets_;
  sidecars::Restarts restarts_;
  api::Server api_;
};

}  // namespace

Result<void> run(const Options& options) {
  CHECK_OK(forbid_core_dumps());  // before the root key is read
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  const auto log = make_stderr_log("mortise-control", options.log_level);
  TRY(const auto set_size, set_size_of(options));
  TRY(const auto data_dir, DataDir::hold(options.data_dir));

  io::EpollLoop loop(Random::from_system().next());
  io::OsNetwork network(loop);
  TRY(const auto signals, io::Signals::watch(loop, {SIGTERM, SIGINT}));
  TRY(const auto store, store::SqliteStore::open(loop, data_dir.store()));
  TRY(const auto contents, loop.run_until_done(store->load()));
  TRY(const auto registry, registry::Registry::restore(contents));
  TRY(auto root, ca::open_root(data_dir.ca(), registry->settings().trust_domain, loop.wall()));

  ControlPlane control(
      {loop, network, *store, *registry, std::move(root), set_size, data_dir, *log});
  CHECK_OK(loop.run_until_done(control.begin()));
  return loop.run_until_done(control.serve(*signals));
}

}  // namespace mortise::control
