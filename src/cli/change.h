// cli/change.h — says what a change of objects did, and refuses files that could not work.
#pragma once

#include "cli/verb.h"
#include "client/client.h"
#include "manifest/manifest.h"

namespace mortise::cli {

// "policy.authentication.istio.io/httpbin" for "Policy/full/httpbin", as kubectl prints it.
std::string kubectl_name(const std::string& ref);

// "revision 7, applied by 5 of 5 proxies in 12 ms"; without a receipt the revision alone.
std::string receipt_line(std::uint64_t revision, const std::optional<client::Receipt>& receipt);

// Prints the receipt and the proxies that have not confirmed; kFailed if there are any.
int report_receipt(const Context& context, std::uint64_t revision,
                   const std::optional<client::Receipt>& receipt);

// Prints a whole answer: a line per object, notes, receipt; or the reasons of a refusal.
// `suffix` follows each object's line: " (dry run)".
int report_change(const Context& context, const client::Change& change,
                  const std::string& suffix = "");

// The files as the control plane will read them.
manifest::Parsed parse_files(const client::Apply& what);

// What this machine knows to be wrong before anything is sent: mistakes in the files, and every
// container whose program is not there.
std::vector<client::Problem> problems_before_sending(Context& context, const client::Apply& what);
// Prints them; kBadInput.
int report_problems(const Context& context, const std::vector<client::Problem>& problems);

}  // namespace mortise::cli
