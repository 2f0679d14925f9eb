// pki/testing.h — what the tests of this folder share: fixed times, and keys and requests of the
// kinds that we never make ourselves.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "pki/csr.h"
#include "pki/openssl.h"

namespace mortise::pki::testing {

using namespace std::chrono_literals;

// 2026-11-21 12:00:00 UTC
inline const WallTime kNow{std::chrono::seconds{1795262400}};

inline Root test_root(const std::string& trust_domain = "cluster.local") {
  auto root = make_root(trust_domain, kNow - 2min, kNow + 24h * 3650);
  EXPECT_TRUE(root) << root.error().what();
  return root.value_or(Root{});
}

inline std::shared_ptr<const PrivateKey> test_key() {
  auto key = PrivateKey::generate();
  EXPECT_TRUE(key) << key.error().what();
  return key.value_or(nullptr);
}

inline std::string encoded(const X509_REQ* request) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(request, &der);
  EXPECT_GT(size, 0);
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

// A request that names `named` and is signed with `signing`.
inline std::string request_of(EVP_PKEY* named, EVP_PKEY* signing) {
  const X509ReqPtr request(X509_REQ_new());
  EXPECT_EQ(X509_REQ_set_pubkey(request.get(), named), 1);
  EXPECT_GT(X509_REQ_sign(request.get(), signing, EVP_sha256()), 0);
  return encoded(request.get());
}

}  // namespace mortise::pki::testing
