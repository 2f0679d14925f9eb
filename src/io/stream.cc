#include "io/stream.h"

namespace mortise::io {

Task<Result<std::size_t>> read_some(Stream& stream, std::span<char> into) {
  for (;;) {
    CO_TRY(const Progress got, stream.try_read(into));
    if (got.kind == Progress::moved) co_return got.bytes;
    if (got.kind == Progress::closed) co_return 0;
    co_await stream.readable();
  }
}

Task<Result<void>> write_all(Stream& stream, std::span<const char> from) {
  while (!from.empty()) {
    CO_TRY(const Progress put, stream.try_write(from));
    if (put.kind == Progress::closed) co_return fail(Code::unavailable, "the peer has closed");
    if (put.kind == Progress::blocked) {
      co_await stream.writable();
      continue;
    }
    from = from.subspan(put.bytes);
  }
  co_return Result<void>();
}

}  // namespace mortise::io
