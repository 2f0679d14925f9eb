// runtime/net/capture.h — puts rule text in force inside a network namespace. NftCapture uses
// libnftables in this process; another mechanism (eBPF, a host's own table) would be another class.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace mortise::runtime {

class Capture {
 public:
  virtual ~Capture() = default;
  // All of the text or none of it.
  virtual Result<void> apply(const std::string& netns, const std::string& rules) = 0;
  // Another number after every change of rules there, whoever made it.
  virtual Result<std::uint32_t> generation(const std::string& netns) = 0;
};

class NftCapture final : public Capture {
 public:
  Result<void> apply(const std::string& netns, const std::string& rules) override;
  Result<std::uint32_t> generation(const std::string& netns) override;
  // The same in the network namespace that the calling thread is in.
  static Result<void> try_here(const std::string& rules);
};

}  // namespace mortise::runtime
