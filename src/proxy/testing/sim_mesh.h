// proxy/testing/sim_mesh.h — a mesh inside one thread: real sidecars, TLS and policies over a
// simulated network, with applications and callers that a test scripts.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>

#include "io/race.h"
#include "io/sim/sim_loop.h"
#include "io/sim/sim_network.h"
#include "pki/csr.h"
#include "policy/decide.h"
#include "proxy/serve.h"

namespace mortise::proxy::testing {

inline IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

// What one application did and saw.
struct Application {
  enum Kind { http, echo, greeter, closer };
  Kind kind = http;
  std::string name;
  int connections = 0;
  std::vector<std::string> heads;  // http: as received
  std::string bytes;               // others
};

inline io::Task<void> serve_http_application(io::Loop& loop, io::Accepted accepted,
                                             Application& application) {
  std::string inbox;
  std::array<char, 4096> buffer;
  for (;;) {
    const auto end = inbox.find("\r\n\r\n");
    if (end == std::string::npos) {
      const auto got = co_await io::read_some(*accepted.stream, buffer);
      if (!got || *got == 0) co_return;
      inbox.append(buffer.data(), *got);
      continue;
    }
    application.heads.push_back(inbox.substr(0, end + 4));
    inbox.erase(0, end + 4);
    const auto body = application.name + "\n" + application.heads.back();
    const auto answer =
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    if (!co_await io::write_all(*accepted.stream, answer)) co_return;
    co_await io::Yield(loop);
  }
}

// Sends back what arrives; a greeter says something first. Half-closes when its peer does.
inline io::Task<void> serve_bytes(io::Accepted accepted, Application& application) {
  if (application.kind == Application::greeter) {
    if (!co_await io::write_all(*accepted.stream, std::string_view("220 hello\r\n"))) co_return;
  }
  std::array<char, 4096> buffer;
  for (;;) {
    const auto got = co_await io::read_some(*accepted.stream, buffer);
    if (!got) co_return;
    if (*got == 0) break;
    application.bytes.append(buffer.data(), *got);
    if (!co_await io::write_all(*accepted.stream, std::span(buffer).first(*got))) co_return;
  }
  if (!co_await io::write_all(*accepted.stream, std::string_view("|end"))) co_return;
  accepted.stream->finish_writing();
}

inline io::Task<void> serve_application(io::Loop& loop, io::Listener& listener, io::Scope& scope,
                                        Application& application) {
  for (;;) {
    auto accepted = co_await listener.accept();
    ++application.connections;
    if (application.kind == Application::closer) continue;
    scope.spawn(application.kind == Application::http
                    ? serve_http_application(loop, *std::move(accepted), application)
                    : serve_bytes(*std::move(accepted), application));
  }
}

// Connects, sends, and reads until the other end is done or one answer was heard: a whole one of
// HTTP, or the first words to a caller that says nothing. "RESET" stands for a reset.
inline io::Task<std::string> say(io::Network& network, SocketAddress to, std::string words,
                                 bool finish) {
  auto stream = co_await network.connect({.to = to, .from = {}});
  if (!stream) co_return "REFUSED";
  std::string heard;
  if (!words.empty() && !co_await io::write_all(**stream, words)) co_return "RESET";
  if (finish) (*stream)->finish_writing();
  std::array<char, 4096> buffer;
  for (;;) {
    const auto got = co_await io::read_some(**stream, buffer);
    if (!got) co_return heard + "RESET";
    if (*got == 0) co_return heard;
    heard.append(buffer.data(), *got);
    if (words.empty() && !finish) co_return heard;
    const auto head = heard.find("\r\n\r\n");
    const auto length = heard.find("ength: ");
    if (finish || head == std::string::npos || length > head) continue;
    const auto body = std::strtoul(heard.c_str() + length + 7, nullptr, 10);
    if (heard.size() >= head + 4 + body) co_return heard;
  }
}

class SimMesh {
 public:
  explicit SimMesh(std::uint64_t seed = 1) : loop(seed), world(loop), scope_(loop) {
    root_ = pki::make_root("cluster.local", loop.wall() - std::chrono::hours(1),
                           loop.wall() + std::chrono::hours(24 * 365))
                .value();
    rules.legacy.push_back(mesh_policy(model::MtlsMode::permissive));
  }
  ~SimMesh() {
    sidecars_.clear();  // before the loop and the world that they use
  }

