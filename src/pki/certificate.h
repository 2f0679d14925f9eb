// pki/certificate.h — an X.509 certificate as a value: its DER bytes and what we read from them.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace mortise::pki {

class Certificate {
 public:
  Certificate() = default;
  static Result<Certificate> from_der(std::string der);
  static Result<Certificate> from_pem(const std::string& pem);

  [[nodiscard]] const std::string& der() const { return der_; }
  [[nodiscard]] std::string to_pem() const;
  // URI SANs in order; a workload certificate has exactly one, its SPIFFE id.
  [[nodiscard]] const std::vector<std::string>& uris() const { return uris_; }
  [[nodiscard]] WallTime not_before() const { return not_before_; }
  [[nodiscard]] WallTime not_after() const { return not_after_; }
  [[nodiscard]] const std::string& serial() const { return serial_; }  // lower-case hex
  [[nodiscard]] std::string sha256() const;                            // 64 lower-case hex digits

 private:
  std::string der_;
  std::vector<std::string> uris_;
  WallTime not_before_;
  WallTime not_after_;
  std::string serial_;
};

}  // namespace mortise::pki
