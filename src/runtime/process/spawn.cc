#include "runtime/process/spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "runtime/process/procfs.h"

namespace mortise::runtime {

namespace {

constexpr int kPatienceMs = 10'000;
constexpr char kReady = 'R';
constexpr char kGo = 'G';
constexpr int kPrivateDescriptors = 200;  // above any that is passed on

struct Pipe {
  io::Descriptor read_end;
  io::Descriptor write_end;

  static Result<Pipe> make() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("pipe");
    return Pipe{io::Descriptor(ends[0]), io::Descriptor(ends[1])};
  }
};

// Files opened by the parent, with its rights.
struct Files {
  io::Descriptor program;
  bool is_script = false;
  io::Descriptor log;
  io::Descriptor null;
  Pipe to_parent;
  Pipe to_child;
};

Result<Files> open_files(const Launch& launch) {
  Files files;
  TRY(files.program, open_program(launch.program, files.is_script));
  files.null = io::Descriptor(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!files.null.valid()) return fail_errno("/dev/null");
  const auto& log = launch.log_file;
  if (!log.empty()) {
    // O_NONBLOCK: an earlier run may hold a lease on it, which is not waited for.
    files.log = io::Descriptor(::open(
        log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
    if (!files.log.valid() || ::fcntl(files.log.get(), F_SETFL, O_APPEND) != 0)
      return fail_errno("log file " + log);
    // Opening /dev/stdout asks for rights to the file itself; the folders above stay closed to it.
    // The group stays ours, so that `logs` of a user whose mesh this is can read it.
    if (launch.sandbox && (::fchown(files.log.get(), launch.sandbox->uid, ::getegid()) != 0 ||
                           ::fchmod(files.log.get(), 0640) != 0))
      return fail_errno("give away log file " + log);
  }
  TRY(files.to_parent, Pipe::make());
  TRY(files.to_child, Pipe::make());
  return files;
}

// Tells the parent why, and ends.
[[noreturn]] void give_up(int parent, const std::string& reason) {
  // Nobody else could be told if this fails.
  [[maybe_unused]] const auto sent = ::write(parent, reason.data(), reason.size());
  ::_exit(127);
}

int move_up(int descriptor) { return ::fcntl(descriptor, F_DUPFD_CLOEXEC, kPrivateDescriptors); }

void reset_signals() {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
}

// Standard streams, then the passed descriptors; everything else closes at exec.
bool arrange_descriptors(const Files& files, const Launch& launch) {
  const int output = files.log.valid() ? files.log.get() : files.null.get();
  std::vector<int> passed;
  passed.reserve(launch.descriptors.size());
  for (const int descriptor : launch.descriptors) passed.push_back(move_up(descriptor));
  if (::dup2(files.null.get(), 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0)
    return false;
  int next = 3;
  for (const int descriptor : passed)
    if (::dup2(descriptor, next++) < 0) return false;
  return ::close_range(static_cast<unsigned>(next), ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

[[noreturn]] void run_child(const Files& files, const Launch& launch) {
  const int parent = move_up(files.to_parent.write_end.get());
  const int go = move_up(files.to_child.read_end.get());
  const int program = move_up(files.program.get());
  if (parent < 0 || go < 0 || program < 0)
    give_up(files.to_parent.write_end.get(), "too few descriptors for it: a higher ulimit -n");
  // Our copy of the parent's end, else its death would never be seen as the pipe's end.
  ::close(files.to_child.write_end.get());
  ::setsid();
  reset_signals();
  if (!arrange_descriptors(files, launch))
    give_up(parent, std::string("pass descriptors: ") + std::strerror(errno));
  if (launch.sandbox) {
    if (const auto entered = enter(*launch.sandbox); !entered)
      give_up(parent, entered.error().what());
  }
  char answer = kReady;
  if (::write(parent, &answer, 1) != 1 || ::read(go, &answer, 1) != 1 || answer != kGo)
    ::_exit(127);  // the parent died before it wrote us down
  execute(program, files.is_script, launch);
  give_up(parent, std::string("execute: ") + std::strerror(errno));
}

// The child's next word: kReady, an error's sentence, or nothing when it executed its program.
Result<std::string> hear(int child) {
  pollfd question{.fd = child, .events = POLLIN, .revents = 0};
  if (::poll(&question, 1, kPatienceMs) != 1)
    return fail(Code::timed_out, "the new process did not get ready in time");
  std::array<char, 512> buffer;
  const auto got = ::read(child, buffer.data(), buffer.size());
  if (got < 0) return fail_errno("read from the new process");
  return std::string(buffer.data(), static_cast<std::size_t>(got));
}

Result<void> lead_to_exec(Files& files, const ProcessId& process, const Processes::Record& record) {
  const int child = files.to_parent.read_end.get();
  TRY(const auto first, hear(child));
  if (first.empty()) return fail(Code::unavailable, "the new process died at once");
  if (first != std::string(1, kReady)) return fail(Code::unavailable, first);
  CHECK_OK(record(process));
  if (::write(files.to_child.write_end.get(), &kGo, 1) != 1) return fail_errno("start");
  TRY(const auto second, hear(child));
  if (!second.empty()) return fail(Code::unavailable, second);
  return {};
}

}  // namespace

Result<io::Descriptor> open_program(const std::string& path, bool& is_script) {
  io::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return fail_errno("program " + path);
  std::array<char, 2> start{};
  is_script =
      ::pread(file.get(), start.data(), start.size(), 0) == 2 && start[0] == '#' && start[1] == '!';
  return file;
}

void execute(int program, bool is_script, const Launch& launch) {
  std::vector<char*> argv;
  argv.reserve(launch.argv.size() + 1);
  for (const auto& word : launch.argv) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  std::vector<std::string> pairs;
  pairs.reserve(launch.env.size());
  for (const auto& [name, value] : launch.env) pairs.push_back(name + "=" + value);
  std::vector<char*> env;
  env.reserve(pairs.size() + 1);
  for (auto& pair : pairs) env.push_back(pair.data());
  env.push_back(nullptr);
  if (is_script) {
    ::execve(launch.program.c_str(), argv.data(), env.data());
  } else {
    ::execveat(program, "", argv.data(), env.data(), AT_EMPTY_PATH);
  }
}

Result<ProcessId> spawn(const Launch& launch, const Processes::Record& record) {
  TRY(auto files, open_files(launch));
  const int pid = ::fork();
  if (pid < 0) return fail_errno("fork");
  if (pid == 0) run_child(files, launch);
  files.to_parent.write_end.reset();
  files.to_child.read_end.reset();
  const auto start_time = start_time_of(pid);
  const ProcessId process{pid, start_time.value_or(0)};
  auto led = lead_to_exec(files, process, record);
  if (led) return process;
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  return std::unexpected(led.error().during(launch.program));
}

}  // namespace mortise::runtime