  static model::LegacyPolicy mesh_policy(model::MtlsMode mode) {
    model::LegacyPolicy policy;
    policy.meta.ref = {"MeshPolicy", "", "default"};
    policy.mode = mode;
    return policy;
  }
  void set_mesh_mode(model::MtlsMode mode) {
    rules.legacy = {mesh_policy(mode)};
    apply();
  }

  model::Workload& add_workload(const std::string& name, std::string_view address, bool sidecar) {
    auto& workload = workloads_.emplace_back();
    workload.namespace_name = sidecar ? "full" : "legacy";
    workload.name = name;
    workload.service_account = name;
    workload.address = ip(address);
    workload.has_sidecar = sidecar;
    workload.tls_mode = sidecar ? "istio" : "";
    workload.ready = true;
    return workload;
  }

  // A service port that leads to port 80 of the workloads.
  void add_service(const std::string& name, std::string_view address, model::Protocol protocol,
                   std::vector<std::string> workloads) {
    auto& known = services_.emplace_back();
    known.service.meta.ref = {"Service", "full", name};
    known.service.meta.created_order = services_.size();
    known.service.address = ip(address);
    known.service.ports.push_back({"port", 8000, std::uint16_t{80}, protocol});
    known.workloads = std::move(workloads);
  }

  Application& run_application(const model::Workload& workload, Application::Kind kind) {
    auto& application = applications_.emplace_back();
    application.kind = kind;
    application.name = workload.name;
    networks_.push_back(world.process(workload.address));
    listeners_.push_back(networks_.back()->listen({workload.address, 80}).value());
    scope_.spawn(serve_application(loop, *listeners_.back(), scope_, application));
    return application;
  }

  // Starts the sidecars and gives everybody the configuration.
  void start() {
    start_without_configuration();
    apply();
  }
  void start_without_configuration() {
    for (const auto& workload : workloads_) {
      if (!workload.has_sidecar) continue;
      sidecars_.push_back(std::make_unique<Sidecar>(*this, workload));
      renew_identity(*sidecars_.back());
    }
  }

  // The current rules, in force everywhere.
  void apply() {
    auto book = std::make_shared<policy::RuleBook>(rules);
    ++revision_;
    for (auto& sidecar : sidecars_) sidecar->worker.use(snapshot_for(sidecar->workload, book));
  }

  std::string call(const model::Workload& from, std::string_view to, std::string words,
                   bool finish = false, Duration limit = std::chrono::seconds(30)) {
    auto network = world.process(from.address);
    auto task =
        io::before(loop, loop.now() + limit,
                   say(*network, SocketAddress::parse(to).value(), std::move(words), finish));
    task.start();
    loop.run_until_done(task);
    auto heard = task.done() ? task.take() : std::nullopt;
    return heard ? *heard : "SILENCE";
  }

  // A connection that stays, for tests in which something changes under it.
  std::unique_ptr<io::Stream> connect(const model::Workload& from, std::string_view to) {
    const auto network = world.process(from.address);
    auto task = network->connect({SocketAddress::parse(to).value(), std::nullopt});
    task.start();
    loop.run_until_done(task);
    return task.take().value();
  }
  // What arrived on it after `time` has passed; "RESET" and "END" stand for those.
  std::string heard_after(io::Stream& stream, Duration time) {
    loop.run_for(time);
    std::string heard;
    std::array<char, 4096> buffer;
    for (;;) {
      const auto got = stream.try_read(buffer);
      if (!got) return heard + "RESET";
      if (got->kind == io::Progress::closed) return heard + "END";
      if (got->kind == io::Progress::blocked) return heard;
      heard.append(buffer.data(), got->bytes);
    }
  }

