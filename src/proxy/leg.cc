#include "proxy/leg.h"

#include <array>

namespace mortise::proxy {
namespace {

class ExclusiveLeg final : public Leg {
 public:
  explicit ExclusiveLeg(std::unique_ptr<io::Stream> connection)
      : connection_(std::move(connection)) {}

  bool can_open_stream() override {
    if (connection_ == nullptr || busy_) return false;
    // An idle leg is silent. Whatever else it says (an end, an error, bytes nobody asked for)
    // makes it unfit for a request that could not be repeated.
    std::array<char, 1> unexpected;
    const auto got = connection_->try_read(unexpected);
    if (got && got->kind == io::Progress::blocked) return true;
    connection_.reset();
    return false;
  }
  [[nodiscard]] bool closed() const override { return connection_ == nullptr; }
  std::unique_ptr<LegStream> open_stream() override {
    if (connection_ == nullptr || busy_) return nullptr;
    busy_ = true;
    return std::make_unique<Exchange>(*this);
  }
  [[nodiscard]] const io::TlsFacts* tls() const override {
    return connection_ != nullptr ? connection_->tls() : nullptr;
  }

 private:
  class Exchange final : public LegStream {
   public:
    explicit Exchange(ExclusiveLeg& leg) : leg_(leg) {}
    ~Exchange() override {
      leg_.busy_ = false;
      if (!reuse_) leg_.connection_.reset();
    }
    io::Stream& bytes() override { return *leg_.connection_; }
    void reuse() override { reuse_ = true; }

   private:
    ExclusiveLeg& leg_;
    bool reuse_ = false;
  };

  std::unique_ptr<io::Stream> connection_;
  bool busy_ = false;
};

}  // namespace

std::unique_ptr<Leg> make_exclusive_leg(std::unique_ptr<io::Stream> connection) {
  return std::make_unique<ExclusiveLeg>(std::move(connection));
}

}  // namespace mortise::proxy
