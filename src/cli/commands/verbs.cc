#include "cli/commands/verbs.h"

namespace mortise::cli {

Verbs all_verbs() {
  Verbs verbs;
  for (auto* make : {make_up,         make_down,       make_status,       make_demo_lab,
                     make_apply,      make_delete,     make_get,          make_create_namespace,
                     make_run,        make_exec,       make_logs,         make_proxy_restart,
                     make_mtls_get,   make_mtls_allow, make_mtls_require, make_mtls_disable,
                     make_mtls_unset, make_control,    make_supervise,    make_keep,
                     make_install,    make_uninstall,  make_completion}) {
    verbs.push_back(make());
  }
  return verbs;
}

}  // namespace mortise::cli
