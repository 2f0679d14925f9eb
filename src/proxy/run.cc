#include "proxy/run.h"

#include <unistd.h>

#include <csignal>
#include <thread>

#include "base/process_limits.h"
#include "io/os_network.h"
#include "io/race.h"
#include "io/signals.h"
#include "proxy/admin.h"
#include "proxy/first_of.h"
#include "proxy/serve.h"
#include "proxy/telemetry/reporter.h"

namespace mortise::proxy {
namespace {

constexpr auto kDrainLimit = std::chrono::seconds(3);
// However many connections there are, certificates and policy have to get through.
constexpr int kSpareDescriptors = 64;
// Whoever sends SIGUSR1 ends the wait with SIGTERM; this is for the case that nobody is left to.
constexpr auto kLongestFinish = std::chrono::minutes(10);
constexpr auto kLastReport = std::chrono::milliseconds(500);

// The control loop's parts: what tells the traffic loop what to do, and reports what it did.
class ControlSide {
 public:
  ControlSide(io::Loop& loop, io::Network& network, Log& log, Worker& worker,
              const Options& options);
  void start();
  Result<void> listen_for_operators(const std::string& path);
  // What was counted since the last report.
  io::Task<void> report_last();

 private:
  io::Task<Result<void>> put_in_force(std::shared_ptr<const Snapshot> snapshot);
  void connect_lookups(io::Loop& loop, Worker& worker);

  io::Loop& loop_;
  io::Network& network_;
  Log& log_;
  std::uint64_t instance_;
  Handover handover_;
  IdentityClient identity_;
  DiscoveryClient discovery_;
  Reporter reporter_;
  Admin admin_;
  http::Handler answer_;
  std::unique_ptr<io::Listener> operators_;
  io::Scope tasks_;
};

ControlSide::ControlSide(io::Loop& loop, io::Network& network, Log& log, Worker& worker,
                         const Options& options)
    : loop_(loop),
      network_(network),
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
                   return Reporter::Standing{discovery_.revision(), identity_.not_after_seconds(),
                                             identity_.trouble()};
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

void ControlSide::start() {
  tasks_.spawn(identity_.run());
  tasks_.spawn(discovery_.run());
  tasks_.spawn(reporter_.run());
}

Result<void> ControlSide::listen_for_operators(const std::string& path) {
  if (path.empty()) return {};
  TRY(operators_, network_.listen_unix(path, 0600, std::nullopt));
  tasks_.spawn(http::serve(loop_, *operators_, answer_, {}, &log_));
  return {};
}

io::Task<void> ControlSide::report_last() {
  co_await io::before(loop_, loop_.now() + kLastReport, reporter_.report_last());
}

// The traffic loop's parts: accepting, and the end of it.
class TrafficSide {
 public:
  TrafficSide(io::EpollLoop& loop, io::EpollLoop& control, Worker& worker,
              std::unique_ptr<io::Listener> outbound, std::unique_ptr<io::Listener> inbound)
      : loop_(loop),
        control_(control),
        worker_(worker),
        outbound_(std::move(outbound)),
        inbound_(std::move(inbound)),
        traffic_(worker, *outbound_, *inbound_),
        ended_(control) {}

  void start() { traffic_.start(); }
  // Starts when there is an identity and a configuration, and posts `then` to the control loop.
  void start_when_ready(std::move_only_function<void()> then);
  // From the control loop, again with less patience if need be. ended() opens when it is done.
  void end(int signal);
  [[nodiscard]] io::Gate& ended() { return ended_; }

 private:
  io::Task<void> begin(std::move_only_function<void()> then);
  io::Task<void> leave(int signal);

