#include "control/ca/authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace mortise::control::ca {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class AuthorityTest : public ::testing::Test {
 protected:
  AuthorityTest() {
    std::string pattern = ::testing::TempDir() + "mortise-ca-XXXXXX";
    base_ = mkdtemp(pattern.data());
  }
  ~AuthorityTest() override { std::filesystem::remove_all(base_); }

  Result<std::unique_ptr<Authority>> open(const std::string& domain = "cluster.local") {
    return Authority::open({.directory = base_ + "/ca", .trust_domain = domain}, clock_);
  }
  mode_t mode_of(const std::string& name) {
    struct stat status {};
    EXPECT_EQ(::stat((base_ + name).c_str(), &status), 0) << name;
    return status.st_mode & 0777;
  }

  std::string base_;
  SystemClock clock_;
};

TEST_F(AuthorityTest, KeepsItsRootAcrossRestarts) {
  const auto first = open();
  ASSERT_TRUE(first) << first.error().what();
  const auto second = open();
  ASSERT_TRUE(second) << second.error().what();
  EXPECT_EQ((*first)->root().sha256(), (*second)->root().sha256());
}

TEST_F(AuthorityTest, KeyIsReadableByItsOwnerAlone) {
  ASSERT_TRUE(open());
  EXPECT_EQ(mode_of("/ca"), 0700U);
  EXPECT_EQ(mode_of("/ca/root-key.pem"), 0600U);
  EXPECT_FALSE(std::filesystem::exists(base_ + "/ca/root-key.pem.new"));
}

TEST_F(AuthorityTest, RefusesAKeyThatOthersCouldHaveRead) {
  ASSERT_TRUE(open());
  ::chmod((base_ + "/ca/root-key.pem").c_str(), 0644);
  const auto again = open();
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().what(), HasSubstr("chmod 600"));
}

TEST_F(AuthorityTest, CertificateOfACutOffFirstStartIsReplaced) {
  ASSERT_TRUE(open());
  std::filesystem::remove(base_ + "/ca/root-key.pem");
  EXPECT_TRUE(open());
}

TEST_F(AuthorityTest, KeyWithoutCertificateIsNotPaperedOver) {
  ASSERT_TRUE(open());
  std::filesystem::remove(base_ + "/ca/root-cert.pem");
  const auto again = open();
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().what(), HasSubstr("restore it from a backup"));
}

TEST_F(AuthorityTest, AnotherTrustDomainIsRefused) {
  ASSERT_TRUE(open());
  const auto other = open("other.example");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), Code::conflict);
}

TEST_F(AuthorityTest, LeafNamesTheCallerWhateverTheRequestAsks) {
  const auto authority = open();
  ASSERT_TRUE(authority);
  const auto key = pki::PrivateKey::generate().value();
  const auto csr = pki::make_csr(*key, {"cluster.local", "kube-system", "admin"}).value();
  const auto leaf = (*authority)->issue(csr, {"cluster.local", "full", "sleep"});
  ASSERT_TRUE(leaf) << leaf.error().what();
  EXPECT_THAT(leaf->uris(), ::testing::ElementsAre("spiffe://cluster.local/ns/full/sa/sleep"));
  EXPECT_LE(leaf->not_after(), clock_.wall() + 24h);
  EXPECT_GT(leaf->not_after(), clock_.wall() + 23h);
  EXPECT_LT(leaf->not_before(), clock_.wall());
}

TEST_F(AuthorityTest, CallerOfAForeignTrustDomainGetsNothing) {
  const auto authority = open();
  const auto key = pki::PrivateKey::generate().value();
  const auto csr = pki::make_csr(*key, {"other", "full", "sleep"}).value();
  EXPECT_EQ((*authority)->issue(csr, {"other", "full", "sleep"}).error().code(), Code::denied);
}

}  // namespace
}  // namespace mortise::control::ca
