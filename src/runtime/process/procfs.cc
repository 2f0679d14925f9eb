#include "runtime/process/procfs.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "runtime/files.h"
#include "runtime/net/netns.h"

namespace mortise::runtime {

namespace {

std::vector<int> all_processes() {
  std::vector<int> pids;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), ::closedir);
  if (!folder) return pids;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    int pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc() && end == name.data() + name.size()) pids.push_back(pid);
  }
  return pids;
}

std::string proc_path(int pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

// The folder's owner may be root for a process that hides itself, so ask for the status. Zombies
// are nobody's: their parents may take their time.
std::optional<std::uint32_t> user_of(int pid) {
  const auto status = read_file(proc_path(pid, "status"));
  if (!status || status->find("\nState:\tZ") != std::string::npos) return std::nullopt;
  constexpr std::string_view kField = "\nUid:\t";
  const auto at = status->find(kField);
  if (at == std::string::npos) return std::nullopt;
  std::uint32_t uid = 0;
  const char* const digits = status->data() + at + kField.size();
  if (std::from_chars(digits, status->data() + status->size(), uid).ec != std::errc())
    return std::nullopt;
  return uid;
}

}  // namespace

std::optional<std::uint64_t> start_time_in(std::string_view stat) {
  // The name, field 2, is in brackets and may contain anything, brackets and blanks too.
  const auto close = stat.rfind(") ");
  if (close == std::string_view::npos) return std::nullopt;
  stat.remove_prefix(close + 2);
  if (stat.starts_with('Z') || stat.starts_with('X')) return std::nullopt;
  for (int field = 3; field < 22; ++field) {
    const auto blank = stat.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    stat.remove_prefix(blank + 1);
  }
  std::uint64_t ticks = 0;
  if (std::from_chars(stat.data(), stat.data() + stat.size(), ticks).ec != std::errc())
    return std::nullopt;
  return ticks;
}

std::optional<std::uint64_t> start_time_of(int pid) {
  const auto stat = read_file(proc_path(pid, "stat"));
  if (!stat) return std::nullopt;
  return start_time_in(*stat);
}

bool is_alive(const ProcessId& process) {
  return process.valid() && start_time_of(process.pid) == process.start_time;
}

std::vector<int> processes_in(const std::string& netns, std::optional<uid_t> uid) {
  std::vector<int> found;
  struct stat wanted{};
  if (::stat(netns_path(netns).c_str(), &wanted) != 0) return found;
  for (const int pid : all_processes()) {
    struct stat own{};
    if (pid == ::getpid() || ::stat(proc_path(pid, "ns/net").c_str(), &own) != 0) continue;
    if (own.st_dev != wanted.st_dev || own.st_ino != wanted.st_ino) continue;
    const auto user = user_of(pid);
    if (user && (!uid || user == uid)) found.push_back(pid);
  }
  return found;
}

std::vector<int> processes_of(UidRange users) {
  std::vector<int> found;
  if (users.count == 0) return found;
  for (const int pid : all_processes()) {
    const auto user = user_of(pid);
    if (user && *user >= users.first && *user - users.first < users.count) found.push_back(pid);
  }
  return found;
}

std::vector<ProcessId> processes_named(const std::vector<std::string>& words) {
  std::string wanted;
  for (const auto& word : words) wanted += '\0' + word;
  wanted += '\0';
  std::vector<ProcessId> found;
  for (const int pid : all_processes()) {
    struct stat owner{};
    if (pid == ::getpid() || ::stat(proc_path(pid, "").c_str(), &owner) != 0 ||
        owner.st_uid != ::geteuid())
      continue;  // anybody can write such words
    const auto line = read_file(proc_path(pid, "cmdline"));
    if (!line || line->find(wanted) == std::string::npos) continue;
    if (const auto start = start_time_of(pid)) found.push_back({pid, *start});
  }
  return found;
}

std::vector<int> processes_with_mount(const std::string& path) {
  std::string wanted = " ";
  for (const char byte : path) {  // as proc(5) writes it
    const bool is_escaped = byte == ' ' || byte == '\t' || byte == '\n' || byte == '\\';
    wanted += is_escaped ? fmt::format("\\{:03o}", byte) : std::string(1, byte);
  }
  wanted += ' ';
  struct stat own{};
  std::vector<int> found;
  if (::stat("/proc/self/ns/user", &own) != 0) return found;
  for (const int pid : all_processes()) {
    struct stat other{};
    if (::stat(proc_path(pid, "ns/user").c_str(), &other) != 0 || other.st_ino == own.st_ino)
      continue;
    const auto mounts = read_file(proc_path(pid, "mountinfo"));
    if (mounts && mounts->find(wanted) != std::string::npos) found.push_back(pid);
  }
  return found;
}

}  // namespace mortise::runtime
