// control/discovery/catalog.h — the resources of api/discovery.proto by name: made from the
// registry, encoded once per version, and the same bytes for every proxy that wants them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "control/registry/registry.h"

namespace mortise::control::discovery {

struct Encoded {
  std::string name;
  std::uint64_t version = 0;  // of the content: equal bodies have equal versions
  std::string bytes;          // a whole Resource
};

// Resources sorted by name, each once. Equal entries are the same object, so that two of these
// are compared at the price of their pointers.
using Holdings = std::vector<std::shared_ptr<const Encoded>>;

class Catalog {
 public:
  struct Options {
    std::vector<std::string> roots_der;    // the trust bundle
    std::vector<std::string> mesh_ranges;  // CIDRs of services and workloads
    // A mesh of at most this many services is known to every proxy in advance.
    std::size_t set_size = 1000;
  };

  Catalog(const registry::Registry& registry, Options options)
      : registry_(registry), options_(std::move(options)) {}

  // Null when there is no such thing. Encodes at the first call after a change.
  std::shared_ptr<const Encoded> find(const std::string& name);
  // What every proxy is told. Made once after a change, not once per proxy.
  const Holdings& told_to_all();
  // The settings for a proxy that has been told only part of the mesh so far.
  std::shared_ptr<const Encoded> incomplete_settings() const;
  // Forgets what the change may have altered.
  void on_change(const registry::Touched& touched);
  // Whether everything is told to everybody.
  [[nodiscard]] bool complete() const { return registry_.services().size() <= options_.set_size; }

 private:
  struct Slot {
    std::shared_ptr<const Encoded> encoded;
    bool fresh = false;
  };
  void forget(const std::string& name);
  void forget_all(const std::string& prefix);
  std::shared_ptr<const Encoded> encode(const std::string& name, bool complete) const;

  const registry::Registry& registry_;
  Options options_;
  std::unordered_map<std::string, Slot> slots_;
  bool was_complete_ = true;
  std::optional<Holdings> told_to_all_;
};

// Resource names, in one place.
std::string modes_name(const std::string& namespace_name);  // "" is the mesh
std::string service_name(const std::string& key);
std::string workload_name(const std::string& key);
std::string inbound_name(const std::string& key);
std::string rules_name(const std::string& client_namespace);
std::string address_name(const std::string& ip);

}  // namespace mortise::control::discovery
