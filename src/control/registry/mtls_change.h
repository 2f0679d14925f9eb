// control/registry/mtls_change.h — `mtls allow|require|disable|unset`: which object says it, and
// how it is edited. An object of exactly that scope is edited, never given a twin. Pure but for
// the five characters of a new name.
#pragma once

#include <string>

#include "base/random.h"
#include "control/registry/admission.h"
#include "control/registry/mtls_resource.h"

namespace mortise::control::registry {

Planned plan_mtls(const Registry& registry, const MtlsResource& resource, MtlsAction action,
                  const Asked& asked, Random& random);

// "policy peers for backyards-demo/bookings set successfully"
std::string mtls_message(const MtlsResource& resource, MtlsAction action);

}  // namespace mortise::control::registry
