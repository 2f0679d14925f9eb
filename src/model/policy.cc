#include "model/policy.h"

#include <string_view>

namespace mortise::model {

std::string_view to_string(MtlsMode mode) {
  switch (mode) {
    case MtlsMode::disable:
      return "DISABLE";
    case MtlsMode::permissive:
      return "PERMISSIVE";
    case MtlsMode::strict:
      return "STRICT";
  }
  return "?";
}

std::string_view to_string(ClientTlsMode mode) {
  switch (mode) {
    case ClientTlsMode::disable:
      return "DISABLE";
    case ClientTlsMode::simple:
      return "SIMPLE";
    case ClientTlsMode::mutual:
      return "MUTUAL";
    case ClientTlsMode::istio_mutual:
      return "ISTIO_MUTUAL";
  }
  return "?";
}

}  // namespace mortise::model
