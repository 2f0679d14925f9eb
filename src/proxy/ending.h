// proxy/ending.h — a sidecar on its way out, as connections see it: whether their next answer shall
// be their last, and how many of them nobody would miss. Lives on the traffic loop.
#pragma once

#include <cstddef>

#include "io/gate.h"

namespace mortise::proxy {

class Ending {
 public:
  explicit Ending(io::Loop& loop) : changed_(loop) {}
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;

  // From now on each answer of HTTP/1 says that the connection ends with it, so that clients go
  // elsewhere at a moment when no request of theirs can be lost.
  void begin() { begun_ = true; }
  [[nodiscard]] bool begun() const { return begun_; }

  // A connection of HTTP/1 between two requests, for as long as this lives.
  class Idle {
   public:
    explicit Idle(Ending& ending) : ending_(ending) {
      ++ending_.idle_;
      ending_.note();
    }
    ~Idle() { --ending_.idle_; }
    Idle(const Idle&) = delete;
    Idle& operator=(const Idle&) = delete;

   private:
    Ending& ending_;
  };
  [[nodiscard]] std::size_t idle() const { return idle_; }

  // Something ended or became idle.
  void note() {
    if (begun_) changed_.pulse();
  }
  [[nodiscard]] io::Gate::Wait changed() { return changed_.opened(); }

 private:
  bool begun_ = false;
  std::size_t idle_ = 0;
  io::Gate changed_;
};

}  // namespace mortise::proxy
