#include "proxy/run.h"

#include <csignal>
#include <thread>

#include "base/process_limits.h"
#include "io/os_network.h"
#include "io/signals.h"
#include "proxy/admin.h"
#include "proxy/serve.h"
#include "proxy/telemetry/reporter.h"

namespace mortise::proxy {
namespace {

constexpr auto kDrainLimit = std::chrono::seconds(3);
// However many connections there are, certificates and policy have to get through.
constexpr int kSpareDescriptors = 64;

// The control loop's parts: what tells the traffic loop what to do, and reports what it did.
class ControlSide {
 public:
  ControlSide(io::Loop& loop, io::Network& network, Log& log, Worker& worker,
              const Options& options);
  void start(io::Listener* admin);

 private:
  io::Task<Result<void>> put_in_force(std::shared_ptr<const Snapshot> snapshot);
  void connect_lookups(io::Loop& loop, Worker& worker);

  io::Loop& loop_;
  Log& log_;
  std::uint64_t instance_;
  Handover handover_;
  IdentityClient identity_;
  DiscoveryClient discovery_;
  Reporter reporter_;
  Admin admin_;
  http::Handler answer_;
  io::Scope tasks_;
};

ControlSide::ControlSide(io::Loop& loop, io::Network& network, Log& log, Worker& worker,
                         const Options& options)
    : loop_(loop),
      log_(log),
      instance_(loop.random().next()),
      handover_(loop, worker),
      identity_({loop, network, log, handover_, options.control_socket, options.workload}),
      discovery_({loop, network, log, options.control_socket, instance_,
                  [this](std::shared_ptr<const Snapshot> snapshot) {
                    return put_in_force(std::move(snapshot));
                  }}),
      reporter_({loop, network, log, worker, options.control_socket, instance_,
                 [this] {
                   return Reporter::Standing{discovery_.revision(), identity_.not_after_seconds()};
                 }}),
      admin_(loop, worker, discovery_, identity_),
      answer_([this](http::Request request) { return admin_.answer(std::move(request)); }),
      tasks_(loop) {
  connect_lookups(loop, worker);
}

// Runs on the traffic loop, asks on the control loop.
void ControlSide::connect_lookups(io::Loop& loop, Worker& worker) {
  worker.ask = [this, &loop](IpAddress address) {
    loop.post([this, address] { discovery_.subscribe(address); });
  };
  worker.release = [this, &loop](IpAddress address) {
    loop.post([this, address] { discovery_.release(address); });
  };
}

// A new trust bundle comes into force before the revision that brought it is acknowledged.
io::Task<Result<void>> ControlSide::put_in_force(std::shared_ptr<const Snapshot> snapshot) {
  CO_CHECK_OK(co_await identity_.use_trust(snapshot->trust));
  co_await handover_.put_in_force(std::move(snapshot));
  co_return Result<void>();
}

void ControlSide::start(io::Listener* admin) {
  tasks_.spawn(identity_.run());
  tasks_.spawn(discovery_.run());
  tasks_.spawn(reporter_.run());
  if (admin != nullptr) tasks_.spawn(http::serve(loop_, *admin, answer_, {}, &log_));
}

// Ends the traffic loop once its connections have ended or had their time.
io::Task<void> end_traffic(io::EpollLoop& loop, Traffic& traffic) {
  co_await traffic.drain(kDrainLimit);
  loop.stop();
}

io::Task<void> wait_for_end(io::EpollLoop& control, io::Signals& signals, Log& log) {
  const int number = co_await signals.next();
  log.info(number == SIGTERM ? "SIGTERM: finishing what is going on" : "interrupted");
  control.stop();
}

Result<Self> own_workload(const Options& options) {
  const auto slash = options.workload.find('/');
  if (slash == 0 || slash == std::string::npos || slash + 1 == options.workload.size()) {
    return fail(Code::invalid, "--workload must be NAMESPACE/NAME");
  }
  return Self{options.workload.substr(0, slash), options.workload.substr(slash + 1),
              options.address};
}

}  // namespace

Result<void> run(const Options& options) {
  CHECK_OK(forbid_core_dumps());  // before there is a key
  TRY(const auto self, own_workload(options));
  const auto log = make_stderr_log("mortise-proxy " + options.workload, options.log_level);
  Random seeds = Random::from_system();
  raise_descriptor_limit();

  io::EpollLoop control(seeds.next());
  io::OsNetwork control_network(control);
  TRY(const auto signals, io::Signals::watch(control, {SIGTERM, SIGINT}));

  io::EpollLoop traffic_loop(seeds.next());
  io::OsNetwork traffic_network(traffic_loop, kSpareDescriptors);
  TRY(const auto outbound, traffic_network.adopt_listener(options.outbound_fd));
  TRY(const auto inbound, traffic_network.adopt_listener(options.inbound_fd));
  Worker worker(traffic_loop, traffic_network, *log, self, Limits{});
  Traffic traffic(worker, *outbound, *inbound);

  std::unique_ptr<io::Listener> admin;
  if (!options.admin_socket.empty()) {
    TRY(admin, control_network.listen_unix(options.admin_socket, 0600, std::nullopt));
  }
  ControlSide control_side(control, control_network, *log, worker, options);

  io::Task<void> ending;  // lives on the traffic loop
  traffic.start();
  std::thread traffic_thread([&traffic_loop] { traffic_loop.run(); });

  control_side.start(admin.get());
  auto waiting = wait_for_end(control, *signals, *log);
  waiting.start();
  control.run();

  traffic_loop.post([&] {
    ending = end_traffic(traffic_loop, traffic);
    ending.start();
  });
  traffic_thread.join();
  return {};
}

}  // namespace mortise::proxy
