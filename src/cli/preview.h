// cli/preview.h — what `apply --dry-run` shows: the difference between what is there and what the
// files would make of it.
#pragma once

#include "cli/verb.h"
#include "client/client.h"

namespace mortise::cli {

// One block per object that would change, as YAML; empty where nothing would.
Result<std::string> preview(Context& context, const client::Apply& what);

}  // namespace mortise::cli
