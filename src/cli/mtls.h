// cli/mtls.h — the tables of the mtls verbs, to the letter of the seeds they come from.
#pragma once

#include "cli/resource.h"
#include "client/answers.h"

namespace mortise::cli {

// "mTLS rule for NS/SERVICE", an empty line, and a row per rule. `wide` adds Scope and Source.
std::string mtls_table(const Resource& resource, const client::MtlsRule& rule, bool wide);

}  // namespace mortise::cli
