// cli/commands/verbs.h — every command of `mortise`, one file each.
#pragma once

#include "cli/parse.h"

namespace mortise::cli {

std::unique_ptr<Verb> make_up();
std::unique_ptr<Verb> make_down();
std::unique_ptr<Verb> make_status();
std::unique_ptr<Verb> make_demo_lab();
std::unique_ptr<Verb> make_apply();
std::unique_ptr<Verb> make_delete();
std::unique_ptr<Verb> make_get();
std::unique_ptr<Verb> make_create_namespace();
std::unique_ptr<Verb> make_run();
std::unique_ptr<Verb> make_exec();
std::unique_ptr<Verb> make_logs();
std::unique_ptr<Verb> make_proxy_restart();
std::unique_ptr<Verb> make_mtls_get();
std::unique_ptr<Verb> make_mtls_allow();
std::unique_ptr<Verb> make_mtls_require();
std::unique_ptr<Verb> make_mtls_disable();
std::unique_ptr<Verb> make_mtls_unset();
std::unique_ptr<Verb> make_control();
std::unique_ptr<Verb> make_supervise();
std::unique_ptr<Verb> make_keep();
std::unique_ptr<Verb> make_install();
std::unique_ptr<Verb> make_uninstall();
std::unique_ptr<Verb> make_completion();

Verbs all_verbs();

}  // namespace mortise::cli