  io::EpollLoop& loop_;
  io::EpollLoop& control_;
  Worker& worker_;
  std::unique_ptr<io::Listener> outbound_;
  std::unique_ptr<io::Listener> inbound_;
  Traffic traffic_;
  io::Task<void> beginning_;
  io::Task<void> leaving_;
  bool finishing_ = false;
  io::Gate ended_;  // on the control loop
};

void TrafficSide::start_when_ready(std::move_only_function<void()> then) {
  beginning_ = begin(std::move(then));
  beginning_.start();
}

io::Task<void> TrafficSide::begin(std::move_only_function<void()> then) {
  // Waits without deadline: whoever started us beside another one has it.
  while (!worker_.is_ready()) co_await worker_.changed.opened();
  traffic_.start();
  control_.post(std::move(then));
}

void TrafficSide::end(int signal) {
  loop_.post([this, signal] {
    leaving_ = leave(signal);
    leaving_.start();
  });
}

io::Task<void> TrafficSide::leave(int signal) {
  beginning_.cancel();
  traffic_.stop_accepting();
  outbound_.reset();  // so that they are closed when everybody else has closed them
  inbound_.reset();
  // SIGTERM after SIGUSR1: the time to finish is over already.
  if (signal == SIGUSR1) {
    finishing_ = true;
    co_await traffic_.finish(kLongestFinish);
  } else if (!finishing_) {
    co_await traffic_.drain(kDrainLimit);
  }
  control_.post([this] { ended_.open(); });
}

io::Task<int> all_ended(TrafficSide& traffic) {
  co_await traffic.ended().opened();
  co_return 0;
}

// Until a signal has come and what was going on has ended. Configuration, certificates and reports
// go on meanwhile: what is drained is judged by the rules of now.
io::Task<void> serve_to_the_end(io::EpollLoop& control, io::Signals& signals, Log& log,
                                TrafficSide& traffic, ControlSide& control_side) {
  for (;;) {
    // Waits without deadline: a sidecar serves for as long as nobody ends it.
    const auto woken = co_await first_of(control, all_ended(traffic), signals.next());
    if (woken.index() == 0) break;
    const int number = std::get<1>(woken);
    log.info(number == SIGUSR1   ? "another one serves: finishing what is going on"
             : number == SIGTERM ? "SIGTERM: finishing what is going on"
                                 : "interrupted");
    traffic.end(number);
  }
  co_await control_side.report_last();
  control.stop();
}

// One byte says it; whoever wanted to know may be gone.
void announce(int descriptor) {
  const io::Descriptor to(descriptor);
  [[maybe_unused]] const auto written = ::write(to.get(), "+", 1);
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
  std::signal(SIGPIPE, SIG_IGN);  // of whom to announce to, who may be gone
  Random seeds = Random::from_system();
  raise_descriptor_limit();

  io::EpollLoop control(seeds.next());
  io::OsNetwork control_network(control);
  TRY(const auto signals, io::Signals::watch(control, {SIGTERM, SIGINT, SIGUSR1}));

  io::EpollLoop traffic_loop(seeds.next());
  io::OsNetwork traffic_network(traffic_loop, kSpareDescriptors);
  TRY(auto outbound, traffic_network.adopt_listener(options.outbound_fd));
  TRY(auto inbound, traffic_network.adopt_listener(options.inbound_fd));
  Worker worker(traffic_loop, traffic_network, *log, self, Limits{});
  TrafficSide traffic(traffic_loop, control, worker, std::move(outbound), std::move(inbound));
  ControlSide control_side(control, control_network, *log, worker, options);

  if (options.announce_fd < 0) {
    CHECK_OK(control_side.listen_for_operators(options.admin_socket));
    traffic.start();
  } else {
    traffic.start_when_ready([&] {
      if (const auto listening = control_side.listen_for_operators(options.admin_socket);
          !listening) {
        log->error(listening.error().what());
      }
      announce(options.announce_fd);
    });
  }
  std::thread traffic_thread([&traffic_loop] { traffic_loop.run(); });

  control_side.start();
  auto serving = serve_to_the_end(control, *signals, *log, traffic, control_side);
  serving.start();
  control.run();

  traffic_loop.post([&traffic_loop] { traffic_loop.stop(); });
  traffic_thread.join();
  return {};
}

}  // namespace mortise::proxy
