#include "control/store/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "control/store/schema.h"
#include "io/epoll_loop.h"

namespace mortise::control::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SqliteStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "store-XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path() const { return directory_ + "/store.db"; }

  std::string directory_;
};

Change sample(const std::string& name, std::uint64_t order) {
  Change change;
  change.put.push_back(
      {{"Policy", "full", name}, R"({"kind":"Policy"})", 1700, order, {"a.yaml", 7}});
  change.put_workloads = {{"full/" + name + "-1", "{}"}};
  change.put_addresses = {{"full/" + name, "198.19.0.1"}};
  change.settings = {{"pki.workloadTTL", "1h"}};
  change.seconds = 1800;
  change.author = "root";
  change.reason = "because";
  change.difference = "{}";
  return change;
}

TEST_F(SqliteStoreTest, EachChangeIsOneRevision) {
  io::EpollLoop loop(1);
  auto store = SqliteStore::open(loop, path());
  ASSERT_TRUE(store) << store.error().what();
  EXPECT_EQ(loop.run_until_done((*store)->load())->revision, 0U);
  EXPECT_EQ(loop.run_until_done((*store)->commit(sample("a", 1))), 1U);
  EXPECT_EQ(loop.run_until_done((*store)->commit(sample("b", 2))), 2U);
  EXPECT_EQ(loop.run_until_done((*store)->load())->revision, 2U);
}

// What a `down --purge` leaves that was killed, or a person who removed the database alone.
TEST_F(SqliteStoreTest, TheJournalOfARemovedDatabaseIsForgotten) {
  const auto other = directory_ + "/other.db";
  io::EpollLoop loop(1);
  {
    auto store = SqliteStore::open(loop, other);
    ASSERT_TRUE(store) << store.error().what();
    EXPECT_EQ(loop.run_until_done((*store)->commit(sample("a", 1))), 1U);
    std::filesystem::copy_file(other + "-wal", path() + "-wal");
  }
  ASSERT_GT(std::filesystem::file_size(path() + "-wal"), 0U);
  auto store = SqliteStore::open(loop, path());
  ASSERT_TRUE(store) << store.error().what();
  EXPECT_EQ(loop.run_until_done((*store)->load())->revision, 0U);
}

TEST_F(SqliteStoreTest, EverythingIsThereAfterReopening) {
  {
    io::EpollLoop loop(1);
    auto store = SqliteStore::open(loop, path());
    ASSERT_TRUE(store);
    ASSERT_TRUE(loop.run_until_done((*store)->commit(sample("a", 1))));
  }
  io::EpollLoop loop(1);
  auto store = SqliteStore::open(loop, path());
  ASSERT_TRUE(store);
  const auto contents = loop.run_until_done((*store)->load());
  ASSERT_TRUE(contents);
  EXPECT_THAT(contents->objects, ElementsAre(sample("a", 1).put[0]));
  EXPECT_EQ(contents->workloads, (Entries{{"full/a-1", "{}"}}));
  EXPECT_EQ(contents->addresses, (Entries{{"full/a", "198.19.0.1"}}));
  EXPECT_EQ(contents->settings, (Entries{{"pki.workloadTTL", "1h"}}));
  const auto history = loop.run_until_done((*store)->history(0, 10));
  ASSERT_TRUE(history);
  EXPECT_THAT(*history, ElementsAre(Revision{1, 1800, "root", "because", "{}"}));
}

TEST_F(SqliteStoreTest, RemovingForgetsAndChangesWithoutDifferenceLeaveNoHistory) {
  io::EpollLoop loop(1);
  auto store = SqliteStore::open(loop, path());
  ASSERT_TRUE(store);
  ASSERT_TRUE(loop.run_until_done((*store)->commit(sample("a", 1))));
  Change change;
  change.removed = {{"Policy", "full", "a"}};
  change.removed_workloads = {"full/a-1"};
  change.removed_addresses = {"full/a"};
  EXPECT_EQ(loop.run_until_done((*store)->commit(change)), 2U);
  const auto contents = loop.run_until_done((*store)->load());
  EXPECT_TRUE(contents->objects.empty());
  EXPECT_TRUE(contents->workloads.empty());
  EXPECT_TRUE(contents->addresses.empty());
  EXPECT_EQ(loop.run_until_done((*store)->history(0, 10))->size(), 1U);
}

TEST_F(SqliteStoreTest, AnAnsweredChangeSurvivesKill9) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    io::EpollLoop loop(1);
    auto store = SqliteStore::open(loop, path());
    if (!store) _exit(1);
    for (std::uint64_t order = 1; order <= 5; ++order) {
      if (!loop.run_until_done((*store)->commit(sample("n" + std::to_string(order), order)))) {
        _exit(2);
      }
    }
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);

  io::EpollLoop loop(1);
  auto store = SqliteStore::open(loop, path());
  ASSERT_TRUE(store);
  const auto contents = loop.run_until_done((*store)->load());
  EXPECT_EQ(contents->revision, 5U);
  EXPECT_EQ(contents->objects.size(), 5U);
}

TEST_F(SqliteStoreTest, AFullDiskIsAnErrorAndChangesNothing) {
  auto database = Database::open(path());
  ASSERT_TRUE(database);
  ASSERT_TRUE(bring_up_to_date(*database));
  ASSERT_TRUE(write_change(*database, sample("a", 1)));
  // SQLite answers SQLITE_FULL beyond this size, as it does when the file system is full.
  ASSERT_TRUE(database->execute("PRAGMA max_page_count = 1"));
  auto large = sample("b", 2);
  large.put[0].content.assign(1 << 20, 'x');
  const auto refused = write_change(*database, large);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::exhausted);

  const auto contents = read_contents(*database);
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->revision, 1U);
  EXPECT_EQ(contents->objects.size(), 1U);
  // And the connection still works when there is room again.
  ASSERT_TRUE(database->execute("PRAGMA max_page_count = 100000"));
  EXPECT_EQ(write_change(*database, large), 2U);
}

TEST_F(SqliteStoreTest, AReadOnlyDatabaseIsAnErrorAndChangesNothing) {
  auto database = Database::open(path());
  ASSERT_TRUE(database);
  ASSERT_TRUE(bring_up_to_date(*database));
  ASSERT_TRUE(database->execute("PRAGMA query_only = 1"));
  const auto refused = write_change(*database, sample("a", 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::denied);
  EXPECT_EQ(read_contents(*database)->revision, 0U);
}

TEST_F(SqliteStoreTest, AStoreOfANewerVersionIsRefused) {
  {
    auto database = Database::open(path());
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute("PRAGMA user_version = 99"));
  }
  io::EpollLoop loop(1);
  const auto store = SqliteStore::open(loop, path());
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().what(), HasSubstr("newer"));
}

TEST_F(SqliteStoreTest, TheFileIsPrivate) {
  io::EpollLoop loop(1);
  ASSERT_TRUE(SqliteStore::open(loop, path()));
  struct stat status{};
  ASSERT_EQ(stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(SqliteStoreTest, ACancelledCallerDoesNotCancelTheChange) {
  io::EpollLoop loop(1);
  auto store = SqliteStore::open(loop, path());
  ASSERT_TRUE(store);
  {
    auto task = (*store)->commit(sample("a", 1));
    task.start();
  }
  EXPECT_EQ(loop.run_until_done((*store)->load())->revision, 1U);
}

}  // namespace
}  // namespace mortise::control::store
