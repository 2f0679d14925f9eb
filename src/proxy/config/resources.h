// proxy/config/resources.h — the resources a sidecar holds, by name, and the snapshots made of
// them. Lives on the control loop; snapshots go to the traffic loops.
#pragma once

#include "proxy/config/decode.h"

namespace mortise::proxy {

class Resources {
 public:
  // Takes an update over as a whole, or leaves everything as it was.
  Result<std::shared_ptr<const Snapshot>> apply(const discovery_api::Update& update);

  [[nodiscard]] std::uint64_t revision() const { return revision_; }
  // For Hello: what is held, so that only the difference is sent.
  [[nodiscard]] std::map<std::string, std::uint64_t> held() const;
  // Everything as it was told, for the admin interface.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  struct Resource {
    std::uint64_t version = 0;
    // Decoded once per version; the others decode quickly and are kept as they came.
    WorkloadPtr workload;
    ServicePtr service;
    std::shared_ptr<const discovery_api::Resource> other;
  };
  using Table = std::map<std::string, Resource, std::less<>>;

  static Result<Resource> decode(const discovery_api::Resource& from);
  static Result<std::shared_ptr<const Snapshot>> assemble(const Table& table,
                                                          std::uint64_t revision);

  Table table_;
  std::uint64_t revision_ = 0;
};

}  // namespace mortise::proxy
