#include "runtime/log_files.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "base/result.h"
#include "io/descriptor.h"

namespace mortise::runtime {

namespace {

namespace fs = std::filesystem;

Result<void> copy_end(int from, std::uintmax_t size, std::uintmax_t most, const std::string& path) {
  const io::Descriptor to(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!to.valid()) return fail_errno("create " + path);
  // Its owner may have made it as long as it likes, or go on writing as fast as we read.
  auto left = std::min(size, most);
  auto at = static_cast<off_t>(size - left);
  while (left > 0) {
    const auto sent = ::sendfile(to.get(), from, &at, left);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return fail_errno("write " + path);
    if (sent == 0) break;
    left -= static_cast<std::uintmax_t>(sent);
  }
  return {};
}

// The writers append, so their next line is the first of the cut file.
void cut(const std::string& path, std::uintmax_t size, std::uintmax_t limit, Log& log) {
  // O_NONBLOCK: its owner may hold a lease on it, which is not waited for.
  const io::Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid()) return;
  const auto older = path + ".1";
  ::unlink(older.c_str());  // first: the copy may need its room
  const auto copied = copy_end(file.get(), size, 2 * limit, older);
  if (!copied) {
    ::unlink(older.c_str());
    log.warning("what was in " + path + " is dropped, it grew too long: " + copied.error().what());
  }
  if (::ftruncate(file.get(), 0) != 0) log.warning(fail_errno("cut " + path).error().what());
}

}  // namespace

std::uintmax_t log_limit() {
  const char* const text = std::getenv("MORTISE_LOG_BYTES");
  if (text == nullptr) return kLogLimit;
  const std::string_view written(text);
  std::uintmax_t limit = 0;
  const auto [stop, error] = std::from_chars(written.begin(), written.end(), limit);
  return error == std::errc() && stop == written.end() && limit > 0 ? limit : kLogLimit;
}

void cut_long_logs(const std::string& folder, std::uintmax_t limit, Log& log) {
  std::error_code error;  // a file that vanishes meanwhile is as good as short
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code vanished;
    if (entry->path().extension() != ".log" || !entry->is_regular_file(vanished)) continue;
    const auto size = entry->file_size(vanished);
    if (!vanished && size > limit) cut(entry->path().string(), size, limit, log);
  }
}

}  // namespace mortise::runtime
