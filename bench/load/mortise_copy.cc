// `mortise-copy`: the physical limit. Takes connections, dials one target for each and copies bytes
// both ways, without looking at them; optionally mutual TLS on one side. Not a proxy to use.
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <unordered_set>
#include <vector>

#include "bench/load/channel.h"

namespace {

using mortise::bench::Channel;
using mortise::bench::Side;
using mortise::bench::TlsFiles;
using mortise::bench::TlsSettings;

constexpr int kWrongUsage = 64;

struct Options {
  std::string listen;
  std::string to;
  std::string from = "0.0.0.0:0";
  std::string tls = "none";  // none, accept, dial
  TlsFiles files;
};

// One end of a copied connection: `pending` was read from the other end and waits to be written.
struct Link;
struct End {
  Link* link = nullptr;
  Channel channel;
  std::vector<char> pending;
  std::size_t written = 0;
  bool has_ended = false;  // nothing more will be read here
  bool wants_write = false;
};
struct Link {
  End front;
  End back;
};

class Copier {
 public:
  Copier(int listener, sockaddr_in from, sockaddr_in to, SSL_CTX* accept_tls, SSL_CTX* dial_tls)
      : listener_(listener), from_(from), to_(to), accept_tls_(accept_tls), dial_tls_(dial_tls) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
  }

  // Until a signal ends the process: that is its whole life.
  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int ready =
          ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), /*timeout=*/-1);
      for (int i = 0; i < ready; ++i) {
        auto* end = static_cast<End*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (end == nullptr) {
          accept_all();
        } else if (!ended_.contains(end->link)) {
          serve(*end->link);
        }
      }
      for (Link* link : ended_) delete link;
      ended_.clear();
    }
  }

 private:
  void accept_all() {
    for (;;) {
      const int accepted = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (accepted < 0) return;
      auto link = std::make_unique<Link>();
      link->front.channel = Channel(accepted, accept_tls_);
      if (!link->back.channel.connect(to_, dial_tls_, from_)) continue;
      for (End* end : {&link->front, &link->back}) {
        end->link = link.get();
        add(*end);
      }
      link.release();  // ended_ takes it back
    }
  }

  void add(End& end) {
    end.wants_write = true;
    epoll_event event{.events = EPOLLIN | EPOLLOUT, .data = {.ptr = &end}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, end.channel.descriptor(), &event);
  }

  void serve(Link& link) {
    for (End* end : {&link.front, &link.back}) {
      if (end->channel.is_established()) continue;
      const auto step = end->channel.establish();
      if (step == Channel::Step::failed || step == Channel::Step::closed) {
        ended_.insert(&link);
        return;
      }
      watch(*end, step == Channel::Step::want_write);
    }
    if (!link.front.channel.is_established() || !link.back.channel.is_established()) return;
    if (!copy(link.front, link.back) || !copy(link.back, link.front) ||
        (link.front.has_ended && link.back.has_ended))
      ended_.insert(&link);
  }

  // Everything there is, from one end to the other; false when the link is broken.
  bool copy(End& from, End& to) {
    for (;;) {
      if (!flush(to)) return false;
      if (!to.pending.empty() || from.has_ended) return true;
      const auto moved = from.channel.read(buffer_);
      if (moved.step == Channel::Step::want_read) return true;
      if (moved.step == Channel::Step::failed) return false;
      if (moved.step == Channel::Step::closed) {
        from.has_ended = true;
        to.channel.finish_writing();
        return true;
      }
      const auto put = to.channel.write({buffer_.data(), moved.bytes});
      if (put.step == Channel::Step::failed) return false;
      if (put.bytes < moved.bytes)
        to.pending.assign(buffer_.data() + put.bytes, buffer_.data() + moved.bytes);
    }
  }

  bool flush(End& end) {
    while (end.written < end.pending.size()) {
      const auto moved = end.channel.write(std::span(end.pending).subspan(end.written));
      if (moved.step == Channel::Step::failed) return false;
      if (moved.step != Channel::Step::done) {
        watch(end, true);
        return true;
      }
      end.written += moved.bytes;
    }
    end.pending.clear();
    end.written = 0;
    watch(end, false);
    return true;
  }

  void watch(End& end, bool writable) {
    if (end.wants_write == writable) return;
    end.wants_write = writable;
    epoll_event event{.events = EPOLLIN | (writable ? EPOLLOUT : 0U), .data = {.ptr = &end}};
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, end.channel.descriptor(), &event);
  }

  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  const int listener_;
  const sockaddr_in from_;
  const sockaddr_in to_;
  SSL_CTX* const accept_tls_;
  SSL_CTX* const dial_tls_;
  std::array<char, 16 * 1024> buffer_{};
  std::unordered_set<Link*> ended_;  // deleted after the turn, since later events may name them
};

int run(const Options& options) {
  const auto address = mortise::bench::resolve(options.listen);
  const auto to = mortise::bench::resolve(options.to);
  const auto from = mortise::bench::resolve(options.from);
  if (!address || !to || !from) return kWrongUsage;
  const auto listener = mortise::bench::listen_on(*address);
  const auto side = options.tls == "accept" ? Side::server : Side::client;
  auto tls = options.tls == "none" ? TlsSettings() : load_tls(options.files, side);
  if (!listener || !tls) {
    fmt::print(stderr, "{}\n", listener ? tls.error() : listener.error());
    return 1;
  }
  Copier(*listener, *from, *to, side == Side::server ? tls->get() : nullptr,
         side == Side::client ? tls->get() : nullptr)
      .run();
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  Options options;
  CLI::App app("Copies connections to one target: the least that any proxy has to do.");
  app.add_option("--listen", options.listen)->required();
  app.add_option("--to", options.to)->required();
  app.add_option("--from", options.from, "source address of the connections that it dials");
  app.add_option("--tls", options.tls)->check(CLI::IsMember({"none", "accept", "dial"}));
  app.add_option("--cert", options.files.certificate);
  app.add_option("--key", options.files.key);
  app.add_option("--ca", options.files.authority);
  CLI11_PARSE(app, argc, argv);
  return run(options);
}
