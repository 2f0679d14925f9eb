#include "control/ca/ca.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

namespace mortise::control::ca {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;

class FixedClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return {}; }
  [[nodiscard]] WallTime wall() const override { return WallTime(hours(24 * 20'000)); }
};

class CaTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "ca-XXXXXX";
    parent_ = mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(parent_); }

  [[nodiscard]] std::string directory() const { return parent_ + "/ca"; }
  [[nodiscard]] mode_t mode_of(const std::string& path) const {
    struct stat status{};
    return stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
  }

  FixedClock clock_;
  std::string parent_;
};

TEST_F(CaTest, TheFirstStartMakesARootForTenYearsThatOnlyItsOwnerCanRead) {
  const auto root = open_root(directory(), "cluster.local", clock_.wall());
  ASSERT_TRUE(root) << root.error().what();
  EXPECT_EQ(mode_of(directory()), 0700U);
  EXPECT_EQ(mode_of(directory() + "/root-key.pem"), 0600U);
  EXPECT_EQ(root->certificate.not_after() - clock_.wall(), hours(24 * 3652));
}

TEST_F(CaTest, TheNextStartFindsTheSameRoot) {
  const auto first = open_root(directory(), "cluster.local", clock_.wall());
  const auto second = open_root(directory(), "cluster.local", clock_.wall());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->certificate.der(), second->certificate.der());
}

TEST_F(CaTest, ACrashBeforeTheLastStepLeavesNoAuthority) {
  std::filesystem::create_directory(directory() + ".new");
  EXPECT_TRUE(open_root(directory(), "cluster.local", clock_.wall()));
  EXPECT_FALSE(std::filesystem::exists(directory() + ".new"));
}

TEST_F(CaTest, AMissingKeyIsAnErrorAndNeverANewRoot) {
  ASSERT_TRUE(open_root(directory(), "cluster.local", clock_.wall()));
  std::filesystem::remove(directory() + "/root-key.pem");
  const auto root = open_root(directory(), "cluster.local", clock_.wall());
  ASSERT_FALSE(root);
  EXPECT_THAT(root.error().what(), HasSubstr("restore it"));
}

TEST_F(CaTest, AKeyThatOthersCanReadIsRefused) {
  ASSERT_TRUE(open_root(directory(), "cluster.local", clock_.wall()));
  ASSERT_EQ(chmod((directory() + "/root-key.pem").c_str(), 0640), 0);
  const auto root = open_root(directory(), "cluster.local", clock_.wall());
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error().code(), Code::denied);
}

TEST_F(CaTest, SignsForTheCallerAndNotForWhomTheRequestNames) {
  auto root = open_root(directory(), "cluster.local", clock_.wall());
  ASSERT_TRUE(root);
  Ca ca(pki::make_signer(*root), clock_);
  const auto key = pki::PrivateKey::generate();
  ASSERT_TRUE(key);
  const auto csr = pki::make_csr(**key, {"cluster.local", "full", "admin"});
  ASSERT_TRUE(csr);

  const auto leaf = ca.sign(*csr, {"cluster.local", "full", "sleep"}, hours(24));
  ASSERT_TRUE(leaf) << leaf.error().what();
  EXPECT_THAT(leaf->uris(), ElementsAre("spiffe://cluster.local/ns/full/sa/sleep"));
  EXPECT_EQ(leaf->not_before(), clock_.wall() - minutes(2));
  EXPECT_EQ(leaf->not_after(), clock_.wall() + hours(24));
}

TEST_F(CaTest, WhatIsNoRequestIsRefused) {
  auto root = open_root(directory(), "cluster.local", clock_.wall());
  ASSERT_TRUE(root);
  Ca ca(pki::make_signer(*root), clock_);
  EXPECT_FALSE(ca.sign("nonsense", {"cluster.local", "full", "sleep"}, hours(24)));
}

}  // namespace
}  // namespace mortise::control::ca
