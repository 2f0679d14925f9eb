#include "cli/host.h"

#include "cli/capture.h"

namespace mortise::cli {
namespace {

using std::chrono::milliseconds;

class LinuxHost final : public Host {
 public:
  LinuxHost(std::string data_dir, const Clock& clock)
      : data_dir_(std::move(data_dir)), clock_(clock) {}

  Result<void> preflight() override {
    TRY(const auto options, this->options());
    return runtime::preflight(options);
  }
  Result<runtime::Started> start(milliseconds limit) override {
    TRY(const auto options, this->options());
    return runtime::start_supervisor(options, limit);
  }
  Result<std::vector<std::string>> outdated_sidecars() override {
    TRY(const auto options, this->options());
    return runtime::outdated_sidecars(options);
  }
  bool running() override { return runtime::supervisor_pid(data_dir_).has_value(); }
  bool rootless() override { return runtime::is_rootless(data_dir_); }
  Result<void> supervise() override {
    TRY(const auto options, this->options());
    return runtime::supervise(options);
  }
  Result<runtime::DownReport> down(bool purge) override { return runtime::down(data_dir_, purge); }
  Result<void> remember_images(const std::vector<runtime::Image>& images) override {
    return runtime::remember_images(data_dir_, images);
  }
  Result<void> check_program(const model::Container& container) override {
    TRY(const auto options, this->options());
    return runtime::check_program(options, container);
  }
  Result<int> exec(const runtime::Exec& what) override { return runtime::exec(data_dir_, what); }
  Result<Captured> exec_captured(const runtime::Exec& what, milliseconds limit) override {
    std::vector<std::string> command{"/proc/self/exe",    "--data-dir", data_dir_, "exec", "-n",
                                     what.namespace_name, what.workload};
    if (!what.container.empty()) command.insert(command.end(), {"-c", what.container});
    command.emplace_back("--");
    command.insert(command.end(), what.command.begin(), what.command.end());
    return capture(command, limit, clock_);
  }
  Result<runtime::LogFiles> log_files(const std::string& namespace_name,
                                      const std::string& workload) override {
    return runtime::log_files(data_dir_, namespace_name, workload);
  }

 private:
  [[nodiscard]] Result<runtime::Options> options() const {
    TRY(auto binaries, runtime::Binaries::beside(""));
    return runtime::Options{data_dir_, std::move(binaries)};
  }

  const std::string data_dir_;
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<Host> make_linux_host(const std::string& data_dir, const Clock& clock) {
  return std::make_unique<LinuxHost>(data_dir, clock);
}

}  // namespace mortise::cli
