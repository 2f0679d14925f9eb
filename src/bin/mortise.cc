// `mortise`: the command line, the supervisor and the control plane in one program.
#include "cli/run.h"
#include "control/run.h"

int main(int argc, char** argv) {
  mortise::cli::Programs programs;
  programs.control = [](const std::string& data_dir) {
    mortise::control::Options options;
    options.data_dir = data_dir;
    return mortise::control::run(options);
  };
  return mortise::cli::run(argc, argv, programs);
}
