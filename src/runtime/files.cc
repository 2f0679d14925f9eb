#include "runtime/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "io/descriptor.h"

namespace mortise::runtime {

namespace {

constexpr std::size_t kLongestLine = 160;

Result<void> write_whole(int file, std::string_view text, const std::string& path) {
  off_t at = 0;
  while (!text.empty()) {
    const auto written = ::pwrite(file, text.data(), text.size(), at);
    if (written < 0) {
      if (errno == EINTR) continue;
      return fail_errno("write " + path);
    }
    text.remove_prefix(static_cast<std::size_t>(written));
    at += written;
  }
  return {};
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const io::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) {
    if (errno == ENOENT) return fail(Code::not_found, path + " does not exist");
    return fail_errno("read " + path);
  }
  std::string text;
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const auto got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read " + path);
    if (got == 0) return text;
    if (text.size() + static_cast<std::size_t>(got) > limit)
      return fail(Code::exhausted, path + " is too large");
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::string last_line(const std::string& path) {
  // O_NONBLOCK: a program owns its log, and may hold a lease on it, which is not waited for.
  const io::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return {};
  const auto size = ::lseek(file.get(), 0, SEEK_END);
  std::array<char, 1024> buffer{};
  const auto length = static_cast<off_t>(buffer.size());
  const auto got =
      ::pread(file.get(), buffer.data(), buffer.size(), std::max<off_t>(size - length, 0));
  if (got <= 0) return {};
  std::string_view text(buffer.data(), static_cast<std::size_t>(got));
  const auto end = text.find_last_not_of("\r\n ");
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end + 1);
  const auto start = text.rfind('\n');
  std::string line(start == std::string_view::npos ? text : text.substr(start + 1));
  line.resize(std::min(line.size(), kLongestLine));
  std::ranges::replace_if(line, [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
  return line;
}

Result<void> replace_file(const std::string& path, std::string_view text, mode_t mode) {
  const auto next = path + ".next";
  const io::Descriptor file(
      ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!file.valid()) return fail_errno("create " + next);
  auto written = write_whole(file.get(), text, next);
  if (written && ::rename(next.c_str(), path.c_str()) != 0) written = fail_errno("rename " + next);
  if (!written) ::unlink(next.c_str());  // on a full disk every byte counts
  return written;
}

Result<void> rewrite_file(const std::string& path, std::string_view text, mode_t mode) {
  if (const auto old = read_file(path); old && *old == text) return {};
  const io::Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!file.valid()) return fail_errno("create " + path);
  if (::fchmod(file.get(), mode) != 0) return fail_errno("chmod " + path);
  // The new text first, then the cut: a reader in between finds all new lines.
  CHECK_OK(write_whole(file.get(), text, path));
  if (::ftruncate(file.get(), static_cast<off_t>(text.size())) != 0)
    return fail_errno("truncate " + path);
  return {};
}

Result<void> make_dir(const std::string& path, mode_t mode, std::optional<uid_t> owner) {
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return fail_errno("mkdir " + path);
  const io::Descriptor dir(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!dir.valid()) return fail_errno("open " + path);
  if (owner && ::fchown(dir.get(), *owner, *owner) != 0) return fail_errno("chown " + path);
  if (::fchmod(dir.get(), mode) != 0) return fail_errno("chmod " + path);
  return {};
}

Result<void> remove_all(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return fail_errno("remove " + path, error.value());
  return {};
}

}  // namespace mortise::runtime
