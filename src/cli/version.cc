#include "cli/version.h"

namespace mortise::cli {

std::string_view version() { return MORTISE_VERSION; }

}  // namespace mortise::cli
