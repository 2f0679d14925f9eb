// model/workload.h — namespaces, services and the workloads behind them, as both planes see them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/address.h"
#include "model/meta.h"

namespace mortise::model {

// What a declared port carries. `automatic`: not declared, found out per connection (S-18..S-22).
enum class Protocol : std::uint8_t { automatic, tcp, http, http2, grpc, tls };
// From a port name, semantics S-54: the part before the first '-'. Ports of S-52 count as tcp.
Protocol protocol_of(const std::string& port_name, std::uint16_t port);
// One of S-54's names in any case, as in `appProtocol`; nothing if it is none of them.
std::optional<Protocol> protocol_named(std::string_view name);
std::string_view to_string(Protocol protocol);
// Declared HTTP of some version: the client begins, and semantics S-14 to S-17 hold.
bool is_http(Protocol protocol);

struct Namespace {
  Meta meta;
  friend bool operator==(const Namespace&, const Namespace&) = default;
};

struct ServiceAccount {
  Meta meta;
  friend bool operator==(const ServiceAccount&, const ServiceAccount&) = default;
};

struct ServicePort {
  std::string name;
  std::uint16_t port = 0;
  // The workload's port: a number, or the name of a container port.
  std::variant<std::uint16_t, std::string> target = std::uint16_t{0};
  Protocol protocol = Protocol::automatic;
  friend bool operator==(const ServicePort&, const ServicePort&) = default;
};

struct Service {
  Meta meta;
  Labels selector;
  std::vector<ServicePort> ports;
  bool headless = false;
  IpAddress address;  // the cluster IP; given by the control plane, 0.0.0.0 before and if headless
  friend bool operator==(const Service&, const Service&) = default;
};
// "httpbin.full.svc.cluster.local"
std::string host_of(const Service& service, const std::string& cluster_domain);

struct ContainerPort {
  std::string name;
  std::uint16_t port = 0;
  friend bool operator==(const ContainerPort&, const ContainerPort&) = default;
};

struct Container {
  std::string name;
  std::string image;
  std::vector<std::string> command;
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;
  std::string working_dir;
  std::vector<ContainerPort> ports;
  std::optional<std::uint32_t> run_as_user;
  friend bool operator==(const Container&, const Container&) = default;
};

struct PodTemplate {
  Labels labels;
  Labels annotations;
  std::string service_account = "default";  // I-3
  std::vector<Container> containers;
  std::optional<std::uint32_t> run_as_user;
  friend bool operator==(const PodTemplate&, const PodTemplate&) = default;
};

struct Deployment {
  Meta meta;
  int replicas = 1;
  Labels selector;
  PodTemplate pod;
  friend bool operator==(const Deployment&, const Deployment&) = default;
};

struct Pod {
  Meta meta;  // labels and annotations are the pod's own; `pod` repeats them
  PodTemplate pod;
  friend bool operator==(const Pod&, const Pod&) = default;
};

struct Job {
  Meta meta;
  PodTemplate pod;
  friend bool operator==(const Job&, const Job&) = default;
};

// One running instance: what the runtime (or, later, a cluster) reports as being there.
struct Workload {
  std::string namespace_name;
  std::string name;        // of the instance: "httpbin-dcd949489-5cndk"
  std::string owner;       // the Deployment, Pod or Job it belongs to: "httpbin"
  std::string owner_kind;  // "Deployment", "Pod" or "Job"
  std::string service_account = "default";
  Labels labels;
  IpAddress address;
  std::vector<ContainerPort> ports;
  bool has_sidecar = false;
  // The label security.istio.io/tlsMode, defaulted to "istio" with a sidecar (M-10, M-11).
  std::string tls_mode;
  std::uint32_t sidecar_uid = 0;  // who may ask for this workload's identity
  bool ready = false;             // endpoints are ready workloads

  [[nodiscard]] std::string key() const { return namespace_name + "/" + name; }
  [[nodiscard]] bool mesh_capable() const { return tls_mode == "istio"; }
  friend bool operator==(const Workload&, const Workload&) = default;
};

// The port of `workload` that `port` leads to; nothing if it names a port the workload lacks.
std::optional<std::uint16_t> target_port(const ServicePort& port, const Workload& workload);

}  // namespace mortise::model
