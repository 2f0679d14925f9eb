#include "runtime/log_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "runtime/files.h"
#include "runtime/testing.h"

namespace mortise::runtime {
namespace {

TEST(CutLongLogs, KeepsOneOlderFileAndTheWriterGoesOnAtTheBeginning) {
  const testing_::TemporaryDir dir;
  const auto path = dir.path() + "/pod.log";
  const io::Descriptor writer(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600));
  const std::string first(100, 'a');
  ASSERT_EQ(::write(writer.get(), first.data(), first.size()), 100);
  ASSERT_TRUE(replace_file(path + ".1", "older still", 0600).has_value());
  NoLog log;

  cut_long_logs(dir.path(), 100, log);
  EXPECT_EQ(*read_file(path), first) << "at its limit it is not too long";

  ASSERT_EQ(::write(writer.get(), "b", 1), 1);
  cut_long_logs(dir.path(), 100, log);
  EXPECT_EQ(*read_file(path), "");
  EXPECT_EQ(*read_file(path + ".1"), first + "b");

  ASSERT_EQ(::write(writer.get(), "c", 1), 1);
  EXPECT_EQ(*read_file(path), "c");
}

TEST(CutLongLogs, LeavesOtherFilesAlone) {
  const testing_::TemporaryDir dir;
  ASSERT_TRUE(replace_file(dir.path() + "/store.db", "0123456789", 0600).has_value());
  NoLog log;
  cut_long_logs(dir.path(), 5, log);
  EXPECT_EQ(*read_file(dir.path() + "/store.db"), "0123456789");
}

}  // namespace
}  // namespace mortise::runtime
