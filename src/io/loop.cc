#include "io/loop.h"

namespace mortise::io {

bool Loop::run_ready() {
  WaiterList turn;
  turn.take_all(ready_);
  bool ran = false;
  while (Waiter* waiter = turn.pop_front()) {
    ran = true;
    waiter->handle.resume();
  }
  return ran;
}

}  // namespace mortise::io
