// proxy/version.h — what the sidecar calls itself towards the control plane.
#pragma once

namespace mortise::proxy {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace mortise::proxy
