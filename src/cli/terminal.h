// cli/terminal.h — where a command's words go: data to out(), everything else to err(). Colour
// only where a person reads it.
#pragma once

#include <string>
#include <string_view>

namespace mortise::cli {

class Terminal {
 public:
  virtual ~Terminal() = default;
  virtual void out(std::string_view text) = 0;
  virtual void err(std::string_view text) = 0;
  // Whether a person reads this side.
  [[nodiscard]] virtual bool out_is_terminal() const = 0;
  // The first reason why out() could not deliver, as errno; 0: it all arrived.
  [[nodiscard]] virtual int out_failure() const { return 0; }
  [[nodiscard]] virtual bool err_is_terminal() const = 0;
};

// The process's own stdout and stderr, flushed after every call, so that both keep their order.
class ProcessTerminal final : public Terminal {
 public:
  void out(std::string_view text) override;
  void err(std::string_view text) override;
  [[nodiscard]] bool out_is_terminal() const override;
  [[nodiscard]] bool err_is_terminal() const override;
  [[nodiscard]] int out_failure() const override { return out_failure_; }

 private:
  int out_failure_ = 0;
};

// Opens what of stdin, stdout and stderr is closed, so that no socket or file of ours gets their
// numbers and is written to by mistake. Writing to one that was closed still fails.
void occupy_standard_streams();

// Keeps what was said: for tests.
class RecordedTerminal final : public Terminal {
 public:
  void out(std::string_view text) override { out_text += text; }
  void err(std::string_view text) override { err_text += text; }
  [[nodiscard]] bool out_is_terminal() const override { return false; }
  [[nodiscard]] bool err_is_terminal() const override { return false; }

  std::string out_text;
  std::string err_text;
};

// Wraps text in a colour, or leaves it alone.
class Paint {
 public:
  explicit Paint(bool on) : on_(on) {}
  // `choice` is auto, always or never; NO_COLOR in the environment decides where it is auto.
  static Paint choose(std::string_view choice, bool is_terminal);

  [[nodiscard]] std::string green(std::string_view text) const { return wrap("32", text); }
  [[nodiscard]] std::string red(std::string_view text) const { return wrap("31", text); }
  [[nodiscard]] std::string dim(std::string_view text) const { return wrap("2", text); }

 private:
  [[nodiscard]] std::string wrap(std::string_view code, std::string_view text) const;
  bool on_;
};

}  // namespace mortise::cli
