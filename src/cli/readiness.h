// cli/readiness.h — what of a declared mesh is not there yet, and why. Pure: objects and running
// workloads in, sentences out.
#pragma once

#include <string>
#include <vector>

#include "client/answers.h"

namespace mortise::cli {

struct Unready {
  std::string who;  // "full/httpbin"
  std::string why;  // "its sidecar has not connected yet"
  friend bool operator==(const Unready&, const Unready&) = default;
};

// A Deployment needs its replicas, a Pod itself, a Job one that runs or has completed. An instance
// counts when its program is ready and its sidecar, if it has one, is connected and in sync. A
// young one that was restarted counts only later.
std::vector<Unready> unready(const std::vector<client::Object>& objects,
                             const std::vector<client::WorkloadStatus>& workloads);

}  // namespace mortise::cli
