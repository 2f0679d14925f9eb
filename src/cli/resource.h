// cli/resource.h — what the mtls verbs act on: mesh | NS | NS/SERVICE | NS/SERVICE:PORT.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace mortise::cli {

struct Resource {
  enum class Scope { mesh, whole_namespace, service, port };
  Scope scope = Scope::mesh;
  std::string namespace_name;
  std::string service;
  std::string port;  // number or name

  // As the mtls verbs head their tables: "/mesh", "NS/", "NS/SERVICE".
  [[nodiscard]] std::string heading() const;
  friend bool operator==(const Resource&, const Resource&) = default;
};

Result<Resource> parse_resource(std::string_view text);

// Names of objects as Kubernetes allows them (RFC 1123 labels).
bool is_object_name(std::string_view text);

}  // namespace mortise::cli
