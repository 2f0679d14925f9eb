#include "cli/files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace mortise::cli {
namespace {

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "mortise-files-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder + "/" + name) << text;
  }

  std::string folder;
};

TEST_F(Files, OfAFolderAreItsManifestsByName) {
  write("b.yaml", "b");
  write("a.yml", "a");
  write("c.json", "c");
  write("notes.txt", "no");
  const auto files = read_files({folder});
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 3U);
  EXPECT_EQ((*files)[0].name, folder + "/a.yml");
  EXPECT_EQ((*files)[0].text, "a");
  EXPECT_EQ((*files)[2].text, "c");
}

TEST_F(Files, ThatAreMissingOrEmptyFoldersAreNamed) {
  const auto missing = read_files({folder + "/none.yaml"});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().what().find("none.yaml"), std::string::npos);
  const auto empty = read_files({folder});
  ASSERT_FALSE(empty);
  EXPECT_NE(empty.error().what().find(folder), std::string::npos);
}

TEST_F(Files, TogetherAreLimited) {
  write("a.yaml", std::string(3 << 20, 'a'));
  write("b.yaml", std::string(2 << 20, 'b'));
  EXPECT_TRUE(read_files({folder + "/a.yaml"}));
  const auto both = read_files({folder});
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().code(), Code::exhausted);
}

}  // namespace
}  // namespace mortise::cli
