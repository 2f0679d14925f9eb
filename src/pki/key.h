// pki/key.h — an ECDSA P-256 private key. It never leaves the process that made it, except the
// CA's, which is a 0600 file.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

struct evp_pkey_st;

namespace mortise::pki {

class PrivateKey {
 public:
  static Result<std::shared_ptr<const PrivateKey>> generate();
  // PEM, PKCS#8. For the CA's own key file only.
  static Result<std::shared_ptr<const PrivateKey>> from_pem(const std::string& pem);
  Result<std::string> to_pem() const;

  explicit PrivateKey(evp_pkey_st* owned);
  ~PrivateKey();
  PrivateKey(const PrivateKey&) = delete;
  PrivateKey& operator=(const PrivateKey&) = delete;

  [[nodiscard]] evp_pkey_st* get() const { return key_; }

 private:
  evp_pkey_st* key_;
};

}  // namespace mortise::pki
