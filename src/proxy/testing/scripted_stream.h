// proxy/testing/scripted_stream.h — a stream whose peer is the test: it says what arrives, how
// much the window takes, and sees what was sent.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>

#include "io/stream.h"
#include "proxy/testing/hand_loop.h"

namespace mortise::proxy::testing {

class ScriptedStream final : public io::Stream {
 public:
  explicit ScriptedStream(HandLoop& loop)
      : loop_(loop), readable_(loop, false), writable_(loop, true) {}

  // What the peer does. Each lets the loop settle, so that the answer can be looked at.
  void peer_sends(std::string_view bytes) {
    arriving_ += bytes;
    wake();
  }
  void peer_closes() {
    peer_closed_ = true;
    wake();
  }
  void peer_resets() {
    reset_ = true;
    wake();
  }
  // How many more bytes fit into the window; without a call: everything.
  void accept_at_most(std::size_t bytes) {
    window_ = bytes;
    writable_.open();
    loop_.settle();
  }

  // What the peer saw.
  [[nodiscard]] const std::string& peer_received() const { return sent_; }
  std::string take_received() { return std::exchange(sent_, {}); }
  [[nodiscard]] bool write_side_finished() const { return finished_; }
  [[nodiscard]] bool aborted() const { return aborted_; }
  void establish(io::TlsFacts facts) { tls_ = std::move(facts); }

  Result<io::Progress> try_read(std::span<char> into) override {
    if (reset_ || aborted_) return fail(Code::unavailable, "connection reset");
    if (!arriving_.empty()) {
      const auto count = std::min(into.size(), arriving_.size());
      std::copy_n(arriving_.begin(), count, into.begin());
      arriving_.erase(0, count);
      return io::Progress::of(count);
    }
    if (peer_closed_) return io::Progress{io::Progress::closed, 0};
    readable_.close();
    return io::Progress{};
  }
  Result<io::Progress> try_write(std::span<const char> from) override {
    if (reset_ || aborted_) return fail(Code::unavailable, "connection reset");
    const auto count = std::min(from.size(), window_);
    if (count == 0) {
      writable_.close();
      return io::Progress{};
    }
    window_ -= window_ == kOpen ? 0 : count;
    sent_.append(from.data(), count);
    return io::Progress::of(count);
  }
  io::Gate::Wait readable() override { return readable_.opened(); }
  io::Gate::Wait writable() override { return writable_.opened(); }
  void finish_writing() override { finished_ = true; }
  void abort() override {
    aborted_ = true;
    readable_.open();
    writable_.open();
  }
  [[nodiscard]] const io::TlsFacts* tls() const override { return tls_ ? &*tls_ : nullptr; }

 private:
  static constexpr auto kOpen = std::numeric_limits<std::size_t>::max();
  void wake() {
    readable_.open();
    if (reset_) writable_.open();
    loop_.settle();
  }

  HandLoop& loop_;
  io::Gate readable_;
  io::Gate writable_;
  std::string arriving_;
  std::string sent_;
  std::size_t window_ = kOpen;
  bool peer_closed_ = false;
  bool reset_ = false;
  bool finished_ = false;
  bool aborted_ = false;
  std::optional<io::TlsFacts> tls_;
};

}  // namespace mortise::proxy::testing
