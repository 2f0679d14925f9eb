// bench/load/response.h — where one HTTP/1.1 answer ends, and whether it is the expected one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mortise::bench {

class Response {
 public:
  enum class State { reading, complete, broken };

  // Takes what was read. `broken`: not HTTP/1.1, no Content-Length, or more than one answer.
  State feed(std::string_view bytes);
  void reset();

  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] std::size_t body_bytes() const { return body_; }
  // The server will close after this answer.
  [[nodiscard]] bool closes() const { return closes_; }

 private:
  static constexpr std::size_t kMaxHead = 16 * 1024;

  bool read_head(std::string_view head);

  std::string head_;
  bool in_body_ = false;
  bool closes_ = false;
  int status_ = 0;
  std::size_t length_ = 0;
  std::size_t body_ = 0;
};

}  // namespace mortise::bench
