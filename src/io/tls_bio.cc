#include "io/tls_bio.h"

#include <algorithm>

#include "base/check.h"

namespace mortise::io {
namespace {

TlsBuffers& buffers_of(BIO* bio) { return *static_cast<TlsBuffers*>(BIO_get_data(bio)); }

int write_bytes(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  if (size <= 0) return 0;
  buffers_of(bio).to_send.append(bytes, static_cast<std::size_t>(size));
  return size;
}

int read_bytes(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  auto& buffers = buffers_of(bio);
  if (buffers.drained()) {
    if (buffers.peer_closed) return 0;
    BIO_set_retry_read(bio);
    return -1;
  }
  const auto count = std::min(static_cast<std::size_t>(size), buffers.end - buffers.begin);
  std::copy_n(buffers.received.data() + buffers.begin, count, into);
  buffers.begin += count;
  if (buffers.drained()) buffers.begin = buffers.end = 0;
  return static_cast<int>(count);
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

// Made once per process and never freed: a constant table of functions.
const BIO_METHOD* buffer_method() {
  static const BIO_METHOD* const kMethod = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "mortise");
    MORTISE_CHECK(method != nullptr);
    BIO_meth_set_write(method, write_bytes);
    BIO_meth_set_read(method, read_bytes);
    BIO_meth_set_ctrl(method, control);
    return method;
  }();
  return kMethod;
}

}  // namespace

BIO* make_buffer_bio(TlsBuffers& buffers) {
  BIO* bio = BIO_new(buffer_method());
  MORTISE_CHECK(bio != nullptr);
  BIO_set_data(bio, &buffers);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace mortise::io