  Worker& worker(const model::Workload& workload) { return sidecar(workload).worker; }
  Traffic& traffic(const model::Workload& workload) { return sidecar(workload).traffic; }
  void renew_identities() {
    for (auto& sidecar : sidecars_) renew_identity(*sidecar);
  }
  // Every edge of the workload's sidecar since the last call.
  auto edges(const model::Workload& workload) { return worker(workload).edges.take(); }

  io::sim::SimLoop loop;
  io::sim::SimWorld world;
  policy::RuleBook rules;
  NoLog log;
  Limits limits;
  bool complete = true;

 private:
  struct Sidecar {
    Sidecar(SimMesh& mesh, model::Workload served)
        : workload(std::move(served)),
          network(mesh.world.process(workload.address, true)),
          outbound(network->listen({workload.address, 15001}).value()),
          inbound(network->listen({workload.address, 15006}).value()),
          worker(mesh.loop, *network, mesh.log,
                 {workload.namespace_name, workload.name, workload.address}, mesh.limits),
          traffic(worker, *outbound, *inbound) {
      mesh.world.capture(workload.address);
      traffic.start();
    }
    model::Workload workload;
    std::unique_ptr<io::Network> network;
    std::unique_ptr<io::Listener> outbound;
    std::unique_ptr<io::Listener> inbound;
    Worker worker;
    Traffic traffic;
  };

  Sidecar& sidecar(const model::Workload& workload) {
    for (auto& sidecar : sidecars_) {
      if (sidecar->workload.name == workload.name) return *sidecar;
    }
    MORTISE_CHECK(false);
  }

  void renew_identity(Sidecar& sidecar) {
    const pki::SpiffeId id{"cluster.local", sidecar.workload.namespace_name,
                           sidecar.workload.service_account};
    auto key = pki::PrivateKey::generate().value();
    auto leaf = pki::make_signer(root_)->sign({pki::make_csr(*key, id).value(), id,
                                               loop.wall() - std::chrono::minutes(2),
                                               loop.wall() + std::chrono::hours(24)});
    auto identity = std::make_shared<Identity>();
    identity->id = id.uri();
    identity->context =
        io::TlsContext::make({key, leaf.value(), {}, {"cluster.local", {root_.certificate}, 1}})
            .value();
    identity->epoch = ++epoch_;
    identity->accepted_trust_domains = {"cluster.local"};
    sidecar.worker.use(std::shared_ptr<const Identity>(std::move(identity)));
  }

  std::shared_ptr<const Snapshot> snapshot_for(const model::Workload& own,
                                               std::shared_ptr<const policy::RuleBook> book) {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->revision = revision_;
    snapshot->rules = book;
    Directory directory;
    for (const auto& workload : workloads_)
      directory.add(std::make_shared<const model::Workload>(workload));
    for (const auto& known : services_) directory.add(std::make_shared<const KnownService>(known));
    snapshot->directory = std::make_shared<const Directory>(std::move(directory));
    const auto facts = snapshot->server_facts(own);
    const auto inbound = policy::server_mode(facts, 80, *book);
    snapshot->inbound[80] = {inbound.mode, protocol_of_own_port(own), "",
                             inbound.because ? inbound.because->to_string() : ""};
    snapshot->inbound_others = {inbound.mode, model::Protocol::automatic, "", ""};
    snapshot->mesh_ranges = {AddressRange::parse("198.18.0.0/15").value()};
    snapshot->complete = complete;
    return snapshot;
  }

  model::Protocol protocol_of_own_port(const model::Workload& own) {
    for (const auto& known : services_) {
      if (std::ranges::find(known.workloads, own.key()) != known.workloads.end()) {
        return known.service.ports.front().protocol;
      }
    }
    return model::Protocol::automatic;
  }

  pki::Root root_;
  std::uint64_t epoch_ = 0;
  std::uint64_t revision_ = 0;
  std::deque<model::Workload> workloads_;
  std::deque<KnownService> services_;
  std::deque<Application> applications_;
  std::vector<std::unique_ptr<io::Network>> networks_;
  std::vector<std::unique_ptr<io::Listener>> listeners_;
  io::Scope scope_;
  std::vector<std::unique_ptr<Sidecar>> sidecars_;
};

}  // namespace mortise::proxy::testing
